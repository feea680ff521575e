package io.github.dualwrite.metrics;

import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.PendingReason;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts what becomes of writes. Every counter is there from the beginning, with 0: a rate needs a value before the first event. */
final class EventCounters implements DualWriteListener {

    private static final Duration DRAIN_WINDOW = Duration.ofMinutes(1);

    private final Map<DualWriteEvent.Path, Counter> applied = new EnumMap<>(DualWriteEvent.Path.class);
    private final Map<DualWriteEvent.Path, Counter> superseded = new EnumMap<>(DualWriteEvent.Path.class);
    private final Map<PendingReason, Counter> leftPending = new EnumMap<>(PendingReason.class);
    private final LongAdder drained = new LongAdder();
    private final Counter outcomeUnknown;
    private final Counter followerAhead;
    private final Counter confirmFailures;
    private final Counter retries;
    private final Counter parked;
    private final Counter discarded;
    private final Counter reconcilerFailures;

    EventCounters(Registration meters, Clock clock) {
        for (DualWriteEvent.Path path : DualWriteEvent.Path.values()) {
            String name = DualWriteTag.name(path);
            applied.put(path, meters.counter(DualWriteMeter.WRITES_FOLLOWED, name, "applied"));
            superseded.put(path, meters.counter(DualWriteMeter.WRITES_FOLLOWED, name, "superseded"));
        }
        for (PendingReason reason : PendingReason.values()) {
            String name = DualWriteTag.name(reason);
            if (DualWriteTag.PENDING_REASON.allowed().contains(name)) {
                leftPending.put(reason, meters.counter(DualWriteMeter.WRITES_LEFT_PENDING, name));
            }
        }
        outcomeUnknown = meters.counter(DualWriteMeter.WRITES_OUTCOME_UNKNOWN);
        followerAhead = meters.counter(DualWriteMeter.WRITES_FOLLOWER_AHEAD);
        confirmFailures = meters.counter(DualWriteMeter.CONFIRM_FAILURES);
        retries = meters.counter(DualWriteMeter.RECONCILER_RETRIES);
        parked = meters.counter(DualWriteMeter.RECONCILER_PARKED);
        discarded = meters.counter(DualWriteMeter.RECONCILER_DISCARDED);
        reconcilerFailures = meters.counter(DualWriteMeter.RECONCILER_FAILURES);
        meters.gauge(DualWriteMeter.RECONCILER_DRAIN_RATE, Recent.perSecond(drained::sum, DRAIN_WINDOW, clock));
    }

    private static <E extends Enum<E>> void increment(Map<E, Counter> counters, E constant) {
        Counter counter = counters.get(constant);
        if (counter != null) {
            counter.increment();
        }
    }

    @Override
    public void onAuthorityFailed(DualWriteEvent.AuthorityFailed e) {
        if (e.error() instanceof OutcomeUnknownException) {
            outcomeUnknown.increment();
        }
    }

    @Override
    public void onApplied(DualWriteEvent.Applied e) {
        increment(e.superseded() ? superseded : applied, e.path());
        if (e.path() == DualWriteEvent.Path.RECONCILER) {
            drained.increment();
        }
    }

    @Override
    public void onFollowerAhead(DualWriteEvent.FollowerAhead e) {
        followerAhead.increment();
    }

    @Override
    public void onLeftPending(DualWriteEvent.LeftPending e) {
        increment(leftPending, e.reason());
    }

    @Override
    public void onConfirmFailed(DualWriteEvent.ConfirmFailed e) {
        confirmFailures.increment();
    }

    @Override
    public void onPushedBack(DualWriteEvent.PushedBack e) {
        retries.increment();
    }

    @Override
    public void onParked(DualWriteEvent.Parked e) {
        parked.increment();
    }

    @Override
    public void onDiscarded(DualWriteEvent.Discarded e) {
        discarded.increment();
    }

    @Override
    public void onReconcileFailed(DualWriteEvent.ReconcileFailed e) {
        reconcilerFailures.increment();
    }
}
