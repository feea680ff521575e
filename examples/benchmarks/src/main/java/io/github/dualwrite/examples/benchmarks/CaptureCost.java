package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.CaptureTrigger;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

/**
 * An update of one row by its key with and without capture, in microseconds of the server: a loop on the server takes the time of
 * each update, alone and together with its durable commit.
 */
final class CaptureCost {

    private static final int ROWS = 10_000;
    private static final String BARE = "bare update";
    private static final String CAPTURED = "captured update";

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

    static void run(Run run) throws Exception {
        int calls = run.profile().of(20, 1_000, 2_000);
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
            Ground.execute(pool, String.format(LOOP, "bare", calls, ROWS));
            Ground.execute(pool, String.format(LOOP, "item", calls, ROWS));
            report(run, pool, "update and durable commit, key not pending", true, true);
            report(run, pool, "update and durable commit, key pending", true, false);
            report(run, pool, "update alone, key not pending", false, true);
            report(run, pool, "update alone, key pending", false, false);
        }
    }

    private static void report(Run run, HikariDataSource pool, String what, boolean commit, boolean fresh)
            throws InterruptedException {
        Outcome outcome = new Contest(run, what, 0, run.profile().of(1, 5, 11))
                .contender(BARE, round -> measured(pool, "bare", commit, fresh))
                .contender(CAPTURED, round -> measured(pool, "item", commit, fresh))
                .run();
        outcome.line(BARE, Sample.P50, "us of the server").report();
        outcome.line(CAPTURED, Sample.P50, "us of the server")
                .against(BARE)
                .goal(Goal.ratioAtMost(2))
                .report();
    }

    private static Map<String, Double> measured(HikariDataSource pool, String table, boolean commit, boolean fresh)
            throws SQLException {
        if (fresh && table.equals("item")) { // and pending after it, for what comes next
            Ground.execute(pool, "TRUNCATE dualwrite.pending_write");
        }
        Ground.execute(pool, "VACUUM " + table);
        return Map.of(Sample.P50, median(pool, table, commit));
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
