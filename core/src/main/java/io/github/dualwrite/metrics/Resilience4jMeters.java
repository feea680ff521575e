package io.github.dualwrite.metrics;

import io.github.dualwrite.RepositoryWatch;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetricsPublisher;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetricsPublisher;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Publishes breakers and bulkheads with Resilience4j's own meters ({@code resilience4j.circuitbreaker.*}, {@code
 * resilience4j.bulkhead.*}), where resilience4j-micrometer is on the class path. The only class that needs it.
 */
final class Resilience4jMeters {

    private final RepositoryWatch watch;
    private final TaggedCircuitBreakerMetricsPublisher breakers;
    private final TaggedBulkheadMetricsPublisher bulkheads;

    Resilience4jMeters(RepositoryWatch watch, MeterRegistry registry) {
        this.watch = watch;
        this.breakers = new TaggedCircuitBreakerMetricsPublisher(registry);
        this.bulkheads = new TaggedBulkheadMetricsPublisher(registry);
        watch.circuitBreakers().values().forEach(breakers::publishMetrics);
        watch.bulkheads().values().forEach(bulkheads::publishMetrics);
    }

    static boolean present() {
        try {
            Class<?> unused = Class.forName(
                    "io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetricsPublisher",
                    false,
                    DualWriteMetrics.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    void removeAll() {
        watch.circuitBreakers().values().forEach(breakers::removeMetrics);
        watch.bulkheads().values().forEach(bulkheads::removeMetrics);
    }
}
