package io.github.dualwrite.backfill;

import io.github.dualwrite.spi.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** How a backfill works. Immutable; {@link #defaults()} are meant for production. Limits are those of one process. */
public final class BackfillSettings<V> {

    /** The name of a job unless another one is given, and the one whose completion reads look at. */
    public static final String JOB = "backfill";

    final String job;
    final int splits;
    final int threads;
    final int pageSize;
    final Duration batchTimeout;
    final Duration lease;
    final Duration pollInterval;
    final Duration initialBackoff;
    final Duration maxBackoff;
    final int attempts;
    final double rowsPerSecond;
    final double bytesPerSecond;
    final double slowdownFactor;
    final Duration slowdownFloor;
    final Duration maxDelay;
    final boolean giveWay;
    final @Nullable String filterName;
    final Predicate<? super V> filter;
    final @Nullable BooleanSupplier writesCaptured;

    private BackfillSettings(Builder<V> builder) {
        this.job = builder.job;
        this.splits = builder.splits;
        this.threads = builder.threads;
        this.pageSize = builder.pageSize;
        this.batchTimeout = builder.batchTimeout;
        this.lease = builder.lease;
        this.pollInterval = builder.pollInterval;
        this.initialBackoff = builder.initialBackoff;
        this.maxBackoff = builder.maxBackoff;
        this.attempts = builder.attempts;
        this.rowsPerSecond = builder.rowsPerSecond;
        this.bytesPerSecond = builder.bytesPerSecond;
        this.slowdownFactor = builder.slowdownFactor;
        this.slowdownFloor = builder.slowdownFloor;
        this.maxDelay = builder.maxDelay;
        this.giveWay = builder.giveWay;
        this.filterName = builder.filterName;
        this.filter = builder.filter;
        this.writesCaptured = builder.writesCaptured;
    }

    /**
     * 32 splits, 2 threads, pages of up to 5000, 20 s for the follower, leases of 60 s, no rate limit, backoff from 500 ms to 1 min, and a pause
     * of up to 5 s before a page when pages take three times as long as they did. Gives way to live writes; ends after 10 failures of the authority in a row; looks
     * each second whether it may go on.
     */
    public static <V> BackfillSettings<V> defaults() {
        return BackfillSettings.<V>builder().build();
    }

    /** Starts from the defaults. */
    public static <V> Builder<V> builder() {
        return new Builder<>();
    }

    /** The job's name. */
    public String job() {
        return job;
    }

    /** How long the follower may take for a page. */
    public Duration batchTimeout() {
        return batchTimeout;
    }

    /** Whether a filter may leave records out. */
    public boolean filtered() {
        return filterName != null;
    }

    /** Collects settings. Not safe for use by many threads. */
    public static final class Builder<V> {
        private String job = JOB;
        private int splits = 32;
        private int threads = 2;
        private int pageSize = 5_000;
        private Duration batchTimeout = Duration.ofSeconds(20);
        private Duration lease = Duration.ofSeconds(60);
        private Duration pollInterval = Duration.ofSeconds(1);
        private Duration initialBackoff = Duration.ofMillis(500);
        private Duration maxBackoff = Duration.ofMinutes(1);
        private int attempts = 10;
        private double rowsPerSecond = Double.POSITIVE_INFINITY;
        private double bytesPerSecond = Double.POSITIVE_INFINITY;
        private double slowdownFactor = 3;
        private Duration slowdownFloor = Duration.ofMillis(20);
        private Duration maxDelay = Duration.ofSeconds(5);
        private boolean giveWay = true;
        private @Nullable String filterName;
        private Predicate<? super V> filter = record -> true;
        private @Nullable BooleanSupplier writesCaptured;

        private Builder() {}

        /** Names the job; processes that give the same name work together. Default: {@value BackfillSettings#JOB}. */
        public Builder<V> job(String job) {
            this.job = Objects.requireNonNull(job, "job");
            return this;
        }

        /** Into about how many splits a new job cuts the authority; the most that can work at once, over all processes. Default: 32. */
        public Builder<V> splits(int splits) {
            this.splits = splits;
            return this;
        }

        /** How many splits this process works on at once. Default: 2. */
        public Builder<V> threads(int threads) {
            this.threads = threads;
            return this;
        }

        /**
         * How many records are read, stored and noted at once at the most, and repeated after a kill; fewer if they are large, so that
         * a page has about 4 MiB. Default: 5000.
         */
        public Builder<V> pageSize(int pageSize) {
            this.pageSize = pageSize;
            return this;
        }

        /** How long the follower may take for a page. Default: 20 s. */
        public Builder<V> batchTimeout(Duration batchTimeout) {
            this.batchTimeout = Objects.requireNonNull(batchTimeout, "batchTimeout");
            return this;
        }

        /** After which time others take the split of a process that has died. Prolonged while it lives. Default: 60 s. */
        public Builder<V> lease(Duration lease) {
            this.lease = Objects.requireNonNull(lease, "lease");
            return this;
        }

        /** How long to wait when paused, when the breaker is open, or when others hold what is left. Default: 1 s. */
        public Builder<V> pollInterval(Duration pollInterval) {
            this.pollInterval = Objects.requireNonNull(pollInterval, "pollInterval");
            return this;
        }

        /** The first delay after a transient failure of either store. Doubles with each further one, with jitter. Default: 500 ms. */
        public Builder<V> initialBackoff(Duration initialBackoff) {
            this.initialBackoff = Objects.requireNonNull(initialBackoff, "initialBackoff");
            return this;
        }

        /** The longest delay after a transient failure. Default: 1 min. */
        public Builder<V> maxBackoff(Duration maxBackoff) {
            this.maxBackoff = Objects.requireNonNull(maxBackoff, "maxBackoff");
            return this;
        }

        /** How often in a row the authority may fail before the run ends with its error. The follower may fail until the deadline. Default: 10. */
        public Builder<V> attempts(int attempts) {
            this.attempts = attempts;
            return this;
        }

        /** How many records this process reads in a second. Default: unlimited. */
        public Builder<V> rowsPerSecond(double rowsPerSecond) {
            this.rowsPerSecond = rowsPerSecond;
            return this;
        }

        /** How many bytes this process reads in a second. Default: unlimited. */
        public Builder<V> bytesPerSecond(double bytesPerSecond) {
            this.bytesPerSecond = bytesPerSecond;
            return this;
        }

        /** Pauses grow while pages of the authority take so many times as long as they did at their best. Default: 3. */
        public Builder<V> slowdownFactor(double slowdownFactor) {
            this.slowdownFactor = slowdownFactor;
            return this;
        }

        /** Pages that are quicker than this never count as slow. Default: 20 ms. */
        public Builder<V> slowdownFloor(Duration slowdownFloor) {
            this.slowdownFloor = Objects.requireNonNull(slowdownFloor, "slowdownFloor");
            return this;
        }

        /** The longest pause before a page, when the authority is slow or the follower throttles. Zero for none. Default: 5 s. */
        public Builder<V> maxDelay(Duration maxDelay) {
            this.maxDelay = Objects.requireNonNull(maxDelay, "maxDelay");
            return this;
        }

        /**
         * Whether to give way to the live writes of this repository in this process: while there are any, it begins with 2000 rows a
         * second, and becomes faster as long as beside a page three writes in a thousand at the most take more than a fifth longer than 99 of 100 do without
         * one, slower otherwise.
         * Writes of other processes and of other repositories are not seen. Set it to {@code false} where the copy matters more than live
         * traffic. Default: {@code true}.
         */
        public Builder<V> giveWay(boolean giveWay) {
            this.giveWay = giveWay;
            return this;
        }

        /**
         * Copies only the records for which the predicate is true. A filtered job never makes reads believe that the backfill is complete.
         * Default: all records.
         *
         * @param name tells jobs with different filters apart; change it with the predicate
         */
        public Builder<V> filter(String name, Predicate<? super V> filter) {
            this.filterName = Objects.requireNonNull(name, "name");
            this.filter = Objects.requireNonNull(filter, "filter");
            return this;
        }

        /**
         * Says whether every writer of the authority goes through this library or is captured; asked when a run begins. If not, what they
         * change during the backfill may stay old on the follower, and there is a warning. Default: not known, which is a warning too.
         */
        public Builder<V> writesCaptured(BooleanSupplier writesCaptured) {
            this.writesCaptured = Objects.requireNonNull(writesCaptured, "writesCaptured");
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if a setting is out of range or two contradict each other
         */
        public BackfillSettings<V> build() {
            if (job.isBlank() || job.length() > 100) {
                throw new IllegalArgumentException("job must have 1 to 100 characters and not be blank");
            }
            between("splits", splits, 1, 10_000);
            between("threads", threads, 1, 256);
            between("pageSize", pageSize, 1, 10_000);
            between("attempts", attempts, 1, 1_000_000);
            Durations.positive("batchTimeout", batchTimeout);
            Durations.positive("lease", lease);
            Durations.positive("pollInterval", pollInterval);
            if (!(rowsPerSecond > 0)) {
                throw new IllegalArgumentException("rowsPerSecond must be more than 0, not " + rowsPerSecond);
            }
            if (!(bytesPerSecond > 0)) {
                throw new IllegalArgumentException("bytesPerSecond must be more than 0, not " + bytesPerSecond);
            }
            if (!(slowdownFactor > 1)) {
                throw new IllegalArgumentException("slowdownFactor must be more than 1, not " + slowdownFactor);
            }
            Durations.bounded("slowdownFloor", slowdownFloor);
            Durations.bounded("maxDelay", maxDelay);
            if (slowdownFloor.isNegative() || maxDelay.isNegative()) {
                throw new IllegalArgumentException(
                        "slowdownFloor (" + slowdownFloor + ") and maxDelay (" + maxDelay + ") must not be negative");
            }
            Durations.bounded("initialBackoff", initialBackoff);
            if (initialBackoff.toMillis() < 10) {
                throw new IllegalArgumentException("initialBackoff must be at least 10 ms, not " + initialBackoff);
            }
            Durations.bounded("maxBackoff", maxBackoff);
            if (maxBackoff.compareTo(initialBackoff) < 0) {
                throw new IllegalArgumentException("maxBackoff (" + maxBackoff
                        + ") must not be shorter than initialBackoff (" + initialBackoff + ")");
            }
            return new BackfillSettings<>(this);
        }

        private static void between(String name, int value, int least, int most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(name + " must be from " + least + " to " + most + ", not " + value);
            }
        }
    }
}
