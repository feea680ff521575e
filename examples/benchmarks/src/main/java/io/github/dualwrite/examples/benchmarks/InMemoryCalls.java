package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.JmhRounds;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.metrics.DualWriteMetrics;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.runner.RunnerException;

/** What the library itself costs for each call: both stores in memory, synchronous mode, breaker and bulkhead on. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class InMemoryCalls {

    private static final int KEYS = 1024;
    private static final String NANOS = "ns";
    private static final String BYTES = "B";

    private final Authority<Long, Item> plainAuthority;
    private final Follower<Long, Item> plainFollower;
    private final DualWriteRepository<Long, Item> primaryReads;
    private final DualWriteRepository<Long, Item> secondaryReads;
    private final DualWriteRepository<Long, Item> measured;
    private final Item[] items;
    private int next;

    static void run(Run run) throws RunnerException {
        Outcome outcome = JmhRounds.run(run, "both stores in memory", InMemoryCalls.class);
        outcome.line("plainRead", JmhRounds.TIME, NANOS).report();
        outcome.line("readPrimary", JmhRounds.TIME, NANOS).against("plainRead").report();
        outcome.line("readSecondary", JmhRounds.TIME, NANOS)
                .against("plainRead")
                .report();
        outcome.line("plainWrites", JmhRounds.TIME, NANOS).report();
        outcome.line("save", JmhRounds.TIME, NANOS)
                .against("plainWrites")
                .goal(Goal.atMost(1000))
                .report();
        outcome.line("readPrimaryWithMetrics", JmhRounds.TIME, NANOS)
                .against("readPrimary")
                .report();
        outcome.line("saveWithMetrics", JmhRounds.TIME, NANOS).against("save").report();
        outcome.line("plainRead", JmhRounds.ALLOCATED, BYTES).report();
        outcome.line("readPrimary", JmhRounds.ALLOCATED, BYTES)
                .goal(Goal.atMost(200))
                .report();
        outcome.line("readSecondary", JmhRounds.ALLOCATED, BYTES)
                .goal(Goal.atMost(200))
                .report();
        outcome.line("plainWrites", JmhRounds.ALLOCATED, BYTES).report();
        outcome.line("save", JmhRounds.ALLOCATED, BYTES).report();
        outcome.line("readPrimaryWithMetrics", JmhRounds.ALLOCATED, BYTES).report();
        outcome.line("saveWithMetrics", JmhRounds.ALLOCATED, BYTES).report();
    }

    /** Opens repositories over stores in memory. */
    public InMemoryCalls() {
        InMemoryStore<Long, Item> primary = InMemoryStore.keyedBy(Item::id);
        InMemoryStore<Long, Item> secondary = InMemoryStore.keyedBy(Item::id);
        StoreContext plain = new StoreContext("plain", Duration.ZERO);
        plainAuthority = primary.openAuthority(plain);
        plainFollower = InMemoryStore.<Long, Item>keyedBy(Item::id).openFollower(plain);
        primaryReads =
                DualWriteRepository.builder("primary-reads", primary, secondary).build();
        secondaryReads = DualWriteRepository.builder("secondary-reads", primary, secondary)
                .readRoute(ReadRoute.secondary())
                .build();
        measured = DualWriteRepository.builder("measured", primary, secondary).build();
        new DualWriteMetrics(measured).bindTo(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        items = new Item[KEYS];
        for (int i = 0; i < KEYS; i++) {
            items[i] = Item.of(i, i);
            primaryReads.save(items[i]);
        }
    }

    /** Closes them. */
    @TearDown(Level.Trial)
    public void close() {
        primaryReads.close();
        secondaryReads.close();
        measured.close();
    }

    private Item item() {
        next = (next + 1) & (KEYS - 1);
        return items[next];
    }

    /** A write that both stores have when it returns. */
    @Benchmark
    public WriteResult<Long, Item> save() {
        return primaryReads.save(item());
    }

    /** The same on both stores, without anything between them: what is left of it is the stores' own. */
    @Benchmark
    public Object plainWrites() {
        VersionedRecord<Long, Item> committed = plainAuthority.save(item());
        return plainFollower.apply(List.of(committed)).join();
    }

    /** The primary itself. */
    @Benchmark
    public Optional<Item> plainRead() {
        return plainAuthority.read(item().id());
    }

    /** A read that the primary answers. */
    @Benchmark
    public Optional<Item> readPrimary() {
        return primaryReads.read(item().id());
    }

    /** The same with all metrics, as Prometheus scrapes them. */
    @Benchmark
    public Optional<Item> readPrimaryWithMetrics() {
        return measured.read(item().id());
    }

    /** A write with them. */
    @Benchmark
    public WriteResult<Long, Item> saveWithMetrics() {
        return measured.save(item());
    }

    /** A read that the secondary answers. */
    @Benchmark
    public Optional<Item> readSecondary() {
        return secondaryReads.read(item().id());
    }
}
