package io.github.dualwrite.backfill;

import java.time.Duration;

/**
 * How long to rest before the next page, so that a backfill gives way to live traffic. The one place that decides it.
 *
 * <p>The time of a page, smoothed, is compared with the best that it was; the best is forgotten slowly, so that a store that has become
 * slower for good is not waited for for ever. A page that is too slow, and a follower that throttles, doubles the rest; each page that
 * is not takes a tenth of it away. Pages that are not full say nothing about speed, and pages that are to have more than twice or less than half as many
 * records are not compared with those before. Safe for use by many threads.
 */
final class Courtesy {

    private static final double SMOOTHING = 0.3;
    private static final double FORGETTING = 1.001;
    private static final long LEAST = Duration.ofMillis(10).toNanos();

    private final double factor;
    private final long floor;
    private final long most;
    private double smoothed = -1;
    private double best = -1;
    private long rest;
    private int size;

    Courtesy(double factor, Duration floor, Duration most) {
        this.factor = factor;
        this.floor = floor.toNanos();
        this.most = most.toNanos();
    }

    /** A page of at most so many records was read in so many nanoseconds. */
    synchronized void pageTook(long nanos, int most, boolean full) {
        if (full) {
            if (most > 2L * size || 2L * most < size) {
                size = most;
                smoothed = -1;
                best = -1;
            }
            smoothed = smoothed < 0 ? nanos : smoothed + SMOOTHING * (nanos - smoothed);
            best = best < 0 ? smoothed : Math.min(best * FORGETTING, smoothed);
            if (smoothed > floor && smoothed > factor * best) {
                grow();
                return;
            }
        }
        rest = rest < LEAST / 10 ? 0 : rest - rest / 10;
    }

    /** The follower is throttling or down. */
    synchronized void throttled() {
        grow();
    }

    private void grow() {
        rest = Math.min(most, Math.max(LEAST, rest * 2));
    }

    /** Nanoseconds to rest before the next page. */
    synchronized long rest() {
        return rest;
    }
}
