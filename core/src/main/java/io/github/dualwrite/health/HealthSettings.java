package io.github.dualwrite.health;

import io.github.dualwrite.spi.Durations;
import java.time.Duration;

/** How a repository is watched. Immutable; {@link #defaults()} are meant for production. */
public final class HealthSettings {

    private static final HealthSettings DEFAULTS =
            new HealthSettings(Duration.ofSeconds(10), Duration.ofMinutes(5), Duration.ofMinutes(1));

    private final Duration sampleInterval;
    private final Duration maxPendingAge;
    private final Duration maxRouteSourceFailure;

    private HealthSettings(Duration sampleInterval, Duration maxPendingAge, Duration maxRouteSourceFailure) {
        this.sampleInterval = sampleInterval;
        this.maxPendingAge = maxPendingAge;
        this.maxRouteSourceFailure = maxRouteSourceFailure;
    }

    /** The queue is read each 10 s; pending writes may be 5 min old; the source of the read route may fail for 1 min. */
    public static HealthSettings defaults() {
        return DEFAULTS;
    }

    /**
     * How long to wait between two looks at the queue, for health and for metrics. Each is a query of the authority that may read the
     * whole queue, on a thread of its own; if one takes long, the next waits for ten times as long, at most for half of
     * {@link #maxPendingAge}, or for this interval if that is longer. There are none until somebody asks for health or binds metrics. Default: 10 s.
     */
    public HealthSettings sampleInterval(Duration sampleInterval) {
        return new HealthSettings(
                Durations.positive("sampleInterval", sampleInterval), maxPendingAge, maxRouteSourceFailure);
    }

    /** How old the oldest pending write may get. Choose more than the longest outage of the secondary that is nobody's concern. Default: 5 min. */
    public HealthSettings maxPendingAge(Duration maxPendingAge) {
        return new HealthSettings(
                sampleInterval, Durations.positive("maxPendingAge", maxPendingAge), maxRouteSourceFailure);
    }

    /** For how long the source of the read route may fail. Default: 1 min. */
    public HealthSettings maxRouteSourceFailure(Duration maxRouteSourceFailure) {
        return new HealthSettings(
                sampleInterval, maxPendingAge, Durations.positive("maxRouteSourceFailure", maxRouteSourceFailure));
    }

    public Duration sampleInterval() {
        return sampleInterval;
    }

    public Duration maxPendingAge() {
        return maxPendingAge;
    }

    public Duration maxRouteSourceFailure() {
        return maxRouteSourceFailure;
    }
}
