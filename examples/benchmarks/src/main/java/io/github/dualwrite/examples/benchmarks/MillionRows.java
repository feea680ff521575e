package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.io.File;
import java.util.List;

/** A million rows from PostgreSQL to PostgreSQL: backfill and verification in one process with a heap of 256 MiB. */
final class MillionRows {

    static final int ROWS = 1_000_000;

    private MillionRows() {}

    static void run() throws Exception {
        PostgresServer postgres = PostgresServer.shared();
        String from = postgres.newDatabaseName();
        String to = postgres.newDatabaseName();
        try (HikariDataSource source = Ground.pool(postgres.dataSource(from), 2);
                HikariDataSource target = Ground.pool(postgres.dataSource(to), 2)) {
            Five.createTable(source);
            Five.createTable(target);
            Five.fill(source, ROWS);
        }
        Process process = new ProcessBuilder(List.of(
                        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MillionProcess.class.getName(),
                        postgres.host(),
                        Integer.toString(postgres.port()),
                        from,
                        to))
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the process ended with exit code " + process.exitValue());
        }
    }
}
