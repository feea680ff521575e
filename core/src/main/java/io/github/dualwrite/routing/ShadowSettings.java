package io.github.dualwrite.routing;

import io.github.dualwrite.spi.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How shadow reads work. Immutable; {@link #defaults()} are meant for production.
 *
 * <p>Shadow reads by key and those of queries have threads, a circuit breaker and limits of their own each: every number here holds
 * for each of the two kinds. A call of a store that does not return holds a thread that nothing else waits for; at the deadline
 * the shadow read has failed, which is an event.
 */
public final class ShadowSettings {

    private final int threads;
    private final int queueSize;
    private final @Nullable Executor executor;
    private final Duration timeout;
    private final Duration recheckDelay;
    private final int rechecks;
    private final int waitingRechecks;
    private final double samplesPerSecond;
    private final int cohorts;
    private final boolean heal;
    private final KeyPrivacy keyPrivacy;

    private ShadowSettings(Builder builder) {
        this.threads = builder.threads;
        this.queueSize = builder.queueSize;
        this.executor = builder.executor;
        this.timeout = builder.timeout;
        this.recheckDelay = builder.recheckDelay;
        this.rechecks = builder.rechecks;
        this.waitingRechecks = builder.waitingRechecks;
        this.samplesPerSecond = builder.samplesPerSecond;
        this.cohorts = builder.cohorts;
        this.heal = builder.heal;
        this.keyPrivacy = builder.keyPrivacy;
    }

    /**
     * 4 threads, a queue of 256, 1 s for a call of either store, 3 looks again after 2 s each, at most 1000 waiting for that; a sample
     * each second of each of at most 50 cohorts, keys plain; no healing.
     */
    public static ShadowSettings defaults() {
        return builder().build();
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** How many threads read and compare; also how many calls of either store are under way at most. */
    public int threads() {
        return threads;
    }

    /** How many shadow reads may wait for a thread; more are shed. */
    public int queueSize() {
        return queueSize;
    }

    /** The executor of the caller's, if there is one. */
    public Optional<Executor> executor() {
        return Optional.ofNullable(executor);
    }

    /** How long a call of either store may take for a shadow read. */
    public Duration timeout() {
        return timeout;
    }

    /** After which time a lagging key is looked at again. */
    public Duration recheckDelay() {
        return recheckDelay;
    }

    /** How often a lagging key is looked at again before it counts as lagging. */
    public int rechecks() {
        return rechecks;
    }

    /** How many keys may wait for another look; more are shed. */
    public int waitingRechecks() {
        return waitingRechecks;
    }

    /** How many samples of a cohort are published in a second; at least one is published of each. */
    public double samplesPerSecond() {
        return samplesPerSecond;
    }

    /** How many cohorts have a limit of their own; all further ones share one. */
    public int cohorts() {
        return cohorts;
    }

    /** Whether a key that differs is marked pending, so that the reconciler heals it. */
    public boolean heal() {
        return heal;
    }

    /** How keys show in samples. */
    public KeyPrivacy keyPrivacy() {
        return keyPrivacy;
    }

    /** Collects settings. Not safe for use by many threads. */
    public static final class Builder {
        private int threads = 4;
        private int queueSize = 256;
        private @Nullable Executor executor;
        private Duration timeout = Duration.ofSeconds(1);
        private Duration recheckDelay = Duration.ofSeconds(2);
        private int rechecks = 3;
        private int waitingRechecks = 1000;
        private double samplesPerSecond = 1;
        private int cohorts = 50;
        private boolean heal;
        private KeyPrivacy keyPrivacy = KeyPrivacy.PLAIN;

        private Builder() {}

        /** How many threads read and compare; also how many calls of either store are under way at most. Default: 4. */
        public Builder threads(int threads) {
            this.threads = threads;
            return this;
        }

        /** How many shadow reads may wait for a thread; more are shed. Default: 256. */
        public Builder queueSize(int queueSize) {
            this.queueSize = queueSize;
            return this;
        }

        /**
         * An executor of the caller's instead of own threads, which must run or reject what it is given. At most {@link #threads} and
         * {@link #queueSize} tasks together are with it at a time, for each of the two kinds; what it rejects is shed, and so is what it
         * runs on the thread that offers it. It gets each task at once, on the reading thread, which pays for waking another; own threads
         * are given theirs up to a millisecond later, or 20 ms after a rest, by a thread that wakes by itself while there are shadow reads and for 10 s after the last. Its threads are held for the time of a read of either store. Default: none.
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /** How long a call of either store may take for a shadow read; the authority's is then interrupted. Default: 1 s. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** After which time a lagging key is looked at again. Default: 2 s. */
        public Builder recheckDelay(Duration recheckDelay) {
            this.recheckDelay = recheckDelay;
            return this;
        }

        /** How often a lagging key is looked at again before it counts as lagging. Default: 3. */
        public Builder rechecks(int rechecks) {
            this.rechecks = rechecks;
            return this;
        }

        /** How many keys may wait for another look; more are shed. Default: 1000. */
        public Builder waitingRechecks(int waitingRechecks) {
            this.waitingRechecks = waitingRechecks;
            return this;
        }

        /** How many samples of a cohort are published in a second; at least one is published of each. Default: 1. */
        public Builder samplesPerSecond(double samplesPerSecond) {
            this.samplesPerSecond = samplesPerSecond;
            return this;
        }

        /** How many cohorts have a limit of their own; all further ones share one. Default: 50. */
        public Builder cohorts(int cohorts) {
            this.cohorts = cohorts;
            return this;
        }

        /** Whether a key that differs is marked pending, so that the reconciler heals it. At most ten each second. Default: no. */
        public Builder heal(boolean heal) {
            this.heal = heal;
            return this;
        }

        /** How keys show in samples. Default: {@link KeyPrivacy#PLAIN}. */
        public Builder keyPrivacy(KeyPrivacy keyPrivacy) {
            this.keyPrivacy = Objects.requireNonNull(keyPrivacy, "keyPrivacy");
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if a setting is out of range
         */
        public ShadowSettings build() {
            range("threads", threads, 1, 256);
            range("queueSize", queueSize, 1, 100_000);
            range("rechecks", rechecks, 0, 100);
            range("waitingRechecks", waitingRechecks, 0, 1_000_000);
            range("cohorts", cohorts, 1, 10_000);
            Durations.positive("timeout", timeout);
            Durations.positive("recheckDelay", recheckDelay);
            if (!(samplesPerSecond >= 0 && samplesPerSecond <= 1000)) {
                throw new IllegalArgumentException("samplesPerSecond must be from 0 to 1000, not " + samplesPerSecond);
            }
            return new ShadowSettings(this);
        }

        private static void range(String name, int value, int from, int to) {
            if (value < from || value > to) {
                throw new IllegalArgumentException(name + " must be from " + from + " to " + to + ", not " + value);
            }
        }
    }
}
