package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.health.HealthReport;
import io.github.dualwrite.health.QueueSample;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.QueueSamples;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What can be seen of a repository while it works, for metrics, health and alarms. Nothing here waits for a store or throws. Safe for
 * use by many threads.
 */
public final class RepositoryWatch {

    private final HealthCheck health;
    private final QueueSamples queue;
    private final Map<String, CircuitBreaker> circuitBreakers;
    private final Map<String, Bulkhead> bulkheads;
    private final BooleanSupplier backfillComplete;
    private final Events events;

    RepositoryWatch(
            HealthCheck health,
            QueueSamples queue,
            Map<String, CircuitBreaker> circuitBreakers,
            Map<String, Bulkhead> bulkheads,
            BooleanSupplier backfillComplete,
            Events events) {
        this.health = health;
        this.queue = queue;
        this.circuitBreakers = Map.copyOf(circuitBreakers);
        this.bulkheads = Map.copyOf(bulkheads);
        this.backfillComplete = backfillComplete;
        this.events = events;
    }

    /** Whether the repository is safe, from what is known now: the last sample of the queue, breakers, route, reconciler. */
    public HealthReport health() {
        return health.report();
    }

    /**
     * The last sample of the queue, which is taken off every caller's path at the {@linkplain
     * io.github.dualwrite.health.HealthSettings#sampleInterval sample interval}. Empty until there is one; the first call begins.
     */
    public Optional<QueueSample> queue() {
        return queue.last();
    }

    /** How old that sample is; empty if there is none. */
    public Optional<Duration> queueSampleAge() {
        return queue.age();
    }

    /** The circuit breakers of live calls by what they are for: write, read, query, shadow, shadow-query. */
    public Map<String, CircuitBreaker> circuitBreakers() {
        return circuitBreakers;
    }

    /**
     * The bulkheads of live calls by what they are for: write, read, query, shadow, shadow-query. Consumers of their events must not throw:
     * one that throws when a call is permitted costs a permit each time.
     */
    public Map<String, Bulkhead> bulkheads() {
        return bulkheads;
    }

    /**
     * Whether reads take the backfill for complete. What the primary's jobs say of it is looked up off the caller's path: the first call, and one after
     * some quiet minutes, gives false and has it looked up within two seconds.
     */
    public boolean backfillComplete() {
        return backfillComplete.getAsBoolean();
    }

    /** How often the secondary was down, or not as it must be, when this repository was built and checked it: 0 or 1. */
    public long followerChecksFailed() {
        return events.readCounters().followerChecksFailed.sum();
    }

    /** Adds a listener, which gets what happens from now on. One that is given to the builder gets everything. */
    public void addListener(DualWriteListener listener) {
        events.add(Objects.requireNonNull(listener, "listener"));
    }

    /** Removes a listener. What is happening at this moment may still reach it. */
    public void removeListener(DualWriteListener listener) {
        events.remove(Objects.requireNonNull(listener, "listener"));
    }
}
