package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * PostgreSQL to PostgreSQL on one server: what {@code save} costs the caller, and how fast batches are applied, alone and through
 * a drain, against a bare batched {@code INSERT … ON CONFLICT} with {@code reWriteBatchedInserts}. Rounds in turn, each on rows
 * that are not there yet; medians.
 */
final class FollowThroughput {

    private static final int ROUNDS = 7;
    private static final int ROWS = 20_000;
    private static final int BATCH = 1_000;

    private FollowThroughput() {}

    static void run() throws SQLException, InterruptedException {
        PostgresServer server = PostgresServer.shared();
        PGSimpleDataSource target = server.dataSource(server.newDatabaseName());
        target.setReWriteBatchedInserts(true);
        try (HikariDataSource from = Ground.pool(server.newDatabase(), 10);
                HikariDataSource to = Ground.pool(target, 10)) {
            Ground.createTable(from);
            Ground.createTable(to);
            SaveLatency.measure("secondary on PostgreSQL, the same server", Ground.primary(to));
            throughput(from, to);
        }
    }

    private static void throughput(HikariDataSource from, HikariDataSource to)
            throws SQLException, InterruptedException {
        double[] bare = new double[ROUNDS];
        double[] applied = new double[ROUNDS];
        double[] drained = new double[ROUNDS];
        double[] appliedRatios = new double[ROUNDS];
        double[] drainedRatios = new double[ROUNDS];
        for (int round = -1; round < ROUNDS; round++) {
            double bareRate = 0;
            double appliedRate = 0;
            double drainedRate = 0;
            for (int turn = 0; turn < 3; turn++) {
                switch (Math.floorMod(turn + round, 3)) {
                    case 0 -> bareRate = bare(to);
                    case 1 -> appliedRate = applied(to, round);
                    default -> drainedRate = drained(from, to, round);
                }
            }
            if (round >= 0) { // the first is for warming up
                bare[round] = bareRate;
                applied[round] = appliedRate;
                drained[round] = drainedRate;
                appliedRatios[round] = appliedRate / bareRate;
                drainedRatios[round] = drainedRate / bareRate;
            }
        }
        System.out.printf(
                "follow, batches of %d: bare insert %.0f rows/s, apply %.0f rows/s, ratio %.2f, drain %.0f rows/s, ratio %.2f"
                        + " (medians of %d alternating rounds of %d rows)%n",
                BATCH,
                Sample.median(bare),
                Sample.median(applied),
                Sample.median(appliedRatios),
                Sample.median(drained),
                Sample.median(drainedRatios),
                ROUNDS,
                ROWS);
    }

    private static void empty(HikariDataSource database) throws SQLException {
        Ground.execute(database, "TRUNCATE item, dualwrite.applied_version, dualwrite.pending_write");
    }

    private static double bare(HikariDataSource to) throws SQLException {
        empty(to);
        long start = System.nanoTime();
        try (Connection connection = to.getConnection();
                PreparedStatement insert = connection.prepareStatement(SaveLatency.UPSERT)) {
            connection.setAutoCommit(false);
            for (int i = 0; i < ROWS; i++) {
                Item item = Item.of(i, i);
                insert.setLong(1, item.id());
                insert.setString(2, item.name());
                insert.setBigDecimal(3, item.price());
                insert.setTimestamp(4, Timestamp.from(item.changedAt()));
                insert.setBoolean(5, item.active());
                insert.setString(6, item.note());
                insert.addBatch();
                if ((i + 1) % BATCH == 0) {
                    int[] unused = insert.executeBatch();
                    connection.commit();
                }
            }
            connection.setAutoCommit(true);
        }
        return rate(start);
    }

    private static double applied(HikariDataSource to, int round) throws SQLException {
        empty(to);
        Follower<Long, Item> follower =
                Ground.primary(to).openFollower(new StoreContext("apply " + round, Duration.ZERO));
        long start = System.nanoTime();
        for (int first = 0; first < ROWS; first += BATCH) {
            List<VersionedRecord<Long, Item>> batch = new ArrayList<>();
            for (int i = first; i < first + BATCH; i++) {
                batch.add(new VersionedRecord<>((long) i, i + 1, Item.of(i, i)));
            }
            for (ApplyResult result : follower.apply(batch).join()) {
                if (result.status() != ApplyResult.Status.APPLIED) {
                    throw new IllegalStateException("not applied: " + result);
                }
            }
        }
        return rate(start);
    }

    private static double drained(HikariDataSource from, HikariDataSource to, int round)
            throws SQLException, InterruptedException {
        empty(from);
        empty(to);
        String name = "drain " + round;
        Authority<Long, Item> authority = Ground.primary(from).openAuthority(new StoreContext(name, Duration.ZERO));
        for (int first = 0; first < ROWS; first += BATCH) {
            List<Item> batch = new ArrayList<>();
            for (int i = first; i < first + BATCH; i++) {
                batch.add(Item.of(i, i));
            }
            authority.saveAll(batch);
        }
        Ground.execute(from, "VACUUM ANALYZE dualwrite.pending_write");
        try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                        name, Ground.primary(from), Ground.primary(to))
                .reconcileInBackground(false)
                .reconcilerSettings(ReconcilerSettings.builder()
                        .batchSize(BATCH)
                        .pollInterval(Duration.ofMillis(20))
                        .build())
                .build()) {
            long start = System.nanoTime();
            DrainReport report = repository.reconciler().drain(Duration.ofMinutes(10));
            double rate = rate(start);
            if (!report.drained() || report.applied() != ROWS) {
                throw new IllegalStateException("not drained: " + report);
            }
            return rate;
        }
    }

    private static double rate(long start) {
        return ROWS / ((System.nanoTime() - start) / 1e9);
    }
}
