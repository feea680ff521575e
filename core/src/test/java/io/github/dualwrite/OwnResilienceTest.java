package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.EventProcessor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Breakers and bulkheads that the application brings are the ones that are used. */
class OwnResilienceTest {

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private static Bulkhead full(String name) {
        Bulkhead bulkhead = Bulkhead.of(
                name,
                BulkheadConfig.custom()
                        .maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ZERO)
                        .build());
        assertThat(bulkhead.tryAcquirePermission()).isTrue();
        return bulkhead;
    }

    private FallbackReason onlyFallback() {
        return rig.events.of(DualWriteEvent.ReadFallback.class).get(0).reason();
    }

    @Test
    void theApplicationsBreakerGatesWritesAndTheReconciler() throws InterruptedException {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("mine");
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().circuitBreaker(breaker));
        breaker.transitionToForcedOpenState();

        assertThat(repository.save(Sample.of("a", 1)).pendingReason()).contains(PendingReason.BREAKER_OPEN);
        assertThat(repository.reconciler().drain(Duration.ofMillis(300)).remaining())
                .isEqualTo(1);
        assertThat(rig.follower.applyCalls).hasValue(0);

        breaker.transitionToClosedState();
        assertThat(repository.reconciler().drain(Duration.ofSeconds(10)).drained())
                .isTrue();
        assertThat(breaker.getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(1);
    }

    @Test
    void aRepositoryThatWasClosedHearsNoMoreOfTheApplicationsBreaker() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("mine");
        DualWriteRepository<String, Sample> closed =
                rig.builder().circuitBreaker(breaker).build();
        breaker.transitionToForcedOpenState();
        closed.save(Sample.of("a", 1));
        assertThat(rig.events.of(DualWriteEvent.BreakerChanged.class)).hasSize(1);

        closed.close();
        DualWriteRepository<String, Sample> other = rig.open(rig.builder().circuitBreaker(breaker));
        breaker.transitionToClosedState();
        other.save(Sample.of("a", 2));

        assertThat(rig.events.of(DualWriteEvent.BreakerChanged.class)).hasSize(2);
    }

    @Test
    void theApplicationsBulkheadLimitsWrites() {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().bulkhead(full("mine")));

        assertThat(repository.save(Sample.of("a", 1)).pendingReason()).contains(PendingReason.BULKHEAD_FULL);
    }

    /** It asks for more than every failure has, as an application's may. */
    @Test // TRAPS 26
    void aBreakerThatCannotJudgeFailuresDoesNotKeepTheQueueFromBeingDrained() throws InterruptedException {
        CircuitBreaker breaker = CircuitBreaker.of(
                "mine",
                CircuitBreakerConfig.custom()
                        .permittedNumberOfCallsInHalfOpenState(2)
                        .minimumNumberOfCalls(2)
                        .waitDurationInOpenState(Duration.ofMillis(1))
                        .ignoreException(
                                e -> Objects.requireNonNull(e.getMessage()).contains("x"))
                        .build());
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().circuitBreaker(breaker));
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();
        rig.follower.now(ScriptedFollower.fails(new IOException()));
        for (String key : List.of("a", "b", "c")) {
            assertThat(repository.save(Sample.of(key, 1)).secondaryApplied()).isFalse();
        }

        rig.follower.now(ScriptedFollower.WORKS);

        assertThat(repository.reconciler().drain(Duration.ofSeconds(10)).drained())
                .isTrue();
    }

    @Test
    void aConsumerOfTheApplicationsBulkheadThatThrowsChangesNoResult() {
        Bulkhead bulkhead = Bulkhead.ofDefaults("mine");
        bulkhead.getEventPublisher().onCallFinished(event -> {
            throw new IllegalStateException("a consumer of the application's");
        });
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().bulkhead(bulkhead));

        assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isTrue();
    }

    @Test
    void theApplicationsReadBreakerAndReadBulkheadLimitReads() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("reads");
        breaker.transitionToForcedOpenState();
        DualWriteRepository<String, Sample> gated =
                rig.open(rig.builder().readRoute(ReadRoute.secondary()).readCircuitBreaker(breaker));
        gated.save(Sample.of("a", 1));

        assertThat(gated.read("a")).contains(Sample.of("a", 1));
        assertThat(onlyFallback()).isEqualTo(FallbackReason.BREAKER_OPEN);

        eventually(() -> assertThat(rig.pending()).isZero()); // or the next one would know the key as pending
        rig.events.forget();
        DualWriteRepository<String, Sample> limited =
                rig.open(rig.builder().readRoute(ReadRoute.secondary()).readBulkhead(full("reads")));
        assertThat(limited.read("a")).contains(Sample.of("a", 1));
        assertThat(onlyFallback()).isEqualTo(FallbackReason.BULKHEAD_FULL);
    }

    @Test
    void aChangeThatNoCallMakesOrMeetsIsToldAllTheSame() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("mine");
        rig.open(rig.builder().circuitBreaker(breaker).readCircuitBreaker(breaker));

        breaker.transitionToForcedOpenState();

        eventually(() ->
                assertThat(rig.events.of(DualWriteEvent.BreakerChanged.class)).isNotEmpty());
        assertThat(rig.events.of(DualWriteEvent.BreakerChanged.class))
                .containsExactly(new DualWriteEvent.BreakerChanged(Rig.NAME, "mine", "CLOSED", "FORCED_OPEN"));
    }

    /** As soon as a breaker has a consumer it makes an event of each call: half of what a call costs. */
    @Test
    void noBreakerMakesEventsForUs() {
        DualWriteRepository<String, Sample> repository = rig.open();
        repository.save(Sample.of("a", 1));

        assertThat(repository.watch().circuitBreakers().values())
                .isNotEmpty()
                .allSatisfy(breaker -> assertThat(breaker.getEventPublisher())
                        .isInstanceOfSatisfying(
                                EventProcessor.class,
                                processor ->
                                        assertThat(processor.hasConsumers()).isFalse()));
    }
}
