package io.github.dualwrite.backfill;

import java.util.function.LongSupplier;

/**
 * Spreads a number of things over time. A page is known by its size only when it was read, and may be larger than what is allowed in a
 * second, so this one goes into debt: whoever reserves waits for those before, and not for himself. Safe for use by many threads.
 */
final class Pace {

    private static final double NANOS = 1_000_000_000;

    private final double perSecond;
    private final LongSupplier nanoTime;
    private double freeAt;
    private boolean begun;

    Pace(double perSecond, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
    }

    /** Reserves so many and returns how many nanoseconds to wait before taking them. */
    synchronized long reserve(long count) {
        double now = nanoTime.getAsLong();
        if (!begun) {
            begun = true;
            freeAt = now;
        }
        double wait = Math.max(0, freeAt - now);
        freeAt = Math.max(freeAt, now) + count / perSecond * NANOS;
        return (long) wait;
    }
}
