package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.CaptureTrigger;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * An update of one row by its key with and without capture, in microseconds of the server: a loop on the server takes the time of
 * each update, alone and together with its durable commit. Rounds in turn, median of the rounds' medians and of their ratios.
 */
final class CaptureCost {

    private static final int ROUNDS = 11;
    private static final int CALLS = 2_000;
    private static final int ROWS = 10_000;

    private static final String LOOP = """
            CREATE PROCEDURE measure_%1$s(with_commit boolean, OUT statement_median float8)
            LANGUAGE plpgsql AS $$
            DECLARE
                began timestamptz;
                micros float8[] := array_fill(0::float8, ARRAY[%2$d]);
            BEGIN
                FOR i IN 1..%2$d LOOP
                    began := clock_timestamp();
                    UPDATE %1$s SET price = price + 1, changed_at = clock_timestamp() WHERE id = (i * 7919) %% %3$d;
                    IF with_commit THEN
                        COMMIT;
                    END IF;
                    micros[i] := extract(epoch FROM clock_timestamp() - began) * 1000000;
                    COMMIT;
                END LOOP;
                statement_median := (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY m) FROM unnest(micros) AS m);
            END $$
            """;

    private CaptureCost() {}

    static void run() throws SQLException {
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 2)) {
            Ground.createTable(pool);
            Ground.execute(
                    pool,
                    "INSERT INTO item SELECT g, 'item', 1, now(), true, repeat('x', 200) FROM generate_series(0, "
                            + (ROWS - 1)
                            + ") AS g; CREATE TABLE bare (LIKE item INCLUDING ALL); INSERT INTO bare SELECT * FROM item");
            CaptureTrigger.of(
                            DualwriteSchema.defaults(),
                            TableMapping.ofRecord(Item.class, Long.class)
                                    .table("item")
                                    .key("id")
                                    .build(),
                            "items")
                    .install(pool, Duration.ofSeconds(10));
            Ground.execute(pool, String.format(LOOP, "bare", CALLS, ROWS));
            Ground.execute(pool, String.format(LOOP, "item", CALLS, ROWS));
            report(pool, "update and durable commit, key not pending", true, true);
            report(pool, "update and durable commit, key pending", true, false);
            report(pool, "update alone, key not pending", false, true);
            report(pool, "update alone, key pending", false, false);
        }
    }

    private static void report(HikariDataSource pool, String what, boolean commit, boolean fresh) throws SQLException {
        double[] bare = new double[ROUNDS];
        double[] captured = new double[ROUNDS];
        double[] ratios = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            if (fresh) {
                Ground.execute(pool, "TRUNCATE dualwrite.pending_write");
            }
            Ground.execute(pool, "VACUUM bare");
            Ground.execute(pool, "VACUUM item");
            if (round % 2 == 0) {
                bare[round] = median(pool, "bare", commit);
                captured[round] = median(pool, "item", commit);
            } else {
                captured[round] = median(pool, "item", commit);
                bare[round] = median(pool, "bare", commit);
            }
            ratios[round] = captured[round] / bare[round];
        }
        System.out.printf(
                "capture, %s: bare %.0f us, captured %.0f us of the server, ratio %.2f (medians of %d alternating rounds of"
                        + " %d)%n",
                what, Sample.median(bare), Sample.median(captured), Sample.median(ratios), ROUNDS, CALLS);
    }

    private static double median(HikariDataSource pool, String table, boolean commit) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("CALL measure_" + table + "(" + commit + ", NULL)")) {
            row.next();
            return row.getDouble(1);
        }
    }
}
