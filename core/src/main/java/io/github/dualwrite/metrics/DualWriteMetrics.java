package io.github.dualwrite.metrics;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.RepositoryWatch;
import io.github.dualwrite.event.DualWriteListener;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Shows a repository in a Micrometer registry: {@code new DualWriteMetrics(repository).bindTo(registry)}. Names, tags and meaning are
 * those of {@link DualWriteMeter}.
 *
 * <p>From the binding on, calls of the stores are timed and events of writes are made and counted; before, and without it, neither
 * costs anything. A scrape waits for no store: the queue is read off its path, at the {@linkplain
 * io.github.dualwrite.health.HealthSettings#sampleInterval sample interval}. What backfills and verifications have reported before is not known:
 * bind before they run.
 *
 * <p>Breakers and bulkheads are shown under the names of Resilience4j's own meters, too, as far as they can be read at a scrape: their state,
 * rates, windows and permits. Nothing is registered with the breakers, so that no call of a store becomes more expensive.
 *
 * <p>May be bound to several registries, to each once. Closing the repository leaves the meters with their last values; {@link #close()} removes
 * them, and must come before another repository of this name is bound to the registry. Safe for use by many threads.
 */
public final class DualWriteMetrics implements MeterBinder, AutoCloseable {

    /** Whether meters are there already is seen, and meters are registered, by one at a time. */
    private static final ReentrantLock BINDING = new ReentrantLock();

    private final DualWriteRepository<?, ?> repository;
    private final UnaryOperator<Timer.Builder> options;
    private final Iterable<Tag> tags;
    private final boolean resilience4j;
    private final Queue<Runnable> onClose = new ConcurrentLinkedQueue<>();

    /** Metrics with the defaults of {@link #builder}. */
    public DualWriteMetrics(DualWriteRepository<?, ?> repository) {
        this(builder(repository));
    }

    private DualWriteMetrics(Builder builder) {
        this.repository = builder.repository;
        this.tags = builder.tags;
        this.resilience4j = builder.resilience4j;
        boolean histogram = builder.percentileHistogram;
        double @Nullable [] percentiles = builder.percentiles;
        Duration @Nullable [] objectives = builder.objectives;
        this.options = timer -> timer.publishPercentileHistogram(histogram)
                .publishPercentiles(percentiles)
                .serviceLevelObjectives(objectives);
    }

    /** Starts from count, sum and maximum for each timer, no more tags, and meters under Resilience4j's names. */
    public static Builder builder(DualWriteRepository<?, ?> repository) {
        return new Builder(repository);
    }

    /**
     * Registers all meters. Neither waits for a store nor fails because one is down.
     *
     * @throws IllegalStateException if the registry shows this repository already, or another one of the same name and with the same
     *     {@linkplain Builder#tags tags}, whose counts would be mixed with these; nothing is registered then, and what is there stays
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        RepositoryWatch watch = repository.watch();
        BINDING.lock();
        try {
            Registration meters = new Registration(registry, repository.name(), tags);
            List<DualWriteListener> listeners =
                    registered(meters, watch, registry.config().clock());
            listeners.forEach(watch::addListener);
            onClose.add(() -> {
                listeners.forEach(watch::removeListener);
                meters.removeAll();
            });
        } finally {
            BINDING.unlock();
        }
        watch.queue(); // begins
    }

    /** All or nothing. */
    private List<DualWriteListener> registered(Registration meters, RepositoryWatch watch, Clock clock) {
        try {
            List<DualWriteListener> listeners = List.of(
                    new CallTimers(meters, options, clock), new EventCounters(meters, clock), new JobGauges(meters));
            StateGauges unused = new StateGauges(meters, repository, clock);
            if (resilience4j) {
                Resilience4jMeters.register(meters, watch);
            }
            meters.complete();
            return listeners;
        } catch (RuntimeException | Error e) { // also what a filter of the registry throws
            meters.removeAll();
            throw e;
        }
    }
    /** Stops timing and counting, and removes the meters from every registry. A later {@link #bindTo} begins anew. */
    @Override
    public void close() {
        for (Runnable action = onClose.poll(); action != null; action = onClose.poll()) {
            action.run();
        }
    }

    /** Collects settings. Not safe for use by many threads. */
    public static final class Builder {
        private final DualWriteRepository<?, ?> repository;
        private boolean percentileHistogram;
        private double @Nullable [] percentiles;
        private Duration @Nullable [] objectives;
        private Iterable<Tag> tags = List.of();
        private boolean resilience4j = true;

        private Builder(DualWriteRepository<?, ?> repository) {
            this.repository = Objects.requireNonNull(repository, "repository");
        }

        /**
         * Whether timers publish the buckets of a histogram, from which a backend computes percentiles over all instances. About 70
         * time series for each timer in Prometheus. Default: no.
         */
        public Builder percentileHistogram(boolean percentileHistogram) {
            this.percentileHistogram = percentileHistogram;
            return this;
        }

        /** Percentiles that each instance computes by itself, from 0 to 1; they cannot be added up over instances. Default: none. */
        public Builder percentiles(double... percentiles) {
            for (double percentile : percentiles) {
                if (!(percentile >= 0 && percentile <= 1)) {
                    throw new IllegalArgumentException(
                            "percentiles are from 0 to 1 (0.99 for the 99th), not " + percentile);
                }
            }
            this.percentiles = percentiles.clone();
            return this;
        }

        /** Limits that timers count calls by: a histogram of these buckets alone. Default: none. */
        public Builder serviceLevelObjectives(Duration... objectives) {
            for (Duration objective : objectives) {
                if (objective.isNegative() || objective.isZero()) {
                    throw new IllegalArgumentException("serviceLevelObjectives must be longer than " + objective);
                }
            }
            this.objectives = objectives.clone();
            return this;
        }

        /** More tags for every meter, for instance the region; their values must be few. Default: none. */
        public Builder tags(Iterable<Tag> tags) {
            this.tags = Objects.requireNonNull(tags, "tags");
            return this;
        }

        /**
         * Whether to show breakers and bulkheads under Resilience4j's names, too: about 70 time series. Where an application publishes
         * its own breaker under these names already, its meters stay. Default: yes.
         */
        public Builder resilience4j(boolean resilience4j) {
            this.resilience4j = resilience4j;
            return this;
        }

        /** Makes the metrics; nothing is registered before {@link DualWriteMetrics#bindTo}. */
        public DualWriteMetrics build() {
            return new DualWriteMetrics(this);
        }
    }
}
