package io.github.dualwrite.examples.benchmarks;

import com.launchdarkly.sdk.LDContext;
import com.launchdarkly.sdk.LDValue;
import com.launchdarkly.sdk.server.Components;
import com.launchdarkly.sdk.server.LDClient;
import com.launchdarkly.sdk.server.LDConfig;
import com.launchdarkly.sdk.server.MigrationStage;
import com.launchdarkly.sdk.server.integrations.TestData;
import com.launchdarkly.sdk.server.migrations.Migration;
import com.launchdarkly.sdk.server.migrations.MigrationBuilder;
import com.launchdarkly.sdk.server.migrations.MigrationExecution;
import com.launchdarkly.sdk.server.migrations.MigrationMethodResult;
import com.launchdarkly.sdk.server.migrations.MigrationSerialOrder;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.ReadStatistics;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Authority;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

/** What the read route and shadow reads cost the caller, over stores that do nothing, beside LaunchDarkly's migration helper. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ReadRouting {

    private static final String FLAG_OFF = "reads-off";
    private static final String FLAG_SHADOW = "reads-shadow";

    private final Authority<Long, Item> plain = NoOpStores.plain();
    private final DualWriteRepository<Long, Item> primaryReads = repository("primary");
    private final DualWriteRepository<Long, Item> rampedReads = repository("secondary 0.0001%");
    private final DualWriteRepository<Long, Item> shadowedReads = repository("primary shadow 100%");
    private final DualWriteRepository<Long, Item> cachedRoute = DualWriteRepository.builder(
                    "cached", NoOpStores.authority(), NoOpStores.follower())
            .readRouteSource(repository -> ReadRoute.primary())
            .build();
    private final ReadRoute quarter = ReadRoute.parse("secondary 25%");
    private final UUID uuid = UUID.fromString("c0ffee00-1234-4abc-8def-0123456789ab");

    private final LDClient flags;
    private final LDContext context = LDContext.create("user");
    private final Migration<Optional<Item>, Void, Long, Void> parallel;
    private final Migration<Optional<Item>, Void, Long, Void> serial;
    private long next;

    static void run() throws RunnerException {
        new Runner(new OptionsBuilder()
                        .include(ReadRouting.class.getName())
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
    }

    /** Opens repositories and the peer's client, which needs no network. */
    public ReadRouting() {
        TestData data = TestData.dataSource();
        data.update(data.flag(FLAG_OFF).valueForAll(LDValue.of("off")));
        data.update(data.flag(FLAG_SHADOW).valueForAll(LDValue.of("shadow")));
        flags = new LDClient(
                "none",
                new LDConfig.Builder()
                        .dataSource(data)
                        .events(Components.noEvents())
                        .build());
        parallel = migration(flags, MigrationExecution.Parallel());
        serial = migration(flags, MigrationExecution.Serial(MigrationSerialOrder.FIXED));
    }

    private static DualWriteRepository<Long, Item> repository(String route) {
        return DualWriteRepository.builder("reads", NoOpStores.authority(), NoOpStores.follower())
                .readRoute(ReadRoute.parse(route))
                .backfillComplete(() -> true)
                .build();
    }

    private static Migration<Optional<Item>, Void, Long, Void> migration(
            LDClient client, MigrationExecution execution) {
        return new MigrationBuilder<Optional<Item>, Void, Long, Void>(client)
                .trackErrors(false)
                .trackLatency(false)
                .readExecution(execution)
                .read(
                        key -> MigrationMethodResult.Success(NoOpStores.ANSWER),
                        key -> MigrationMethodResult.Success(NoOpStores.ANSWER),
                        Optional::equals)
                .write(value -> MigrationMethodResult.Success(null), value -> MigrationMethodResult.Success(null))
                .build()
                .orElseThrow();
    }

    /** Closes them. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
        primaryReads.close();
        rampedReads.close();
        shadowedReads.close();
        cachedRoute.close();
        flags.close();
    }

    private Long key() {
        next = (next + 1) & 127; // boxed ones are kept by the JVM
        return next;
    }

    /** The store itself. */
    @Benchmark
    public Optional<Item> plain() {
        return plain.read(key());
    }

    /** Route {@code primary}. */
    @Benchmark
    public Optional<Item> authorityRead() {
        return primaryReads.read(key());
    }

    /** A percentage in which hardly any key is: the hash, and the authority's answer. */
    @Benchmark
    public Optional<Item> authorityReadByPercentage() {
        return rampedReads.read(key());
    }

    /** Every read is offered to the shadow threads, as fast as one thread can; most are shed. */
    @Benchmark
    public Optional<Item> shadowedRead() {
        return shadowedReads.read(key());
    }

    /** A shadowed read of which the shadow is taken each time: the threads have nothing left to do when it begins. */
    @Benchmark
    public Optional<Item> shadowedReadTaken(Taken taken) {
        return taken.reads.read(taken.key());
    }

    /**
     * Lets the shadow threads finish between two reads, outside the measured time, and fails if one was shed all the same. What is
     * allocated includes the comparison and the waiting.
     */
    @State(Scope.Thread)
    public static class Taken {

        private final DualWriteRepository<Long, Item> reads = repository("primary shadow 100%");
        private long offered;
        private long next;

        private Long key() {
            offered++;
            next = (next + 1) & 127;
            return next;
        }

        /** Waits until every shadow read has been compared. */
        @TearDown(Level.Invocation)
        public void idle() {
            while (reads.readStatistics().shadowResults().getOrDefault(ShadowResult.EQUAL, 0L) < offered) {
                Thread.onSpinWait();
                if (shed() > 0) {
                    throw new IllegalStateException("a shadow read was shed: " + reads.readStatistics());
                }
            }
        }

        private long shed() {
            ReadStatistics now = reads.readStatistics();
            return Stream.of(now.shadowsShed().values(), now.shadowFailures().values())
                    .flatMap(Collection::stream)
                    .mapToLong(Long::longValue)
                    .sum();
        }

        /** Closes it. */
        @TearDown(Level.Trial)
        public void close() {
            reads.close();
        }
    }

    /** The route of a source that is cached. */
    @Benchmark
    public ReadRoute flagLookup() {
        return cachedRoute.readRoute();
    }

    /** Whether a key is among the 25 %. */
    @Benchmark
    public boolean decideByLong() {
        return quarter.readsSecondary("reads", key());
    }

    /** The same for text. */
    @Benchmark
    public boolean decideByText() {
        return quarter.readsSecondary("reads", "customer-0000012345");
    }

    /** The same for a UUID. */
    @Benchmark
    public boolean decideByUuid() {
        return quarter.readsSecondary("reads", uuid);
    }

    /** The peer, old store only. */
    @Benchmark
    public Object peerAuthorityRead() {
        return parallel.read(FLAG_OFF, context, MigrationStage.OFF, key());
    }

    /** The peer, shadow, its default execution. */
    @Benchmark
    public Object peerShadowedReadParallel() {
        return parallel.read(FLAG_SHADOW, context, MigrationStage.OFF, key());
    }

    /** The peer, shadow, one after the other. */
    @Benchmark
    public Object peerShadowedReadSerial() {
        return serial.read(FLAG_SHADOW, context, MigrationStage.OFF, key());
    }

    /** The peer's flag. */
    @Benchmark
    public Object peerFlagLookup() {
        return flags.migrationVariation(FLAG_OFF, context, MigrationStage.OFF);
    }
}
