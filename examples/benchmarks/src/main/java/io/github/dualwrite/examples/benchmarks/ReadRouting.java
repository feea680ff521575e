package io.github.dualwrite.examples.benchmarks;

import com.github.rawls238.scientist4j.Experiment;
import com.github.rawls238.scientist4j.ExperimentBuilder;
import com.launchdarkly.sdk.LDContext;
import com.launchdarkly.sdk.server.LDClient;
import com.launchdarkly.sdk.server.MigrationStage;
import com.launchdarkly.sdk.server.migrations.Migration;
import com.launchdarkly.sdk.server.migrations.MigrationExecution;
import com.launchdarkly.sdk.server.migrations.MigrationSerialOrder;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.JmhRounds;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Authority;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;
import org.openjdk.jmh.runner.RunnerException;

/** What the read route and shadow reads cost the caller, over stores that do nothing, beside LaunchDarkly's migration helper and Scientist4J. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadRouting {

    private static final String PLAIN = "plain";

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
    private final Migration<Optional<Item>, Boolean, Long, Item> parallel;
    private final Migration<Optional<Item>, Boolean, Long, Item> serial;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final Experiment<Optional<Item>> experiment;
    private long next;

    static void run(Run run) throws RunnerException {
        Outcome outcome = JmhRounds.run(run, "stores that do nothing", ReadRouting.class);
        outcome.reportAll(JmhRounds.TIME, "ns", PLAIN);
        over(outcome, "authorityRead");
        over(outcome, "authorityReadByPercentage");
        outcome.line("shadowedReadTaken", JmhRounds.MEDIAN, "ns")
                .against("launchDarklyShadowedReadParallel")
                .goal(Goal.atMost(3000))
                .report();
        outcome.line("launchDarklyShadowedReadParallel", JmhRounds.MEDIAN, "ns").report();
        outcome.reportAll(JmhRounds.ALLOCATED, "B", PLAIN);
    }

    /** What a read costs beyond the store's own. */
    private static void over(Outcome outcome, String read) {
        outcome.difference(read, JmhRounds.TIME, "ns", PLAIN)
                .goal(Goal.atMost(300))
                .report();
    }

    /** Opens repositories and the peers' clients, which need no network. */
    public ReadRouting() {
        flags = Peers.launchDarkly();
        parallel = migration(MigrationExecution.Parallel());
        serial = migration(MigrationExecution.Serial(MigrationSerialOrder.FIXED));
        experiment = new ExperimentBuilder<Optional<Item>>()
                .withName("reads")
                .withExecutorService(threads)
                .build();
    }

    private Migration<Optional<Item>, Boolean, Long, Item> migration(MigrationExecution execution) {
        return Peers.migration(
                flags, execution, key -> NoOpStores.ANSWER, key -> NoOpStores.ANSWER, item -> {}, item -> {});
    }

    private static DualWriteRepository<Long, Item> repository(String route) {
        return DualWriteRepository.builder("reads", NoOpStores.authority(), NoOpStores.follower())
                .readRoute(ReadRoute.parse(route))
                .backfillComplete(() -> true)
                .build();
    }

    /** Closes them. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
        primaryReads.close();
        rampedReads.close();
        shadowedReads.close();
        cachedRoute.close();
        flags.close();
        threads.shutdownNow();
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

    /** A shadowed read of which the shadow is taken each time, as the caller pays it. */
    @Benchmark
    @BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
    @OperationsPerInvocation(TakenShadows.BATCH)
    public void shadowedReadTaken(TakenShadows taken, Blackhole answers) {
        for (int key = 0; key < TakenShadows.BATCH; key++) {
            answers.consume(taken.read(key));
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

    /** LaunchDarkly, old store only. */
    @Benchmark
    public Object launchDarklyAuthorityRead() {
        return parallel.read(Peers.FLAG_OFF, context, MigrationStage.OFF, key());
    }

    /** LaunchDarkly, shadow, its default execution. */
    @Benchmark
    @BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
    public Object launchDarklyShadowedReadParallel() {
        return parallel.read(Peers.FLAG_SHADOW, context, MigrationStage.OFF, key());
    }

    /** LaunchDarkly, shadow, one after the other. */
    @Benchmark
    public Object launchDarklyShadowedReadSerial() {
        return serial.read(Peers.FLAG_SHADOW, context, MigrationStage.OFF, key());
    }

    /** Scientist4J, one after the other in an order by chance; the caller waits for both. */
    @Benchmark
    public Object scientistSerial() throws Exception {
        Long key = key();
        return experiment.run(() -> plain.read(key), () -> NoOpStores.ANSWER);
    }

    /** Scientist4J, both on threads of its own; the caller waits for both. */
    @Benchmark
    public Object scientistAsynchronous() throws Exception {
        Long key = key();
        return experiment.runAsync(() -> plain.read(key), () -> NoOpStores.ANSWER);
    }

    /** LaunchDarkly's flag. */
    @Benchmark
    public Object launchDarklyFlagLookup() {
        return flags.migrationVariation(Peers.FLAG_OFF, context, MigrationStage.OFF);
    }
}
