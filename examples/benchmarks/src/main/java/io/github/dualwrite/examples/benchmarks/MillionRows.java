package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.examples.benchmarks.harness.ChildProcess;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.util.List;

/** A million rows from PostgreSQL to PostgreSQL: backfill and verification in one process with a heap of 256 MiB. */
final class MillionRows {

    private MillionRows() {}

    static void run(Run run) throws Exception {
        int rows = run.profile().of(2_000, 1_000_000, 1_000_000);
        PostgresServer postgres = PostgresServer.shared();
        String from = postgres.newDatabaseName();
        String to = postgres.newDatabaseName();
        try (HikariDataSource source = Ground.pool(postgres.dataSource(from), 2);
                HikariDataSource target = Ground.pool(postgres.dataSource(to), 2)) {
            Five.createTable(source);
            Five.createTable(target);
            Five.fill(source, rows);
        }
        ChildProcess.run(
                run,
                MillionProcess.class,
                MillionProcess::run,
                256,
                List.of(postgres.host(), Integer.toString(postgres.port()), from, to, Integer.toString(rows)));
    }
}
