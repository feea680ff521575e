package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * PostgreSQL to PostgreSQL on one server: what {@code save} costs the caller, and how fast batches are applied, alone and through
 * a drain, against a bare batched {@code INSERT … ON CONFLICT} with {@code reWriteBatchedInserts}, on rows
 * that are not there yet.
 */
final class FollowThroughput {

    private static final int BATCH = 1_000;
    private static final String RATE = "rate";
    private static final String BARE = "bare batched insert";
    private static final String APPLY = "apply";

    /** As the reconciler does with its two workers, and a backfill with its splits. */
    private static final String APPLY_TWO = "apply, two batches at once";

    private FollowThroughput() {}

    static void run(Run run) throws Exception {
        PostgresServer server = PostgresServer.shared();
        try (HikariDataSource to = Ground.pool(server.newDatabase(), 10)) {
            Ground.createTable(to);
            SaveLatency.measure(
                    run, "secondary on PostgreSQL, the same server", Ground.primary(to), Goal.ratioAtMost(1.25));
        }
        PGSimpleDataSource target = server.dataSource(server.newDatabaseName());
        target.setReWriteBatchedInserts(true);
        try (HikariDataSource from = Ground.pool(server.newDatabase(), 10);
                HikariDataSource to = Ground.pool(target, 10)) { // where no apply is under way any more
            Ground.createTable(from);
            Ground.createTable(to);
            throughput(run, from, to);
        }
    }

    private static void throughput(Run run, HikariDataSource from, HikariDataSource to) throws Exception {
        int rows = run.profile().of(BATCH, 10 * BATCH, 20 * BATCH);
        Outcome outcome = new Contest(
                        run,
                        "PostgreSQL to PostgreSQL, batches of " + BATCH,
                        run.profile().of(0, 1, 1),
                        run.profile().of(1, 3, 7))
                .contender(BARE, round -> Map.of(RATE, bare(to, rows)))
                .contender(APPLY, round -> Map.of(RATE, applied(to, rows, APPLY + round, 1)))
                .contender(APPLY_TWO, round -> Map.of(RATE, applied(to, rows, APPLY_TWO + round, 2)))
                .contender("drain", round -> Map.of(RATE, drained(from, to, rows, round)))
                .run();
        outcome.line(BARE, RATE, "rows/s").report();
        for (String ours : List.of(APPLY, APPLY_TWO, "drain")) {
            outcome.line(ours, RATE, "rows/s")
                    .against(BARE)
                    .goal(Goal.ratioAtLeast(0.6))
                    .report();
        }
    }

    private static void empty(HikariDataSource database) throws SQLException {
        Ground.execute(database, "TRUNCATE item, dualwrite.applied_version, dualwrite.pending_write");
    }

    private static double bare(HikariDataSource to, int rows) throws SQLException {
        empty(to);
        long start = System.nanoTime();
        try (Connection connection = to.getConnection();
                PreparedStatement insert = connection.prepareStatement(Jdbc.UPSERT)) {
            connection.setAutoCommit(false);
            for (int i = 0; i < rows; i++) {
                Item item = Item.of(i, i);
                Jdbc.bind(insert, item);
                insert.addBatch();
                if ((i + 1) % BATCH == 0) {
                    int[] unused = insert.executeBatch();
                    connection.commit();
                }
            }
            connection.setAutoCommit(true);
        }
        return rate(rows, start);
    }

    private static double applied(HikariDataSource to, int rows, String repository, int atOnce) throws SQLException {
        empty(to);
        Follower<Long, Item> follower = Ground.primary(to).openFollower(new StoreContext(repository, Duration.ZERO));
        Deque<CompletableFuture<List<ApplyResult>>> underWay = new ArrayDeque<>();
        long start = System.nanoTime();
        for (int first = 0; first < rows; first += BATCH) {
            if (underWay.size() == atOnce) {
                check(underWay.remove().join());
            }
            List<VersionedRecord<Long, Item>> batch = new ArrayList<>();
            for (int i = first; i < first + BATCH; i++) {
                batch.add(new VersionedRecord<>((long) i, i + 1, Item.of(i, i)));
            }
            underWay.add(follower.apply(batch));
        }
        underWay.forEach(last -> check(last.join()));
        return rate(rows, start);
    }

    private static void check(List<ApplyResult> results) {
        for (ApplyResult result : results) {
            if (result.status() != ApplyResult.Status.APPLIED) {
                throw new IllegalStateException("not applied: " + result);
            }
        }
    }

    private static double drained(HikariDataSource from, HikariDataSource to, int rows, int round)
            throws SQLException, InterruptedException {
        empty(from);
        empty(to);
        String name = "drain " + round;
        Ground.makePending(from, name, rows);
        try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                        name, Ground.primary(from), Ground.primary(to))
                .reconcileInBackground(false)
                .reconcilerSettings(ReconcilerSettings.builder()
                        .batchSize(BATCH)
                        .pollInterval(Duration.ofMillis(20))
                        .build())
                .build()) {
            return Ground.drain(repository, rows);
        }
    }

    private static double rate(int rows, long start) {
        return rows / ((System.nanoTime() - start) / 1e9);
    }
}
