package io.github.dualwrite.internal;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Permits and tokens: each is given out once and comes back once. */
final class PermitRaces {

    private static final Set<String> TAKES = Set.of("tryAcquirePermission");
    private static final Set<String> GIVES_BACK = Set.of("releasePermission", "onSuccess", "onError", "onComplete");

    private PermitRaces() {}

    /** Counts permits; does nothing else. */
    private static <T> T counting(Class<T> type, AtomicInteger out) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
            if (TAKES.contains(method.getName())) {
                out.incrementAndGet();
                return true;
            }
            if (GIVES_BACK.contains(method.getName())) {
                out.decrementAndGet();
            }
            return method.getReturnType() == long.class ? 0L : null;
        }));
    }

    /** A call that is answered, reaches its deadline, and is ended with its repository, all at the same time. */
    static final class EndsOfACall implements Race {
        private final AtomicInteger breakerPermits = new AtomicInteger();
        private final AtomicInteger bulkheadPermits = new AtomicInteger();
        private final ManualScheduler timer = new ManualScheduler();
        private final CompletableFuture<String> raw = new CompletableFuture<>();
        private final CircuitBreaker breaker = counting(CircuitBreaker.class, breakerPermits);
        private final Guard.Calls calls = new Guard.Calls(new Events("races", List.of()));
        private final Guard guard = new Guard(
                breaker,
                new BreakerStates(breaker, (from, to) -> {}),
                counting(Bulkhead.class, bulkheadPermits),
                Duration.ofMillis(1),
                timer,
                null,
                new RealMachine(),
                calls);

        @Override
        public List<Runnable> threads() {
            CompletableFuture<String> unused = guard.call(() -> raw, result -> null);
            return List.of(() -> raw.complete("answer"), timer::runAll, calls::end);
        }

        @Override
        public void check() {
            if (breakerPermits.get() != 0 || bulkheadPermits.get() != 0) {
                Race.fail("permits out after the end: breaker " + breakerPermits + ", bulkhead " + bulkheadPermits);
            }
        }
    }

    /** A bucket of two gives two. */
    static final class Tokens implements Race {
        private final TokenBucket bucket = new TokenBucket(2, () -> 0);
        private final AtomicInteger taken = new AtomicInteger();

        private void take() {
            for (int i = 0; i < 3; i++) {
                if (bucket.take() >= 0) {
                    taken.incrementAndGet();
                }
            }
        }

        @Override
        public List<Runnable> threads() {
            return List.of(this::take, this::take);
        }

        @Override
        public void check() {
            if (taken.get() != 2) {
                Race.fail("a bucket of 2 gave " + taken);
            }
        }
    }
}
