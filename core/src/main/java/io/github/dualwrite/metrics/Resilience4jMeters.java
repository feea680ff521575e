package io.github.dualwrite.metrics;

import io.github.dualwrite.RepositoryWatch;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Shows breakers and bulkheads under the names that Resilience4j's own publisher gives them, as far as they can be read when a scrape
 * asks. The publisher itself would register consumers with each breaker for the rest, which make every call more expensive and
 * cannot be taken away again.
 */
final class Resilience4jMeters {

    private static final String BREAKER = "resilience4j.circuitbreaker.";
    private static final String BULKHEAD = "resilience4j.bulkhead.";

    private final Registration meters;

    private Resilience4jMeters(Registration meters) {
        this.meters = meters;
    }

    static void register(Registration meters, RepositoryWatch watch) {
        Resilience4jMeters all = new Resilience4jMeters(meters);
        watch.circuitBreakers().values().forEach(all::breaker);
        watch.bulkheads().values().forEach(all::bulkhead);
    }

    private void breaker(CircuitBreaker breaker) {
        for (CircuitBreaker.State state : CircuitBreaker.State.values()) {
            meters.foreignGauge(
                    BREAKER + "state",
                    "The states of the circuit breaker",
                    () -> breaker.getState() == state ? 1 : 0,
                    tags(breaker.getName(), breaker.getTags(), "state", DualWriteTag.name(state)));
        }
        of(breaker, "failure.rate", "The failure rate of the circuit breaker", CircuitBreaker.Metrics::getFailureRate);
        of(
                breaker,
                "slow.call.rate",
                "The share of slow calls of the circuit breaker",
                CircuitBreaker.Metrics::getSlowCallRate);
        String buffered = "Calls in the circuit breaker's window";
        of(breaker, "buffered.calls", buffered, CircuitBreaker.Metrics::getNumberOfFailedCalls, "kind", "failed");
        of(
                breaker,
                "buffered.calls",
                buffered,
                CircuitBreaker.Metrics::getNumberOfSuccessfulCalls,
                "kind",
                "successful");
        String slow = "Calls in the circuit breaker's window that were slower than its limit";
        of(breaker, "slow.calls", slow, CircuitBreaker.Metrics::getNumberOfSlowFailedCalls, "kind", "failed");
        of(breaker, "slow.calls", slow, CircuitBreaker.Metrics::getNumberOfSlowSuccessfulCalls, "kind", "successful");
    }

    private void of(
            CircuitBreaker breaker,
            String name,
            String description,
            ToDoubleFunction<CircuitBreaker.Metrics> number,
            String... more) {
        meters.foreignGauge(
                BREAKER + name,
                description,
                () -> number.applyAsDouble(breaker.getMetrics()),
                tags(breaker.getName(), breaker.getTags(), more));
    }

    private void bulkhead(Bulkhead bulkhead) {
        List<Tag> tags = tags(bulkhead.getName(), bulkhead.getTags());
        meters.foreignGauge(
                BULKHEAD + "available.concurrent.calls",
                "The number of available permissions",
                () -> bulkhead.getMetrics().getAvailableConcurrentCalls(),
                tags);
        meters.foreignGauge(
                BULKHEAD + "max.allowed.concurrent.calls",
                "The maximum number of available permissions",
                () -> bulkhead.getMetrics().getMaxAllowedConcurrentCalls(),
                tags);
    }

    private static List<Tag> tags(String name, Map<String, String> own, String... more) {
        List<Tag> tags = new ArrayList<>();
        tags.add(Tag.of("name", name));
        for (int i = 0; i < more.length; i += 2) {
            tags.add(Tag.of(more[i], more[i + 1]));
        }
        own.forEach((key, value) -> tags.add(Tag.of(key, value)));
        return tags;
    }
}
