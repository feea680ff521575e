package io.github.dualwrite.internal;

import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.PermanentFailure;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Judges the secondary by what reads and comparisons say, within a window that is a ring of ten buckets.
 *
 * <p>Counting makes no objects and takes no lock. A count that comes in the moment in which its bucket begins anew may be lost:
 * rates are meant, not sums. Safe for use by many threads.
 */
public final class StepBackWatch {

    private static final int BUCKETS = 10;
    private static final int READS = 0;
    private static final int ERRORS = 1;
    private static final int COMPARISONS = 2;
    private static final int MISMATCHES = 3;
    private static final int KINDS = 4;

    private final @Nullable StepBack policy;
    private final LongSupplier nanos;
    private final Predicate<String> stepBack;
    private final long bucketNanos;
    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS * KINDS);
    private final AtomicLongArray periods = new AtomicLongArray(BUCKETS);
    private final long start;

    /**
     * A watch that has seen nothing.
     *
     * @param policy when to step back; {@code null} for never
     * @param nanos a clock like {@link System#nanoTime}
     * @param stepBack gets the reason and says whether it stepped back; called in the thread that counts, again and again
     *     while the rate is too high and it does not
     */
    public StepBackWatch(@Nullable StepBack policy, LongSupplier nanos, Predicate<String> stepBack) {
        this.policy = policy;
        this.nanos = nanos;
        this.stepBack = stepBack;
        this.bucketNanos = policy == null ? 1 : policy.window().toNanos() / BUCKETS;
        this.start = nanos.getAsLong();
        for (int i = 0; i < BUCKETS; i++) {
            periods.set(i, Long.MIN_VALUE);
        }
    }

    /** The follower was to answer a read and did, or could not. */
    public void answered(boolean ok) {
        if (policy != null) {
            count(READS, ERRORS, ok, policy.errorPercent(), "reads of the secondary got no answer from it");
        }
    }

    /**
     * The authority answered in the follower's stead; only what says something about the follower counts: a permanent failure is of one key
     * or record.
     */
    public void fellBack(FallbackReason reason, @Nullable Throwable cause) {
        if (cause != null && Guard.unwrap(cause) instanceof PermanentFailure) {
            return;
        }
        switch (reason) {
            case FAILED, TIMEOUT, BREAKER_OPEN, BULKHEAD_FULL, EXECUTOR_FULL -> answered(false);
            default -> {
                // a pending key, a missing backfill or the caller's interrupt is nothing that the follower did
            }
        }
    }

    /** Both stores were compared, and what was found is final: a follower that only lags is not a mismatch. */
    public void compared(boolean matches) {
        if (policy != null) {
            count(COMPARISONS, MISMATCHES, matches, policy.mismatchPercent(), "comparisons found a difference");
        }
    }

    /** Forgets what was counted: what led to a step back is not held against the next route. */
    public void forget() {
        for (int i = 0; i < BUCKETS; i++) {
            periods.set(i, Long.MIN_VALUE);
        }
    }

    private long period() {
        return (nanos.getAsLong() - start) / bucketNanos;
    }

    private void count(int all, int bad, boolean good, double limit, String what) {
        long period = period();
        int bucket = (int) (period % BUCKETS);
        long held = periods.get(bucket);
        if (held != period && periods.compareAndSet(bucket, held, period)) {
            for (int kind = 0; kind < KINDS; kind++) {
                counts.set(bucket * KINDS + kind, 0);
            }
        }
        counts.incrementAndGet(bucket * KINDS + all);
        if (!good) {
            counts.incrementAndGet(bucket * KINDS + bad);
            judge(period, all, bad, limit, what);
        }
    }

    private void judge(long period, int all, int bad, double limit, String what) {
        StepBack rule = policy;
        if (rule == null) {
            return;
        }
        long sumAll = 0;
        long sumBad = 0;
        for (int i = 0; i < BUCKETS; i++) {
            if (periods.get(i) > period - BUCKETS) {
                sumAll += counts.get(i * KINDS + all);
                sumBad += counts.get(i * KINDS + bad);
            }
        }
        if (sumAll >= rule.minimum() && sumBad * 100.0 > limit * sumAll) {
            boolean done = stepBack.test(String.format(
                    Locale.ROOT,
                    "%d of %d %s within %s: %.2f %%, more than %s %%",
                    sumBad,
                    sumAll,
                    what,
                    rule.window(),
                    sumBad * 100.0 / sumAll,
                    limit));
            if (done) {
                forget();
            }
        }
    }
}
