package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** What the library itself costs for each call: both stores in memory, synchronous mode, breaker and bulkhead on. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class InMemoryCalls {

    private static final int KEYS = 1024;

    private final DualWriteRepository<Long, Item> primaryReads;
    private final DualWriteRepository<Long, Item> secondaryReads;
    private final Item[] items;
    private int next;

    static void run() throws RunnerException {
        new Runner(new OptionsBuilder()
                        .include(InMemoryCalls.class.getName())
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
    }

    /** Opens repositories over stores in memory. */
    public InMemoryCalls() {
        InMemoryStore<Long, Item> primary = InMemoryStore.keyedBy(Item::id);
        InMemoryStore<Long, Item> secondary = InMemoryStore.keyedBy(Item::id);
        primaryReads =
                DualWriteRepository.builder("primary-reads", primary, secondary).build();
        secondaryReads = DualWriteRepository.builder("secondary-reads", primary, secondary)
                .readRoute(ReadRoute.secondary())
                .build();
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

    /** A read that the primary answers. */
    @Benchmark
    public Optional<Item> readPrimary() {
        return primaryReads.read(item().id());
    }

    /** A read that the secondary answers. */
    @Benchmark
    public Optional<Item> readSecondary() {
        return secondaryReads.read(item().id());
    }
}
