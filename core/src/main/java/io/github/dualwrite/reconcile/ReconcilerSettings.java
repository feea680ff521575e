package io.github.dualwrite.reconcile;

import io.github.dualwrite.spi.Durations;
import java.time.Duration;

/** How a reconciler works. Immutable; {@link #defaults()} are meant for production. */
public final class ReconcilerSettings {

    private final int batchSize;
    private final int workers;
    private final Duration batchTimeout;
    private final Duration lease;
    private final Duration pollInterval;
    private final Duration initialBackoff;
    private final Duration maxBackoff;

    private ReconcilerSettings(Builder builder) {
        this.batchSize = builder.batchSize;
        this.workers = builder.workers;
        this.batchTimeout = builder.batchTimeout;
        this.lease = builder.lease;
        this.pollInterval = builder.pollInterval;
        this.initialBackoff = builder.initialBackoff;
        this.maxBackoff = builder.maxBackoff;
    }

    /** Batches of 500, two at once while there is a backlog, 20 s for each, leases of 60 s, a poll each second, backoff from 500 ms to 1 min. */
    public static ReconcilerSettings defaults() {
        return builder().build();
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** How many pending writes are claimed and applied at once. */
    public int batchSize() {
        return batchSize;
    }

    /** How many batches are worked on at once while there is a backlog. */
    public int workers() {
        return workers;
    }

    /** How long the follower may take for a batch. */
    public Duration batchTimeout() {
        return batchTimeout;
    }

    /** How long a claim hides its pending writes from other reconcilers. */
    public Duration lease() {
        return lease;
    }

    /** How long to wait when nothing is due or the breaker is open. */
    public Duration pollInterval() {
        return pollInterval;
    }

    /** The first delay after a transient failure; doubles with each further one, with jitter. */
    public Duration initialBackoff() {
        return initialBackoff;
    }

    /** The longest delay after a transient failure. */
    public Duration maxBackoff() {
        return maxBackoff;
    }

    /** Collects settings. Not safe for use by many threads. */
    public static final class Builder {
        private int batchSize = 500;
        private int workers = 2;
        private Duration batchTimeout = Duration.ofSeconds(20);
        private Duration lease = Duration.ofSeconds(60);
        private Duration pollInterval = Duration.ofSeconds(1);
        private Duration initialBackoff = Duration.ofMillis(500);
        private Duration maxBackoff = Duration.ofMinutes(1);

        private Builder() {}

        /** How many pending writes are claimed and applied at once. Default: 500. */
        public Builder batchSize(int batchSize) {
            this.batchSize = batchSize;
            return this;
        }

        /**
         * How many batches are worked on at once while there is a backlog: so many connections to the authority, and so many
         * batches on their way to the follower. Without a backlog it is one. Default: 2.
         */
        public Builder workers(int workers) {
            this.workers = workers;
            return this;
        }

        /** How long the follower may take for a batch. Default: 20 s. */
        public Builder batchTimeout(Duration batchTimeout) {
            this.batchTimeout = batchTimeout;
            return this;
        }

        /** How long a claim hides its pending writes from other reconcilers. Default: 60 s. */
        public Builder lease(Duration lease) {
            this.lease = lease;
            return this;
        }

        /** How long to wait when nothing is due or the breaker is open. Default: 1 s. */
        public Builder pollInterval(Duration pollInterval) {
            this.pollInterval = pollInterval;
            return this;
        }

        /** The first delay after a transient failure. Default: 500 ms. */
        public Builder initialBackoff(Duration initialBackoff) {
            this.initialBackoff = initialBackoff;
            return this;
        }

        /** The longest delay after a transient failure. Default: 1 min. */
        public Builder maxBackoff(Duration maxBackoff) {
            this.maxBackoff = maxBackoff;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if a setting is out of range or two contradict each other
         */
        public ReconcilerSettings build() {
            if (batchSize < 1 || batchSize > 10_000) {
                throw new IllegalArgumentException("batchSize must be from 1 to 10000, not " + batchSize);
            }
            if (workers < 1 || workers > 64) {
                throw new IllegalArgumentException("workers must be from 1 to 64, not " + workers);
            }
            Durations.positive("batchTimeout", batchTimeout);
            Durations.positive("lease", lease);
            Durations.positive("pollInterval", pollInterval);
            Durations.bounded("initialBackoff", initialBackoff);
            if (initialBackoff.toMillis() < 10) {
                throw new IllegalArgumentException("initialBackoff must be at least 10 ms, not " + initialBackoff);
            }
            Durations.bounded("maxBackoff", maxBackoff);
            if (maxBackoff.compareTo(initialBackoff) < 0) {
                throw new IllegalArgumentException("maxBackoff (" + maxBackoff
                        + ") must not be shorter than initialBackoff (" + initialBackoff + ")");
            }
            if (lease.compareTo(batchTimeout) <= 0) {
                throw new IllegalArgumentException("lease (" + lease + ") must be longer than batchTimeout ("
                        + batchTimeout + "), or another reconciler repeats a batch that is still under way");
            }
            return new ReconcilerSettings(this);
        }
    }
}
