package io.github.dualwrite.spi;

import java.time.Duration;
import java.util.Objects;

/** What settings that are durations have in common. */
public final class Durations {

    /** No limit for anybody, and far from where nanoseconds no longer fit a {@code long} (292 years). */
    private static final Duration MOST = Duration.ofDays(36_500);

    private Durations() {}

    /**
     * The value, if it is longer than nothing and at most a hundred years.
     *
     * @throws IllegalArgumentException if not
     */
    public static Duration positive(String setting, Duration value) {
        Objects.requireNonNull(value, setting);
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(setting + " must be longer than " + value);
        }
        return bounded(setting, value);
    }

    /**
     * The value, if it is at most a hundred years.
     *
     * @throws IllegalArgumentException if not
     */
    public static Duration bounded(String setting, Duration value) {
        if (value.compareTo(MOST) > 0) {
            throw new IllegalArgumentException(setting + " must be at most " + MOST.toDays()
                    + " days, which is as good as for ever, not " + value);
        }
        return value;
    }

    /** A deadline that is at most a hundred years away: whoever waits for ever may say so by a longer one. */
    public static Duration capped(Duration deadline) {
        return deadline.compareTo(MOST) > 0 ? MOST : deadline;
    }
}
