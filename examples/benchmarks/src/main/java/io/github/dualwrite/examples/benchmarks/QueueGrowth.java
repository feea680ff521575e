package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.FollowerStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a write costs while more and more are pending, and what it costs to drain them: the sizes are the contenders. PostgreSQL to
 * PostgreSQL on one server; a million rows to DynamoDB Local would take half an hour and would measure DynamoDB Local.
 */
final class QueueGrowth {

    private static final String PLAIN = "plain upsert";
    private static final String SAVE = "save, asynchronous";
    private static final String DRAIN = "drain, for a row";
    private static final int FIRST_FREE_KEY = 100_000_000;

    private final HikariDataSource from;
    private final HikariDataSource to;
    private final int calls;

    private QueueGrowth(HikariDataSource from, HikariDataSource to, int calls) {
        this.from = from;
        this.to = to;
        this.calls = calls;
    }

    static void run(Run run) throws Exception {
        List<Integer> sizes = run.profile()
                .of(List.of(50, 100), List.of(1_000, 10_000, 100_000), List.of(1_000, 10_000, 100_000, 1_000_000));
        PostgresServer server = PostgresServer.shared();
        try (HikariDataSource from = Ground.pool(server.newDatabase(), 10);
                HikariDataSource to = Ground.pool(server.newDatabase(), 10)) {
            Ground.createTable(from);
            Ground.createTable(to);
            QueueGrowth growth = new QueueGrowth(from, to, run.profile().of(10, 500, 2_000));
            Contest contest =
                    new Contest(run, "size of the queue", 0, run.profile().of(1, 1, 2));
            if (sizes.get(0) >= 1_000) {
                growth.measure(1_000, -1); // the first is for warming up
            }
            sizes.forEach(size -> contest.contender(name(size), round -> growth.measure(size, round)));
            report(contest.run(), sizes);
        }
    }

    private static String name(int size) {
        return size + " pending";
    }

    private static void report(Outcome outcome, List<Integer> sizes) {
        for (String metric : List.of(PLAIN, SAVE, DRAIN)) {
            for (int size : sizes) {
                Outcome.Line line =
                        outcome.line(name(size), metric, "us").size(size).against(name(sizes.get(0)));
                if (!metric.equals(PLAIN) && size > sizes.get(0)) {
                    line.goal(Goal.ratioAtMost(1.25));
                }
                line.report();
            }
        }
    }

    private Map<String, Double> measure(int size, int round) throws Exception {
        String name = "growth " + size + " " + round;
        Ground.execute(from, "TRUNCATE item, dualwrite.pending_write");
        Ground.execute(to, "TRUNCATE item, dualwrite.applied_version");
        Ground.makePending(from, name, size);
        double[] medians = writes(name);
        try (DualWriteRepository<Long, Item> repository = repository(name, Ground.primary(to))) {
            double rate = Ground.drain(repository, size);
            return Map.of(PLAIN, medians[0], SAVE, medians[1], DRAIN, 1e6 / rate);
        }
    }

    /** Medians of plain and of our writes of other keys, one after the other. The secondary takes ours, so that the queue keeps its size. */
    private double[] writes(String name) throws SQLException {
        long[] plain = new long[calls];
        long[] ours = new long[calls];
        try (DualWriteRepository<Long, Item> repository = repository(name, InMemoryStore.keyedBy(Item::id))) {
            for (int i = -calls / 5; i < calls; i++) {
                long key = FIRST_FREE_KEY + 2L * (i + calls);
                long start = System.nanoTime();
                Jdbc.upsert(from, Item.of(key, 1));
                long between = System.nanoTime();
                repository.save(Item.of(key + 1, 1));
                long end = System.nanoTime();
                if (i >= 0) { // those before are for warming up
                    plain[i] = between - start;
                    ours[i] = end - between;
                }
            }
        }
        return new double[] {
            Sample.ofNanos(plain).micros(0.5), Sample.ofNanos(ours).micros(0.5)
        };
    }

    private DualWriteRepository<Long, Item> repository(String name, FollowerStore<Long, Item> secondary) {
        return DualWriteRepository.builder(name, Ground.primary(from), secondary)
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .reconcileInBackground(false)
                .reconcilerSettings(ReconcilerSettings.builder()
                        .batchSize(1_000)
                        .pollInterval(Duration.ofMillis(20))
                        .build())
                .build();
    }
}
