package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rests between looks at a queue, which take long when it is long, as in an outage: nine times what the last look took, at most half a
 * minute. So the authority spends a tenth of its time on them, or more if a look takes longer than three seconds. Not safe for use by several threads.
 */
final class Rest {

    private static final int TIMES = 9;
    private static final long LONGEST = Duration.ofSeconds(30).toNanos();

    private final LongSupplier nanos;
    private long began;
    private @Nullable Long until;

    /**
     * No rest yet.
     *
     * @param nanos a clock like {@link System#nanoTime}
     */
    Rest(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Whether it is time for a look. */
    boolean over() {
        return until == null || until - nanos.getAsLong() <= 0;
    }

    /** A look begins. */
    void begin() {
        began = nanos.getAsLong();
    }

    /** The look has ended, and a rest of at least so many nanoseconds begins. */
    void end(long atLeastNanos) {
        long now = nanos.getAsLong();
        until = now + Math.max(atLeastNanos, Math.min(LONGEST, TIMES * (now - began)));
    }
}
