package io.github.dualwrite.fake;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.ReadYourWrites;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.verify.VerificationSettings;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * Opens repositories, uses them with a follower that works, fails or hangs, by several routes, some with a view of the
 * fleet, a backfill and a verification, and closes them, again and again. For one thread.
 */
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
    private static final ReadRoute[] ROUTES = {
        ReadRoute.secondary(),
        ReadRoute.builder().secondary(100).shadow(100).build(),
        ReadRoute.builder().shadow(100).build()
    };
    private static final int FLEET_EACH = 5;
    private static final int JOBS_EACH = 50;
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
    private final Map<String, Long> outcomes = new ConcurrentSkipListMap<>();
    private final DualWriteListener heard = new DualWriteListener() {
        @Override
        public void onReadFallback(DualWriteEvent.ReadFallback event) {
            happened("read fallback " + event.reason());
        }

        @Override
        public void onShadowCompared(DualWriteEvent.ShadowCompared event) {
            happened("shadow read " + event.result());
        }
    };

    /** What is left after so many cycles: threads, permits, and bytes for each cycle. */
    @Override
    public Map<String, Long> apply(int cycles) {
        cycles(Math.min(cycles, MOST_BEFORE));
        long before = bytesInUse();
        cycles(cycles);
        long grown = bytesInUse() - before;
        long patience = System.nanoTime() + PATIENCE.toNanos();
        while ((threads() > 0 || permitsOut() > 0) && System.nanoTime() < patience) {
            LockSupport.parkNanos(1_000_000); // a thread that was told to end needs a moment
        }
        return Map.of("threads", threads(), "permits", permitsOut(), "bytes", Math.max(0, grown / cycles));
    }

    /** What happened, and how often: results of writes, fallbacks of reads, comparisons, jobs. */
    public Map<String, Long> outcomes() {
        return outcomes;
    }

    private void happened(String what) {
        outcomes.merge(what, 1L, Long::sum);
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
            cycle(Ending.values()[i % Ending.values().length], i / Ending.values().length);
        }
    }

    private void cycle(Ending ending, int round) {
        InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
        ScriptedFollower follower = new ScriptedFollower(InMemoryStore.keyedBy(Sample::id));
        follower.now(ending.script());
        follower.readsHang(ending == Ending.HANGS);
        follower.readsFail(ending == Ending.FAILS ? new IllegalStateException("made to fail") : null);
        boolean withJobs = ending == Ending.WORKS && round % JOBS_EACH == JOBS_EACH - 1;
        DualWriteRepositoryBuilder<String, Sample> builder = DualWriteRepository.builder(
                        name, primary, withJobs ? InMemoryStore.keyedBy(Sample::id) : follower)
                .secondaryMode(round % 2 == 0 ? SecondaryMode.SYNCHRONOUS : SecondaryMode.ASYNCHRONOUS)
                .secondaryTimeout(Duration.ofMillis(1))
                .secondaryReadTimeout(Duration.ofMillis(1))
                .handOverDelay(Duration.ZERO)
                .readRoute(ROUTES[round % ROUTES.length])
                .readYourWrites(
                        round % FLEET_EACH == FLEET_EACH - 1
                                ? ReadYourWrites.fleet(Duration.ofMillis(200))
                                : ReadYourWrites.instance())
                .circuitBreaker(breaker)
                .bulkhead(bulkhead)
                .readBulkhead(bulkhead)
                .listener(heard);
        try (DualWriteRepository<String, Sample> repository = builder.build()) {
            use(repository);
            if (withJobs) {
                copyAndCompare(repository);
            }
        }
    }

    private void copyAndCompare(DualWriteRepository<String, Sample> repository) {
        try {
            BackfillSettings<Sample> soon = BackfillSettings.<Sample>builder()
                    .pollInterval(Duration.ofMillis(5))
                    .build();
            happened("backfill " + repository.backfill(soon).run().complete());
            VerificationSettings<String, Sample> settings = VerificationSettings.<String, Sample>builder()
                    .recheckDelay(Duration.ofMillis(1))
                    .build();
            happened("verification " + repository.verification(settings).run().state());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void use(DualWriteRepository<String, Sample> repository) {
        WriteResult<String, Sample> written = repository.save(Sample.of("a", 1));
        happened(written.pendingReason().map(reason -> "write " + reason).orElse("write applied"));
        Optional<Sample> read = repository.read(written.key());
        Optional<Sample> unused = repository.read(read.isPresent() ? "b" : "c"); // not pending: the follower is asked
    }
}
