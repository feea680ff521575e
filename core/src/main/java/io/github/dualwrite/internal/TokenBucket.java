package io.github.dualwrite.internal;

import java.util.function.LongSupplier;

/** Lets a limited number through in a second, and at most one second's worth at once, but at least one. Safe for use by many threads. */
final class TokenBucket {

    private static final double NANOS = 1_000_000_000;

    private final double perSecond;
    private final double capacity;
    private final LongSupplier nanoTime;
    private double tokens;
    private long filledAt;
    private long refused;

    TokenBucket(double perSecond, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.capacity = Math.max(1, perSecond);
        this.nanoTime = nanoTime;
        this.tokens = capacity;
        this.filledAt = nanoTime.getAsLong();
    }

    /** How many were refused since the last one that was let through; -1 if this one is refused too. */
    synchronized long take() {
        long now = nanoTime.getAsLong();
        tokens = Math.min(capacity, tokens + (now - filledAt) / NANOS * perSecond);
        filledAt = now;
        if (tokens < 1) {
            refused++;
            return -1;
        }
        tokens--;
        long before = refused;
        refused = 0;
        return before;
    }
}
