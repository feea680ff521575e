package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.event.ShadowStep;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Logs changes of state at WARN or INFO, and what happens to single keys at DEBUG. Errors that a caller gets are not logged.
 */
final class LoggingListener implements DualWriteListener {

    private static final Logger log = LoggerFactory.getLogger("io.github.dualwrite");
    private static final int FAILURES_TO_WARN = 3;
    private static final Duration PERIOD = Duration.ofMinutes(10);

    private static final int FLAPS_TO_WARN = 10;

    static final double ONE_A_MINUTE = 1 / 60.0;

    private final Often overrun;
    private final Often flapping;
    private final TokenBucket undecided;
    private final Map<ShadowStep, TokenBucket> shadowFailed = new EnumMap<>(ShadowStep.class);

    LoggingListener(LongSupplier nanos) {
        this.overrun = new Often(1, PERIOD, nanos);
        this.flapping = new Often(FLAPS_TO_WARN, PERIOD, nanos);
        this.undecided = new TokenBucket(ONE_A_MINUTE, nanos);
        for (ShadowStep step : ShadowStep.values()) {
            shadowFailed.put(step, new TokenBucket(ONE_A_MINUTE, nanos));
        }
    }

    @Override
    public void onLeftPending(DualWriteEvent.LeftPending e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .addKeyValue("reason", e.reason())
                .log("write left pending {}", e.error());
    }

    @Override
    public void onConfirmFailed(DualWriteEvent.ConfirmFailed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("keys", e.keys())
                .setCause(e.cause())
                .log("confirm failed; these writes will be applied once more");
    }

    @Override
    public void onPushedBack(DualWriteEvent.PushedBack e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .addKeyValue("attempts", e.attempts())
                .log("pending write pushed back: {}", e.error());
    }

    @Override
    public void onParked(DualWriteEvent.Parked e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .log("a pending write was parked; Reconciler.parked lists it with its reason");
        log.atDebug() // the reason may name the key
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .log("parked: {}", e.reason());
    }

    @Override
    public void onParkedRetried(DualWriteEvent.ParkedRetried e) {
        log.atInfo()
                .addKeyValue("repository", e.repository())
                .addKeyValue("count", e.count())
                .log("parked writes were made due again");
    }

    @Override
    public void onReadFallback(DualWriteEvent.ReadFallback e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("keys", e.keys())
                .addKeyValue("reason", e.reason())
                .log("the authority answered a read in the follower's stead");
    }

    @Override
    public void onDiscarded(DualWriteEvent.Discarded e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("version", e.version())
                .log("a parked write was discarded: {}", e.reason());
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .log("discarded");
    }

    @Override
    public void onReconcileFailed(DualWriteEvent.ReconcileFailed e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("error", e.error().getClass().getSimpleName())
                .log("the reconciler could not work on the queue; it goes on trying");
        log.atDebug() // the message may name keys
                .addKeyValue("repository", e.repository())
                .setCause(e.error())
                .log("the reconciler failed");
    }

    @Override
    public void onFollowerReadFailed(DualWriteEvent.FollowerReadFailed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("keys", e.keys())
                .addKeyValue("reason", e.reason())
                .log("a read of the follower failed, and the route allows no fallback");
    }

    /** One line a minute: the same cause comes with every read. */
    @Override
    public void onRouteUndecided(DualWriteEvent.RouteUndecided e) {
        long others = undecided.take();
        if (others >= 0) {
            log.atWarn()
                    .addKeyValue("repository", e.repository())
                    .addKeyValue("error", e.error().getClass().getName())
                    .addKeyValue("suppressed", others)
                    .log("the route cannot decide for some reads, which the authority answers");
        }
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .setCause(e.error())
                .log("the route could not decide; the authority answers");
    }

    @Override
    public void onQueryFallback(DualWriteEvent.QueryFallback e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("query", e.query())
                .addKeyValue("reason", e.reason())
                .log("the authority answered a query in the follower's stead");
    }

    @Override
    public void onShadowMismatch(DualWriteEvent.ShadowMismatch e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("result", e.result())
                .addKeyValue("fields", e.fields())
                .addKeyValue("suppressed", e.suppressed())
                .log("a shadow read found a difference");
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .log("it is this key");
    }

    /** One line a minute for each step. */
    @Override
    public void onShadowFailed(DualWriteEvent.ShadowFailed e) {
        TokenBucket lines = shadowFailed.get(e.step());
        long others = lines == null ? -1 : lines.take();
        if (others >= 0) {
            log.atWarn()
                    .addKeyValue("repository", e.repository())
                    .addKeyValue("step", e.step())
                    .addKeyValue("error", e.error().getClass().getName())
                    .addKeyValue("suppressed", others)
                    .log("shadow reads fail; nothing is compared there");
        }
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("step", e.step())
                .setCause(e.error())
                .log("a shadow read failed");
    }

    @Override
    public void onShadowHealed(DualWriteEvent.ShadowHealed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .log("a key that differs was marked pending");
    }

    @Override
    public void onRouteChanged(DualWriteEvent.RouteChanged e) {
        Level level = e.key() != null
                ? Level.DEBUG
                : e.reason() == RouteChangeReason.STEP_BACK || e.reason() == RouteChangeReason.STALE
                        ? Level.WARN
                        : Level.INFO;
        LoggingEventBuilder line = log.atLevel(level)
                .addKeyValue("repository", e.repository())
                .addKeyValue("from", e.from())
                .addKeyValue("to", e.to())
                .addKeyValue("source", e.source())
                .addKeyValue("reason", e.reason());
        if (e.key() != null) {
            line = line.addKeyValue("key", e.key());
        }
        line.log("read route changed {}", e.detail());
    }

    /** One line when it goes on failing, or begins to again and again; not one for each refresh. */
    @Override
    public void onRouteSourceFailed(DualWriteEvent.RouteSourceFailed e) {
        boolean flaps = e.failures() == 1 && flapping.happened();
        log.atLevel(flaps || e.failures() == FAILURES_TO_WARN ? Level.WARN : Level.DEBUG)
                .addKeyValue("repository", e.repository())
                .addKeyValue("source", e.source())
                .addKeyValue("route", e.route())
                .addKeyValue("failures", e.failures())
                .log(
                        flaps
                                ? "the source of the read route fails again and again; the route stays: {}"
                                : "the source of the read route fails; the route stays: {}",
                        e.error().toString());
        log.atDebug().setCause(e.error()).log("the source of the read route failed");
    }

    @Override
    public void onRouteSourceRecovered(DualWriteEvent.RouteSourceRecovered e) {
        log.atLevel(e.failures() >= FAILURES_TO_WARN ? Level.INFO : Level.DEBUG)
                .addKeyValue("repository", e.repository())
                .addKeyValue("source", e.source())
                .addKeyValue("failures", e.failures())
                .log("the source of the read route has recovered");
    }

    /** Keys that are read for the first time are usual; questions that the source has no time for are not. */
    @Override
    public void onKeyRoutesUnknown(DualWriteEvent.KeyRoutesUnknown e) {
        log.atLevel(e.notAsked() > 0 && overrun.happened() ? Level.WARN : Level.DEBUG)
                .addKeyValue("repository", e.repository())
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
        log.atLevel(e.known() ? Level.INFO : Level.WARN)
                .addKeyValue("repository", e.repository())
                .log(
                        e.known()
                                ? "it is known again which keys are pending"
                                : "the authority answers reads that the route sends to the follower: {}",
                        e.detail());
        if (e.cause() != null) {
            log.atDebug().setCause(e.cause()).log("pending keys could not be read");
        }
    }

    @Override
    public void onBreakerChanged(DualWriteEvent.BreakerChanged e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("breaker", e.breaker())
                .addKeyValue("from", e.from())
                .addKeyValue("to", e.to())
                .log("circuit breaker changed its state");
    }

    @Override
    public void onFollowerCheckFailed(DualWriteEvent.FollowerCheckFailed e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .setCause(e.error())
                .log("the follower could not be checked; writes will be pending until it answers");
    }

    @Override
    public void onBackfillBegan(DualWriteEvent.BackfillBegan e) {
        log.atInfo()
                .addKeyValue("repository", e.repository())
                .addKeyValue("job", e.job())
                .addKeyValue("splits", e.splits())
                .addKeyValue("splitsDone", e.splitsDone())
                .log("backfill began");
    }

    @Override
    public void onBackfillStateChanged(DualWriteEvent.BackfillStateChanged e) {
        log.atInfo()
                .addKeyValue("repository", e.repository())
                .addKeyValue("job", e.job())
                .addKeyValue("state", e.state())
                .log("backfill was told what to do");
    }

    @Override
    public void onBackfillSplitDone(DualWriteEvent.BackfillSplitDone e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("job", e.job())
                .addKeyValue("split", e.split())
                .log("a split was copied");
    }

    @Override
    public void onBackfillRecordFailed(DualWriteEvent.BackfillRecordFailed e) {
        log.atDebug() // the reason may name the key; that there are failures is said at the end
                .addKeyValue("repository", e.repository())
                .addKeyValue("job", e.job())
                .addKeyValue("key", e.key())
                .log("a record could not be copied: {}", e.reason());
    }

    @Override
    public void onBackfillRecordDiscarded(DualWriteEvent.BackfillRecordDiscarded e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("job", e.job())
                .log("a record that could not be copied was given up: {}", e.reason());
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .log("given up");
    }

    @Override
    public void onBackfillEnded(DualWriteEvent.BackfillEnded e) {
        log.atLevel(e.failures() > 0 || e.error() != null ? Level.WARN : Level.INFO)
                .addKeyValue("repository", e.repository())
                .addKeyValue("job", e.job())
                .addKeyValue("complete", e.complete())
                .addKeyValue("state", e.state())
                .addKeyValue("rows", e.rows())
                .addKeyValue("failures", e.failures())
                .log(
                        e.failures() > 0
                                ? "backfill ended; Backfill.failures lists what could not be copied"
                                : "backfill ended");
    }

    @Override
    public void onBackfillWarned(DualWriteEvent.BackfillWarned e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("job", e.job())
                .log("backfill: {}", e.warning());
    }

    @Override
    public void onVerificationBegan(DualWriteEvent.VerificationBegan e) {
        log.atLevel(e.round() <= 1 ? Level.INFO : Level.DEBUG)
                .addKeyValue("repository", e.repository())
                .addKeyValue("round", e.round())
                .log(e.round() == 1 ? "continuous verification began" : "verification began");
    }

    @Override
    public void onVerificationFound(DualWriteEvent.VerificationFound e) {
        log.atDebug() // how many there are is said at the end
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .addKeyValue("difference", e.difference())
                .addKeyValue("fields", e.fields())
                .addKeyValue("cause", e.cause())
                .log("verification found a difference");
    }

    @Override
    public void onVerificationEnded(DualWriteEvent.VerificationEnded e) {
        boolean good = e.state().startsWith("CONSISTENT");
        log.atLevel(!e.changed() ? Level.DEBUG : good ? Level.INFO : Level.WARN)
                .addKeyValue("repository", e.repository())
                .addKeyValue("round", e.round())
                .addKeyValue("state", e.state())
                .addKeyValue("compared", e.compared())
                .addKeyValue("different", e.different())
                .addKeyValue("missing", e.missing())
                .addKeyValue("extra", e.extra())
                .addKeyValue("inFlight", e.inFlight())
                .addKeyValue("undecided", e.undecided())
                .log("verification ended");
        if (e.error() != null) {
            log.atDebug() // the message may name keys
                    .addKeyValue("repository", e.repository())
                    .setCause(e.error())
                    .log("the verification failed");
        }
    }

    @Override
    public void onVerificationRepaired(DualWriteEvent.VerificationRepaired e) {
        log.atLevel(e.left() == 0 ? Level.INFO : Level.WARN)
                .addKeyValue("repository", e.repository())
                .addKeyValue("keys", e.keys())
                .addKeyValue("left", e.left())
                .log("differences were repaired");
    }
}
