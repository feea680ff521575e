package io.github.dualwrite.spi;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Lets a limited number of lines through in each period, which begins with its first one, and counts what is left out. Safe for use by
 * many threads.
 */
public final class LineLimit {

    private final int lines;
    private final long period;
    private final LongSupplier nanos;
    private boolean begun;
    private long since;
    private int written;
    private long leftOut;

    /**
     * Nothing has been written yet.
     *
     * @param nanos a clock like {@link System#nanoTime}
     */
    public LineLimit(int lines, Duration period, LongSupplier nanos) {
        this.lines = lines;
        this.period = period.toNanos();
        this.nanos = nanos;
    }

    /** How many were left out since the last line; -1 if this one is left out too. */
    public long take() {
        return take(0);
    }

    /**
     * The same for a line that itself stands for more.
     *
     * @param more how many were left out before it came here
     */
    public synchronized long take(long more) {
        long now = nanos.getAsLong();
        if (!begun || now - since >= period) {
            begun = true;
            since = now;
            written = 0;
        }
        if (written >= lines) {
            leftOut += 1 + more;
            return -1;
        }
        written++;
        long before = leftOut + more;
        leftOut = 0;
        return before;
    }
}
