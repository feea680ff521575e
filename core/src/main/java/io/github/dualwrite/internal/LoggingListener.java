package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.spi.LineLimit;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.WithheldException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import org.slf4j.spi.NOPLoggingEventBuilder;

/**
 * Logs changes of state at WARN or INFO, and what happens to single keys at DEBUG. Errors that a caller gets are not logged.
 *
 * <p>Each line has the keys {@code event} and {@code repository}; what varies is in keys, not in the message. What can come in
 * storms is limited, and the next line says in {@code suppressed} how many were left out. {@code docs/operations.md} lists the lines
 * above DEBUG with their keys, which are part of the API.
 */
final class LoggingListener implements DualWriteListener {

    static final Logger log = LoggerFactory.getLogger("io.github.dualwrite");
    static final Duration MINUTE = Duration.ofMinutes(1);

    private static final int FAILURES_TO_WARN = 3;
    private static final Duration PERIOD = Duration.ofMinutes(10);
    private static final int FLAPS_TO_WARN = 10;

    /** Changes that usually come one at a time; more of them in a minute are a storm. */
    private static final int CHANGES = 10;

    private final Often overrun;
    private final Often flapping;
    private final LineLimit undecided;
    private final LineLimit leftPending;
    private final LineLimit followerAhead;
    private final LineLimit parked;
    private final LineLimit discarded;
    private final LineLimit reconcileFailed;
    private final LineLimit routeChanged;
    private final LineLimit breakerChanged;
    private final LineLimit pendingKeysKnown;
    private final LineLimit mismatches;
    private final LineLimit backfillDiscarded;
    private final LineLimit backfillHeldUp;
    private final LineLimit backfillWarned;
    private final Map<ShadowStep, LineLimit> shadowFailed = new EnumMap<>(ShadowStep.class);

    /** The last state of each breaker, without half-open: a probe that fails changes nothing. */
    private final Map<String, String> breakers = new ConcurrentHashMap<>();

    LoggingListener(LongSupplier nanos) {
        this.overrun = new Often(1, PERIOD, nanos);
        this.flapping = new Often(FLAPS_TO_WARN, PERIOD, nanos);
        this.undecided = new LineLimit(1, MINUTE, nanos);
        this.leftPending = new LineLimit(1, MINUTE, nanos);
        this.followerAhead = new LineLimit(1, MINUTE, nanos);
        this.parked = new LineLimit(CHANGES, MINUTE, nanos);
        this.discarded = new LineLimit(CHANGES, MINUTE, nanos);
        this.reconcileFailed = new LineLimit(1, MINUTE, nanos);
        this.routeChanged = new LineLimit(CHANGES, MINUTE, nanos);
        this.breakerChanged = new LineLimit(CHANGES, MINUTE, nanos);
        this.pendingKeysKnown = new LineLimit(CHANGES, MINUTE, nanos);
        this.mismatches = new LineLimit(CHANGES, MINUTE, nanos);
        this.backfillDiscarded = new LineLimit(CHANGES, MINUTE, nanos);
        this.backfillHeldUp = new LineLimit(CHANGES, MINUTE, nanos);
        this.backfillWarned = new LineLimit(CHANGES, MINUTE, nanos);
        for (ShadowStep step : ShadowStep.values()) {
            shadowFailed.put(step, new LineLimit(1, MINUTE, nanos));
        }
    }

    private static LoggingEventBuilder line(Level level, DualWriteEvent e) {
        return log.atLevel(level)
                .addKeyValue("event", e.getClass().getSimpleName())
                .addKeyValue("repository", e.repository());
    }

    private static LoggingEventBuilder debug(DualWriteEvent e) {
        return line(Level.DEBUG, e);
    }

    /** At the level if the limit lets it through, with how many were left out; otherwise nothing. */
    private static LoggingEventBuilder limited(LineLimit limit, long more, Level level, DualWriteEvent e) {
        long others = limit.take(more);
        return others < 0 ? NOPLoggingEventBuilder.singleton() : line(level, e).addKeyValue("suppressed", others);
    }

    private static LoggingEventBuilder limited(LineLimit limit, Level level, DualWriteEvent e) {
        return limited(limit, 0, level, e);
    }

    /** Also at WARN now and then, if the follower was asked: what it answers is what somebody has to mend. */
    @Override
    public void onLeftPending(DualWriteEvent.LeftPending e) {
        if (e.cause() != null) {
            limited(leftPending, Level.WARN, e)
                    .addKeyValue("reason", e.reason())
                    .addKeyValue("error", withoutKeys(e.cause()))
                    .log("writes are left pending, because calls of the follower fail");
        }
        debug(e).addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .addKeyValue("reason", e.reason())
                .addKeyValue("detail", e.error())
                .log("a write was left pending");
    }

    /** What the error of a call was made of, as it says itself; messages of the error, and those of mappings, may name keys. */
    private static String withoutKeys(Throwable error) {
        Throwable root = WithheldException.root(error);
        return root == error || root instanceof MappingException
                ? WithheldException.className(root)
                : WithheldException.message(root);
    }

    @Override
    public void onConfirmFailed(DualWriteEvent.ConfirmFailed e) {
        debug(e).addKeyValue("keys", e.keys())
                .setCause(e.cause())
                .log("writes could not be confirmed; they will be applied once more");
    }

    @Override
    public void onPushedBack(DualWriteEvent.PushedBack e) {
        debug(e).addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .addKeyValue("attempts", e.attempts())
                .addKeyValue("detail", e.error())
                .log("a pending write was pushed back");
    }

    @Override
    public void onFollowerAhead(DualWriteEvent.FollowerAhead e) {
        limited(followerAhead, Level.WARN, e)
                .addKeyValue("version", e.version())
                .addKeyValue("followerVersion", e.followerVersion())
                .log("the follower has newer versions than the authority has ever given, and takes writes for old ones;"
                        + " was the primary restored, or does another one write there?");
        debug(e).addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .addKeyValue("followerVersion", e.followerVersion())
                .addKeyValue("path", e.path())
                .log("a write is missing on the follower, which has a newer version");
    }

    @Override
    public void onParked(DualWriteEvent.Parked e) {
        limited(parked, Level.WARN, e).log("a pending write was parked; Reconciler.parked lists it with its reason");
        debug(e).addKeyValue("key", e.key()) // the reason may name the key
                .addKeyValue("version", e.version())
                .addKeyValue("detail", e.reason())
                .log("parked");
    }

    @Override
    public void onParkedRetried(DualWriteEvent.ParkedRetried e) {
        line(Level.INFO, e).addKeyValue("count", e.count()).log("parked writes were made due again");
    }

    @Override
    public void onReadFallback(DualWriteEvent.ReadFallback e) {
        debug(e).addKeyValue("keys", e.keys())
                .addKeyValue("reason", e.reason())
                .log("the authority answered a read in the follower's stead");
    }

    @Override
    public void onDiscarded(DualWriteEvent.Discarded e) {
        limited(discarded, Level.WARN, e)
                .addKeyValue("version", e.version())
                .addKeyValue("reason", e.reason())
                .log("a parked write was discarded");
        debug(e).addKeyValue("key", e.key()).log("discarded");
    }

    @Override
    public void onReconcileFailed(DualWriteEvent.ReconcileFailed e) {
        limited(reconcileFailed, Level.WARN, e)
                .addKeyValue("error", WithheldException.className(e.error()))
                .log("the reconciler could not work on the queue; it goes on trying");
        debug(e).setCause(e.error()).log("the reconciler failed"); // the message may name keys
    }

    @Override
    public void onFollowerReadFailed(DualWriteEvent.FollowerReadFailed e) {
        debug(e).addKeyValue("keys", e.keys())
                .addKeyValue("reason", e.reason())
                .log("a read of the follower failed, and the route allows no fallback");
    }

    @Override
    public void onRouteUndecided(DualWriteEvent.RouteUndecided e) {
        limited(undecided, Level.WARN, e)
                .addKeyValue("error", WithheldException.className(e.error()))
                .log("the route cannot decide for some reads, which the authority answers");
        debug(e).setCause(e.error()).log("the route could not decide; the authority answers");
    }

    @Override
    public void onQueryFallback(DualWriteEvent.QueryFallback e) {
        debug(e).addKeyValue("query", e.query())
                .addKeyValue("reason", e.reason())
                .log("the authority answered a query in the follower's stead");
    }

    @Override
    public void onShadowMismatch(DualWriteEvent.ShadowMismatch e) {
        limited(mismatches, e.suppressed(), Level.WARN, e)
                .addKeyValue("result", e.result())
                .addKeyValue("fields", e.fields())
                .log("a shadow read found a difference");
        debug(e).addKeyValue("key", e.key()).log("it is this key");
    }

    @Override
    public void onShadowFailed(DualWriteEvent.ShadowFailed e) {
        LineLimit limit = shadowFailed.get(e.step());
        if (limit != null) {
            limited(limit, Level.WARN, e)
                    .addKeyValue("step", e.step())
                    .addKeyValue("error", WithheldException.className(e.error()))
                    .log("shadow reads fail; nothing is compared there");
        }
        debug(e).addKeyValue("step", e.step()).setCause(e.error()).log("a shadow read failed");
    }

    @Override
    public void onShadowHealed(DualWriteEvent.ShadowHealed e) {
        debug(e).addKeyValue("key", e.key()).log("a key that differs was marked pending");
    }

    @Override
    public void onRouteChanged(DualWriteEvent.RouteChanged e) {
        if (e.key() != null) {
            whole(debug(e), e).addKeyValue("key", e.key()).log("the read route of a key changed");
            return;
        }
        boolean back = e.reason() == RouteChangeReason.STEP_BACK || e.reason() == RouteChangeReason.STALE;
        why(
                        limited(routeChanged, back ? Level.WARN : Level.INFO, e)
                                .addKeyValue("from", ShortRoute.of(e.from()))
                                .addKeyValue("to", ShortRoute.of(e.to())),
                        e)
                .log("the read route changed");
        whole(debug(e), e).log("the routes with their keys");
    }

    private static LoggingEventBuilder whole(LoggingEventBuilder line, DualWriteEvent.RouteChanged e) {
        return why(line.addKeyValue("from", e.from()).addKeyValue("to", e.to()), e);
    }

    private static LoggingEventBuilder why(LoggingEventBuilder line, DualWriteEvent.RouteChanged e) {
        return line.addKeyValue("source", e.source())
                .addKeyValue("reason", e.reason())
                .addKeyValue("detail", e.detail());
    }

    /** One line when it goes on failing, or begins to again and again; not one for each refresh. */
    @Override
    public void onRouteSourceFailed(DualWriteEvent.RouteSourceFailed e) {
        boolean flaps = e.failures() == 1 && flapping.happened();
        line(flaps || e.failures() == FAILURES_TO_WARN ? Level.WARN : Level.DEBUG, e)
                .addKeyValue("source", e.source())
                .addKeyValue("route", ShortRoute.of(e.route()))
                .addKeyValue("failures", e.failures())
                .addKeyValue("error", WithheldException.className(e.error()))
                .log(
                        flaps
                                ? "the source of the read route fails again and again; the route stays"
                                : "the source of the read route fails; the route stays");
        debug(e).addKeyValue("route", e.route()).setCause(e.error()).log("the source of the read route failed");
    }

    @Override
    public void onRouteSourceRecovered(DualWriteEvent.RouteSourceRecovered e) {
        line(e.failures() >= FAILURES_TO_WARN ? Level.INFO : Level.DEBUG, e)
                .addKeyValue("source", e.source())
                .addKeyValue("failures", e.failures())
                .log("the source of the read route has recovered");
    }

    /** Keys that are read for the first time are usual; questions that the source has no time for are not. */
    @Override
    public void onKeyRoutesUnknown(DualWriteEvent.KeyRoutesUnknown e) {
        line(e.notAsked() > 0 && overrun.happened() ? Level.WARN : Level.DEBUG, e)
                .addKeyValue("source", e.source())
                .addKeyValue("reads", e.reads())
                .addKeyValue("notAsked", e.notAsked())
                .log(
                        e.notAsked() > 0
                                ? "the source of the read route is too slow for so many keys; the authority answers"
                                : "the authority answered reads of keys whose route was not known");
    }

    @Override
    public void onPendingKeysKnown(DualWriteEvent.PendingKeysKnown e) {
        limited(pendingKeysKnown, e.known() ? Level.INFO : Level.WARN, e)
                .addKeyValue("known", e.known())
                .addKeyValue("detail", e.detail())
                .log(
                        e.known()
                                ? "it is known again which keys are pending"
                                : "the authority answers reads that the route sends to the follower");
        if (e.cause() != null) {
            debug(e).setCause(e.cause()).log("pending keys could not be read");
        }
    }

    /** One line when it opens and one when it closes; not one for each probe in between. */
    @Override
    public void onBreakerChanged(DualWriteEvent.BreakerChanged e) {
        boolean probes = e.to().equals("HALF_OPEN");
        boolean changed = !probes && !e.to().equals(breakers.put(e.breaker(), e.to()));
        LoggingEventBuilder line =
                changed ? limited(breakerChanged, e.to().equals("CLOSED") ? Level.INFO : Level.WARN, e) : debug(e);
        line.addKeyValue("breaker", e.breaker())
                .addKeyValue("from", e.from())
                .addKeyValue("to", e.to())
                .log("a circuit breaker changed its state");
    }

    @Override
    public void onFollowerCheckFailed(DualWriteEvent.FollowerCheckFailed e) {
        line(Level.WARN, e)
                .addKeyValue("error", WithheldException.className(e.error()))
                .log("the follower could not be checked; writes will be pending until it answers");
        debug(e).setCause(e.error()).log("the follower could not be checked"); // the message may name keys
    }

    @Override
    public void onBackfillBegan(DualWriteEvent.BackfillBegan e) {
        line(Level.INFO, e)
                .addKeyValue("job", e.job())
                .addKeyValue("splits", e.splits())
                .addKeyValue("splitsDone", e.splitsDone())
                .log("a backfill began");
    }

    @Override
    public void onBackfillStateChanged(DualWriteEvent.BackfillStateChanged e) {
        line(Level.INFO, e)
                .addKeyValue("job", e.job())
                .addKeyValue("state", e.state())
                .log("a backfill was told what to do");
    }

    @Override
    public void onBackfillSplitDone(DualWriteEvent.BackfillSplitDone e) {
        debug(e).addKeyValue("job", e.job()).addKeyValue("split", e.split()).log("a split was copied");
    }

    @Override
    public void onBackfillRecordFailed(DualWriteEvent.BackfillRecordFailed e) {
        debug(e).addKeyValue("job", e.job()) // the reason may name the key; that there are failures is said at the end
                .addKeyValue("key", e.key())
                .addKeyValue("detail", e.reason())
                .log("a record could not be copied");
    }

    @Override
    public void onBackfillHeldUp(DualWriteEvent.BackfillHeldUp e) {
        limited(backfillHeldUp, Level.WARN, e)
                .addKeyValue("job", e.job())
                .addKeyValue("split", e.split())
                .addKeyValue("attempts", e.attempts())
                .log("the secondary does not take a page of a backfill; it is tried again");
        debug(e).addKeyValue("key", e.key()) // the reason may name the key
                .addKeyValue("detail", e.reason())
                .log("a page of a backfill waits from this key on");
    }

    @Override
    public void onBackfillRecordDiscarded(DualWriteEvent.BackfillRecordDiscarded e) {
        limited(backfillDiscarded, Level.WARN, e)
                .addKeyValue("job", e.job())
                .addKeyValue("reason", e.reason())
                .log("a record that could not be copied was given up");
        debug(e).addKeyValue("key", e.key()).log("given up");
    }

    @Override
    public void onBackfillEnded(DualWriteEvent.BackfillEnded e) {
        line(e.failures() > 0 || e.error() != null ? Level.WARN : Level.INFO, e)
                .addKeyValue("job", e.job())
                .addKeyValue("complete", e.complete())
                .addKeyValue("state", e.state())
                .addKeyValue("rows", e.rows())
                .addKeyValue("failures", e.failures())
                .log(
                        e.failures() > 0
                                ? "a backfill ended; Backfill.failures lists what could not be copied"
                                : "a backfill ended");
    }

    @Override
    public void onBackfillWarned(DualWriteEvent.BackfillWarned e) {
        limited(backfillWarned, Level.WARN, e)
                .addKeyValue("job", e.job())
                .addKeyValue("detail", e.warning())
                .log("a backfill warns");
    }

    @Override
    public void onVerificationBegan(DualWriteEvent.VerificationBegan e) {
        line(e.round() <= 1 ? Level.INFO : Level.DEBUG, e)
                .addKeyValue("round", e.round())
                .log(e.round() == 1 ? "continuous verification began" : "a verification began");
    }

    @Override
    public void onVerificationFound(DualWriteEvent.VerificationFound e) {
        debug(e).addKeyValue("key", e.key()) // how many there are is said at the end
                .addKeyValue("difference", e.difference())
                .addKeyValue("fields", e.fields())
                .addKeyValue("cause", e.cause())
                .log("a verification found a difference");
    }

    @Override
    public void onVerificationEnded(DualWriteEvent.VerificationEnded e) {
        boolean good = e.state().startsWith("CONSISTENT");
        line(!e.changed() ? Level.DEBUG : good ? Level.INFO : Level.WARN, e)
                .addKeyValue("round", e.round())
                .addKeyValue("state", e.state())
                .addKeyValue("compared", e.compared())
                .addKeyValue("different", e.different())
                .addKeyValue("missing", e.missing())
                .addKeyValue("extra", e.extra())
                .addKeyValue("inFlight", e.inFlight())
                .addKeyValue("undecided", e.undecided())
                .log("a verification ended");
        if (e.error() != null) {
            debug(e).setCause(e.error()).log("the verification failed"); // the message may name keys
        }
    }

    @Override
    public void onVerificationRepaired(DualWriteEvent.VerificationRepaired e) {
        line(e.left() == 0 ? Level.INFO : Level.WARN, e)
                .addKeyValue("keys", e.keys())
                .addKeyValue("left", e.left())
                .log("differences were repaired");
    }
}
