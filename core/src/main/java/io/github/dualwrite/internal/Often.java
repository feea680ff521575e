package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Says when something has happened so often within a period that it is worth a line; once for each period. Safe for threads. */
final class Often {

    private final int times;
    private final long period;
    private final LongSupplier nanos;
    private int count;
    private long since;

    /**
     * Nothing has happened yet.
     *
     * @param nanos a clock like {@link System#nanoTime}
     */
    Often(int times, Duration period, LongSupplier nanos) {
        this.times = times;
        this.period = period.toNanos();
        this.nanos = nanos;
    }

    /** It has happened once more; whether that was the time that counts. The period begins with the first one. */
    synchronized boolean happened() {
        long now = nanos.getAsLong();
        if (count == 0 || now - since >= period) {
            since = now;
            count = 0;
        }
        count = Math.min(count + 1, times + 1);
        return count == times;
    }
}
