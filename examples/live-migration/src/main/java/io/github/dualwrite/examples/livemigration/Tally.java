package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.FallbackReason;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what happens in this process's repository. */
final class Tally implements DualWriteListener {

    private final LongAdder live = new LongAdder();
    private final LongAdder reconciled = new LongAdder();
    private final LongAdder leftPending = new LongAdder();
    private final LongAdder parked = new LongAdder();
    private final LongAdder fallbacks = new LongAdder();
    private final Map<FallbackReason, Long> fallbackReasons = new ConcurrentHashMap<>();
    private final ThreadLocal<Long> fallbacksHere = ThreadLocal.withInitial(() -> 0L);
    private final LongAdder breakerOpenings = new LongAdder();

    @Override
    public void onApplied(DualWriteEvent.Applied event) {
        (event.path() == DualWriteEvent.Path.LIVE ? live : reconciled).increment();
    }

    @Override
    public void onLeftPending(DualWriteEvent.LeftPending event) {
        leftPending.increment();
    }

    @Override
    public void onParked(DualWriteEvent.Parked event) {
        parked.increment();
    }

    @Override
    public void onReadFallback(DualWriteEvent.ReadFallback event) {
        fallbacks.increment();
        fallbackReasons.merge(event.reason(), 1L, Long::sum);
        fallbacksHere.set(fallbacksHere.get() + 1); // the event comes on the thread that reads
    }

    @Override
    public void onBreakerChanged(DualWriteEvent.BreakerChanged event) {
        if (event.from().equals("CLOSED") && event.to().equals("OPEN")) {
            breakerOpenings.increment();
        }
    }

    /** Writes that the write itself brought to the secondary. */
    long live() {
        return live.sum();
    }

    /** Writes that the reconciler brought to the secondary. */
    long reconciled() {
        return reconciled.sum();
    }

    /** Writes that could not be brought to the secondary at once. */
    long leftPending() {
        return leftPending.sum();
    }

    /** Writes that were parked. */
    long parked() {
        return parked.sum();
    }

    /** Reads that the route sent to the secondary and the primary answered. */
    long fallbacks() {
        return fallbacks.sum();
    }

    /** The same by reason, since the beginning. */
    Map<FallbackReason, Long> fallbackReasons() {
        return new TreeMap<>(fallbackReasons);
    }

    /** The same of the calling thread. */
    long fallbacksHere() {
        return fallbacksHere.get();
    }

    /** How often a breaker opened after it had been closed. */
    long breakerOpenings() {
        return breakerOpenings.sum();
    }
}
