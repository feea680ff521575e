package io.github.dualwrite.internal;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.spi.Operation;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every permit comes back exactly once, however the call ends. */
@Tag("DW-4")
class GuardTest {

    private static final int PERMITS = 2;

    private static final ScheduledExecutorService TIMER = Executors.newScheduledThreadPool(1, task -> {
        Thread thread = new Thread(task, "guard-test-timer");
        thread.setDaemon(true);
        return thread;
    });

    private final CircuitBreaker breaker = CircuitBreaker.of(
            "guard",
            CircuitBreakerConfig.custom()
                    .permittedNumberOfCallsInHalfOpenState(1)
                    .minimumNumberOfCalls(1_000)
                    .slidingWindowSize(1_000)
                    .build());
    private final Bulkhead bulkhead = Bulkhead.of(
            "guard",
            BulkheadConfig.custom()
                    .maxConcurrentCalls(PERMITS)
                    .maxWaitDuration(Duration.ZERO)
                    .build());
    private final Guard.Calls calls = new Guard.Calls(new Events("guard", List.of()));
    private final Guard guard =
            new Guard(breaker, states(breaker), bulkhead, Duration.ofMillis(30), TIMER, null, new RealMachine(), calls);

    private static BreakerStates states(CircuitBreaker breaker) {
        return new BreakerStates(breaker, (from, to) -> {});
    }

    /** A way in which a call can end. */
    private record End(String name, boolean failure, Supplier<CompletableFuture<String>> call) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<End> ends() {
        Executor soon = CompletableFuture.delayedExecutor(2, TimeUnit.MILLISECONDS);
        return Stream.of(
                new End("success", false, () -> CompletableFuture.completedFuture("fine")),
                new End("late success", false, () -> CompletableFuture.supplyAsync(() -> "fine", soon)),
                new End("failure", true, () -> CompletableFuture.failedFuture(new IOException("down"))),
                new End(
                        "late failure",
                        true,
                        () -> CompletableFuture.supplyAsync(
                                () -> {
                                    throw new IllegalStateException("down");
                                },
                                soon)),
                new End("failed result", true, () -> CompletableFuture.completedFuture("failed")),
                new End("malformed result", true, () -> CompletableFuture.completedFuture("malformed")),
                new End("hanging", true, CompletableFuture::new),
                new End("exception in the call", true, () -> {
                    throw new IllegalStateException("in the call itself");
                }),
                new End("error in the call", true, () -> {
                    throw new NoClassDefFoundError("in the call itself");
                }),
                new End("cancelled", true, () -> {
                    CompletableFuture<String> call = new CompletableFuture<>();
                    call.cancel(true);
                    return call;
                }),
                new End("no future", true, Nothing::future));
    }

    private static final class Nothing {
        @SuppressWarnings("NullAway") // breaks the SPI on purpose
        static CompletableFuture<String> future() {
            return null;
        }
    }

    private CompletableFuture<String> call(Supplier<CompletableFuture<String>> call) {
        return guard.call(call, GuardTest::failureIn);
    }

    private static @Nullable Throwable failureIn(String result) {
        if (result.equals("malformed")) {
            throw new IllegalStateException("cannot be read");
        }
        return result.equals("failed") ? new IOException(result) : null;
    }

    private static void end(CompletableFuture<?> future) throws Exception {
        try {
            future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e).isNotNull(); // an end like any other
        }
    }

    @ParameterizedTest
    @MethodSource("ends") // TRAPS 26
    void theHalfOpenBreakerHearsOfEachEnd(End end) throws Exception {
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();

        end(call(end.call));

        eventually(() -> assertThat(breaker.getState())
                .isEqualTo(end.failure ? CircuitBreaker.State.OPEN : CircuitBreaker.State.CLOSED));
    }

    @ParameterizedTest
    @MethodSource("ends") // TRAPS 26
    void aConsumerOfTheBulkheadThatThrowsKeepsNoEndFromTheBreakerAndNoAnswerFromTheCaller(End end) throws Exception {
        bulkhead.getEventPublisher().onCallFinished(event -> {
            throw new AssertionError("a consumer of the application's");
        });
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();

        CompletableFuture<String> call = call(end.call);
        end(call);

        if (call.isCompletedExceptionally()) {
            assertThat(failure(call)).isNotInstanceOf(AssertionError.class);
        }
        eventually(() -> assertThat(breaker.getState())
                .isEqualTo(end.failure ? CircuitBreaker.State.OPEN : CircuitBreaker.State.CLOSED));
        eventually(() ->
                assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isEqualTo(PERMITS));
    }

    @Test
    void anErrorOfABulkheadsConsumerBeforeTheCallGivesTheBreakerItsPermitBack() {
        bulkhead.getEventPublisher().onCallPermitted(event -> {
            throw new NoClassDefFoundError("of a consumer of the application's");
        });
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();

        assertRefused(call(() -> CompletableFuture.completedFuture("never called")), PendingReason.BULKHEAD_FULL);

        assertThat(breaker.tryAcquirePermission()).isTrue();
    }

    /** Of an application: they ask for more than every failure has. */
    private enum ThrowingPredicate {
        RECORDED {
            @Override
            CircuitBreakerConfig.Builder in(CircuitBreakerConfig.Builder config) {
                return config.recordException(ThrowingPredicate::saysX);
            }
        },
        IGNORED {
            @Override
            CircuitBreakerConfig.Builder in(CircuitBreakerConfig.Builder config) {
                return config.ignoreException(ThrowingPredicate::saysX);
            }
        },
        ALWAYS {
            @Override
            CircuitBreakerConfig.Builder in(CircuitBreakerConfig.Builder config) {
                return config.recordException(e -> {
                    throw new LinkageError("whatever it is given");
                });
            }
        };

        abstract CircuitBreakerConfig.Builder in(CircuitBreakerConfig.Builder config);

        private static boolean saysX(Throwable e) {
            return Objects.requireNonNull(e.getMessage()).contains("x");
        }
    }

    @ParameterizedTest
    @EnumSource // TRAPS 26
    void aPredicateThatThrowsKeepsNoPermitAndDoesNotReplaceTheFailure(ThrowingPredicate predicate) throws Exception {
        CircuitBreaker own = CircuitBreaker.of(
                "own",
                predicate
                        .in(CircuitBreakerConfig.custom())
                        .permittedNumberOfCallsInHalfOpenState(2)
                        .minimumNumberOfCalls(2)
                        .waitDurationInOpenState(Duration.ofMillis(1))
                        .build());
        Guard judged =
                new Guard(own, states(own), bulkhead, Duration.ofSeconds(10), TIMER, null, new RealMachine(), calls);
        own.transitionToOpenState();
        own.transitionToHalfOpenState();
        CompletableFuture<String> later = new CompletableFuture<>();

        CompletableFuture<String> atOnce =
                judged.call(() -> CompletableFuture.failedFuture(new IOException()), r -> null);
        CompletableFuture<String> ended = judged.call(() -> later, r -> null);
        later.completeExceptionally(new IOException());

        assertThat(failure(atOnce)).isInstanceOf(IOException.class);
        assertThat(failure(ended)).isInstanceOf(IOException.class);
        eventually(() -> {
            end(judged.call(() -> CompletableFuture.completedFuture("fine"), r -> null));
            assertThat(own.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
        });
    }

    /** It may never have been sent. */
    @Test
    void aPermanentFailureOfOneKeyIsNeitherASuccessNorAFailure() throws Exception {
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();

        for (int i = 0; i < 5; i++) {
            end(call(() -> CompletableFuture.failedFuture(new PermanentStoreException(
                    new DualWriteException.Context("test", Operation.READ, "a store", List.of("")),
                    "no such key",
                    null))));
            assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
        }
        end(call(() -> CompletableFuture.completedFuture("fine")));

        eventually(() -> assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED));
    }

    @ParameterizedTest
    @MethodSource("ends") // TRAPS 26, 27
    void theBulkheadGetsItsPermitsBack(End end) throws Exception {
        for (int round = 0; round < PERMITS * 3; round++) {
            end(call(end.call));
            eventually(() -> assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls())
                    .isEqualTo(PERMITS));
        }
        assertThat(breaker.getMetrics().getNumberOfBufferedCalls()).isEqualTo(PERMITS * 3);
    }

    @ParameterizedTest
    @MethodSource("ends")
    void aPermitTakenBeforehandIsReportedToo(End end) throws Exception {
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();
        Guard.Permit permit = guard.tryPermit();
        assertThat(permit).isNotNull();
        assertThat(guard.tryPermit()).isNull();

        end(Objects.requireNonNull(permit).call(end.call, GuardTest::failureIn));

        eventually(() -> assertThat(breaker.getState()).isNotEqualTo(CircuitBreaker.State.HALF_OPEN));
    }

    @Test
    void aPermitGivenBackUnusedIsThereAgain() {
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();

        for (int round = 0; round < 3; round++) {
            Guard.Permit permit = guard.tryPermit();
            assertThat(permit).isNotNull();
            Objects.requireNonNull(permit).release();
        }
        assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
    }

    @Test // TRAPS 25
    void aFullBulkheadIsNoFailureOfTheFollower() {
        List<CompletableFuture<String>> hanging = List.of(new CompletableFuture<>(), new CompletableFuture<>());
        Guard patient = new Guard(
                breaker, states(breaker), bulkhead, Duration.ofMinutes(1), TIMER, null, new RealMachine(), calls);
        hanging.forEach(h -> assertThat(patient.call(() -> h, r -> null)).isNotDone());

        assertRefused(call(() -> CompletableFuture.completedFuture("never called")), PendingReason.BULKHEAD_FULL);
        assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isZero();
        assertThat(breaker.getMetrics().getNumberOfBufferedCalls()).isZero();

        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();
        for (int i = 0; i < 3; i++) { // the only permit of the half-open breaker comes back each time
            assertRefused(call(() -> CompletableFuture.completedFuture("never called")), PendingReason.BULKHEAD_FULL);
        }
        hanging.forEach(h -> h.complete("fine"));
    }

    @Test // TRAPS 28
    void anOpenBreakerRefusesWithoutAStackTrace() {
        breaker.transitionToOpenState();

        CompletableFuture<String> refused = call(() -> {
            throw new AssertionError("must not be called");
        });

        assertRefused(refused, PendingReason.BREAKER_OPEN);
    }

    @Test
    void askingWhetherItRefusesTakesNoPermit() {
        assertThat(guard.refuses()).isFalse();
        breaker.transitionToOpenState();
        assertThat(guard.refuses()).isTrue();

        CircuitBreaker brief = CircuitBreaker.of(
                "brief",
                CircuitBreakerConfig.custom()
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitDurationInOpenState(Duration.ofMillis(1))
                        .build());
        Guard afterAWhile =
                new Guard(brief, states(brief), bulkhead, Duration.ofMillis(30), TIMER, null, new RealMachine(), calls);
        brief.transitionToOpenState();
        eventually(() -> assertThat(afterAWhile.refuses()).isFalse());
        assertThat(afterAWhile.tryPermit()).isNotNull();
        assertThat(afterAWhile.tryPermit()).isNull();
        assertThat(afterAWhile.refuses())
                .as("all that may probe the follower do so")
                .isTrue();
    }

    @Test // TRAPS 27
    void aCallThatTakesTooLongIsCancelled() {
        CompletableFuture<String> hanging = new CompletableFuture<>();

        CompletableFuture<String> answer = call(() -> hanging);

        eventually(() -> assertThat(hanging).isCancelled());
        assertThat(answer).isCompletedExceptionally();
        assertThat(failure(answer)).isInstanceOf(TimeoutException.class);
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return Guard.unwrap(future.handle((r, e) -> e).join());
    }

    private static void assertRefused(CompletableFuture<?> call, PendingReason reason) {
        assertThat(call).isCompletedExceptionally();
        assertThat(Guard.refused(failure(call))).isTrue();
        assertThat(Guard.pendingReason(failure(call))).isEqualTo(reason);
        assertThat(Guard.fallbackReason(failure(call)).name()).isEqualTo(reason.name());
        assertThat(failure(call).getStackTrace()).isEmpty();
    }

    @Test
    void callsThatAreDroppedBeforeTheyStartGiveTheirPermitsBackAndAreNoFailures() {
        Guard dropping = new Guard(
                breaker, states(breaker), bulkhead, Duration.ofMinutes(1), TIMER, task -> {}, new RealMachine(), calls);
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();

        CompletableFuture<String> dropped =
                dropping.call(() -> CompletableFuture.completedFuture("fine"), result -> null);
        assertThat(breaker.tryAcquirePermission()).isFalse();
        calls.end();

        assertThat(dropped).isCompletedExceptionally();
        assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isEqualTo(PERMITS);
        assertThat(breaker.tryAcquirePermission()).isTrue();
        assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isZero();
    }

    @Test
    void aCallThatHangsWhenTheRepositoryClosesIsCancelledAndGivesItsPermitsBack() {
        CompletableFuture<String> hanging = new CompletableFuture<>();
        Guard patient = new Guard(
                breaker, states(breaker), bulkhead, Duration.ofMinutes(1), TIMER, null, new RealMachine(), calls);

        CompletableFuture<String> call = patient.call(() -> hanging, result -> null);
        calls.end();

        assertThat(hanging).isCancelled();
        assertThat(call)
                .isCompletedExceptionally()
                .satisfies(ended -> assertThat(
                                Guard.pendingReason(ended.handle((r, e) -> e).join()))
                        .isEqualTo(PendingReason.TIMEOUT));
        assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isEqualTo(PERMITS);
    }

    @Test
    void nothingIsCalledAfterTheRepositoryHasClosedAndNothingCountsAsAFailure() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        Guard later = new Guard(
                breaker, states(breaker), bulkhead, Duration.ofMinutes(1), TIMER, tasks::add, new RealMachine(), calls);
        AtomicInteger made = new AtomicInteger();
        Supplier<CompletableFuture<String>> failing = () -> {
            made.incrementAndGet();
            return CompletableFuture.failedFuture(new IOException("down"));
        };
        CompletableFuture<String> waiting = later.call(failing, result -> null);
        calls.end();
        tasks.forEach(Runnable::run);

        for (CompletableFuture<String> call : List.of(waiting, call(failing), later.call(failing, result -> null))) {
            assertThat(call).isCompletedExceptionally().isNotCancelled();
            assertThat(Guard.pendingReason(failure(call))).isEqualTo(PendingReason.TIMEOUT);
            assertThatThrownBy(call::get)
                    .as("what those who wait for a call are ready for")
                    .isInstanceOf(ExecutionException.class);
        }
        assertThat(made).hasValue(0);
        assertThat(breaker.getMetrics().getNumberOfBufferedCalls()).isZero();
        assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isEqualTo(PERMITS);
    }
}
