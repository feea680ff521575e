package io.github.dualwrite;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What {@link DualWriteRepositoryBuilder} collects about circuit breakers and bulkheads, and the defaults. For one thread. */
final class ResilienceSettings {

    private static final int CALLS = 64;

    @Nullable
    CircuitBreaker circuitBreaker;

    @Nullable
    CircuitBreaker readCircuitBreaker;

    @Nullable
    Bulkhead bulkhead;

    @Nullable
    Bulkhead readBulkhead;

    @Nullable
    BulkheadConfig bulkheadConfig;

    CircuitBreakerConfig circuitBreakerConfig = CircuitBreakerConfig.custom()
            .failureRateThreshold(50)
            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
            .slidingWindowSize(50)
            .minimumNumberOfCalls(10)
            .waitDurationInOpenState(Duration.ofSeconds(5))
            .permittedNumberOfCallsInHalfOpenState(5)
            .writableStackTraceEnabled(false)
            .build();

    CircuitBreaker breakerOr(@Nullable CircuitBreaker own, String name) {
        return own != null ? own : CircuitBreaker.of(name, circuitBreakerConfig);
    }

    Bulkhead bulkheadOr(@Nullable Bulkhead own, String name, Duration wait) {
        return own != null ? own : Bulkhead.of(name, bulkheadConfig != null ? bulkheadConfig : config(CALLS, wait));
    }

    static BulkheadConfig config(int calls, Duration wait) {
        return BulkheadConfig.custom()
                .maxConcurrentCalls(calls)
                .maxWaitDuration(wait)
                .writableStackTraceEnabled(false)
                .build();
    }
}
