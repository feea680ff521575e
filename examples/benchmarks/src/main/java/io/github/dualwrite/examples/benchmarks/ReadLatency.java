package io.github.dualwrite.examples.benchmarks;

import com.github.rawls238.scientist4j.Experiment;
import com.github.rawls238.scientist4j.ExperimentBuilder;
import com.launchdarkly.sdk.LDContext;
import com.launchdarkly.sdk.server.LDClient;
import com.launchdarkly.sdk.server.MigrationStage;
import com.launchdarkly.sdk.server.migrations.Migration;
import com.launchdarkly.sdk.server.migrations.MigrationExecution;
import com.launchdarkly.sdk.server.migrations.MigrationSerialOrder;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Follower;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A read by one client from PostgreSQL with DynamoDB Local as secondary: the plain reads, the peers' shadow reads, and ours by each route. */
final class ReadLatency {

    private static final int KEYS = 1000;
    private static final String SHADOWED = "shadow 100%";
    private static final String COMPARED = "compared, of all reads";
    private static final String PLAIN = "plain read of the primary";

    private ReadLatency() {}

    static void run(Run run) throws Exception {
        int keys = run.profile().of(20, KEYS, KEYS);
        int reads = run.profile().of(20, 400, 2000);
        Deque<AutoCloseable> open = new ArrayDeque<>();
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 16)) {
            Ground.createTable(pool);
            Secondary secondary = new DynamoDbSecondary();
            fill(pool, secondary, keys);
            Contest contest = new Contest(
                    run,
                    "PostgreSQL, secondary on DynamoDB Local, 1 client",
                    run.profile().of(0, 1, 3),
                    run.profile().of(1, 5, 11));
            Map<String, DualWriteRepository<Long, Item>> ours = ours(pool, secondary, open);
            Map<String, Function<Long, Optional<Item>>> ways = ways(pool, secondary, open);
            ours.forEach((name, repository) -> ways.put(name, repository::read));
            ways.forEach((name, read) -> contest.contender(name, round -> {
                long before = compared(ours.get(name));
                Map<String, Double> measured =
                        new HashMap<>(Sample.of(reads, i -> require(read.apply((long) (i % keys))))
                                .metrics());
                if (name.contains(SHADOWED)) {
                    measured.put(COMPARED, (compared(ours.get(name)) - before) / (double) reads);
                }
                return measured;
            }));
            Outcome outcome = contest.run();
            outcome.reportAll(Sample.P50, "us", PLAIN);
            outcome.reportAll(Sample.P99, "us", PLAIN);
            for (String name : ours.keySet()) {
                if (name.contains(SHADOWED)) { // the peers compare before they return; ours may have shed
                    outcome.line(name, COMPARED, "").report();
                }
            }
        } finally {
            while (!open.isEmpty()) {
                open.pop().close();
            }
        }
    }

    private static void fill(HikariDataSource pool, Secondary secondary, int keys) {
        try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                        "fill", Ground.primary(pool), secondary.store())
                .build()) {
            for (int first = 0; first < keys; first += 100) {
                List<Item> items = new ArrayList<>();
                for (int i = first; i < Math.min(keys, first + 100); i++) {
                    items.add(Item.of(i, 1));
                }
                repository.saveAll(items);
            }
            secondary.awaitTaken(keys);
        }
    }

    private static Map<String, Function<Long, Optional<Item>>> ways(
            HikariDataSource pool, Secondary secondary, Deque<AutoCloseable> open) {
        Map<String, Function<Long, Optional<Item>>> ways = new LinkedHashMap<>();
        Follower<Long, Item> dynamoDb = secondary.reader();
        Function<Long, Optional<Item>> old = key -> Jdbc.read(pool, key);
        Function<Long, Optional<Item>> other = key -> dynamoDb.read(key).join();
        ways.put(PLAIN, old);
        ways.put("plain read of the secondary", other);

        LDClient client = Peers.launchDarkly();
        open.push(client);
        ways.put(
                "LaunchDarkly, shadow, serial",
                launchDarkly(client, MigrationExecution.Serial(MigrationSerialOrder.FIXED), old, other));
        ways.put("LaunchDarkly, shadow, parallel", launchDarkly(client, MigrationExecution.Parallel(), old, other));

        ExecutorService threads = Executors.newFixedThreadPool(4);
        open.push(threads::shutdownNow);
        Experiment<Optional<Item>> experiment = new ExperimentBuilder<Optional<Item>>()
                .withName("reads")
                .withExecutorService(threads)
                .build();
        ways.put(
                "Scientist4J, one after the other",
                key -> experiment(() -> experiment.run(() -> old.apply(key), () -> other.apply(key))));
        ways.put(
                "Scientist4J, asynchronous",
                key -> experiment(() -> experiment.runAsync(() -> old.apply(key), () -> other.apply(key))));

        return ways;
    }

    private static Map<String, DualWriteRepository<Long, Item>> ours(
            HikariDataSource pool, Secondary secondary, Deque<AutoCloseable> open) {
        Map<String, DualWriteRepository<Long, Item>> ours = new LinkedHashMap<>();
        for (String route :
                List.of("primary", "primary shadow 100%", "secondary 50%", "secondary", "secondary shadow 100%")) {
            DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                            "fill", Ground.primary(pool), secondary.store())
                    .readRoute(ReadRoute.parse(route))
                    .backfillComplete(() -> true)
                    .build();
            open.push(repository);
            ours.put("ours, route '" + route + "'", repository);
        }
        return ours;
    }

    private static long compared(@Nullable DualWriteRepository<Long, Item> repository) {
        return repository == null
                ? 0
                : repository.readStatistics().shadowResults().values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
    }

    private static Function<Long, Optional<Item>> launchDarkly(
            LDClient client,
            MigrationExecution execution,
            Function<Long, Optional<Item>> old,
            Function<Long, Optional<Item>> other) {
        LDContext context = LDContext.create("user");
        Migration<Optional<Item>, Boolean, Long, Item> migration =
                Peers.migration(client, execution, old, other, item -> {}, item -> {});
        return key -> migration
                .read(Peers.FLAG_SHADOW, context, MigrationStage.OFF, key)
                .getResult()
                .orElseThrow();
    }

    private interface Attempt {
        Optional<Item> read() throws Exception;
    }

    private static Optional<Item> experiment(Attempt attempt) {
        try {
            return attempt.read();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void require(Optional<Item> read) {
        if (read.isEmpty()) {
            throw new IllegalStateException("a key is not there");
        }
    }
}
