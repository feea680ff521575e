package io.github.dualwrite.fake;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** Opens repositories, uses them with a follower that works, fails or hangs, and closes them, again and again. For one thread. */
public final class Leaks implements IntFunction<Map<String, Long>> {

    /** Before these cycles the JVM itself still grows. */
    private static final int MOST_BEFORE = 600;

    /** What the follower does in a cycle. */
    public enum Ending {
        WORKS,
        FAILS,
        THROWS,
        REJECTS,
        HANGS,
        LOSES_ANSWERS;

        private ScriptedFollower.Script script() {
            return switch (this) {
                case WORKS -> ScriptedFollower.WORKS;
                case FAILS -> ScriptedFollower.fails(new IllegalStateException("made to fail"));
                case THROWS -> ScriptedFollower.throwing(AssertionError::new);
                case REJECTS -> ScriptedFollower.answers(ApplyResult.permanentFailure("made to reject", null));
                case HANGS -> ScriptedFollower.HANGS;
                case LOSES_ANSWERS -> ScriptedFollower.LOSES_ANSWERS;
            };
        }
    }

    private final String name = "leaks-" + System.nanoTime();
    private static final int PERMITS = 1_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Bulkhead bulkhead = Bulkhead.of(
            name, BulkheadConfig.custom().maxConcurrentCalls(PERMITS).build());
    private final CircuitBreaker breaker = CircuitBreaker.of(
            name,
            CircuitBreakerConfig.custom()
                    .failureRateThreshold(100)
                    .slidingWindowSize(1000)
                    .minimumNumberOfCalls(1000)
                    .build()); // never opens, or the follower would not be called any more
    private final Map<Ending, Integer> outcomes = new EnumMap<>(Ending.class);

    /** What is left after so many cycles: threads, permits, and bytes for each cycle. */
    @Override
    public Map<String, Long> apply(int cycles) {
        cycles(Math.min(cycles, MOST_BEFORE));
        long before = bytesInUse();
        cycles(cycles);
        long grown = bytesInUse() - before;
        long patience = System.nanoTime() + PATIENCE.toNanos();
        while ((threads() > 0 || permitsOut() > 0) && System.nanoTime() < patience) {
            Thread.onSpinWait(); // a thread that was told to end needs a moment
        }
        return Map.of("threads", threads(), "permits", permitsOut(), "bytes", Math.max(0, grown / cycles));
    }

    /** How often the follower ended in which way. */
    public Map<Ending, Integer> outcomes() {
        return outcomes;
    }

    private long permitsOut() {
        return (long) PERMITS - bulkhead.getMetrics().getAvailableConcurrentCalls();
    }

    private long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(thread -> thread.startsWith("dualwrite-") && thread.contains(name))
                .count();
    }

    /** What the heap holds after everything was collected that can be. */
    private static long bytesInUse() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    private void cycles(int cycles) {
        for (int i = 0; i < cycles; i++) {
            Ending ending = Ending.values()[i % Ending.values().length];
            cycle(ending, i / Ending.values().length % 2 == 0 ? SecondaryMode.SYNCHRONOUS : SecondaryMode.ASYNCHRONOUS);
            outcomes.merge(ending, 1, Integer::sum);
        }
    }

    private void cycle(Ending ending, SecondaryMode mode) {
        InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
        ScriptedFollower follower = new ScriptedFollower(InMemoryStore.keyedBy(Sample::id));
        follower.now(ending.script());
        follower.readsHang(ending == Ending.HANGS);
        DualWriteRepositoryBuilder<String, Sample> builder = DualWriteRepository.builder(name, primary, follower)
                .secondaryMode(mode)
                .secondaryTimeout(Duration.ofMillis(1))
                .secondaryReadTimeout(Duration.ofMillis(1))
                .handOverDelay(Duration.ZERO)
                .readRoute(ReadRoute.secondary())
                .circuitBreaker(breaker)
                .bulkhead(bulkhead)
                .readBulkhead(bulkhead);
        try (DualWriteRepository<String, Sample> repository = builder.build()) {
            use(repository);
        }
    }

    private static void use(DualWriteRepository<String, Sample> repository) {
        WriteResult<String, Sample> written = repository.save(Sample.of("a", 1));
        Optional<Sample> read = repository.read(written.key());
        Optional<Sample> unused = repository.read(read.isPresent() ? "b" : "c"); // not pending: the follower is asked
    }
}
