package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/**
 * A backfill from one database to another with its defaults, against {@code COPY (SELECT …) TO STDOUT} that one thread pipes into
 * {@code COPY … FROM STDIN}, on the same server.
 */
final class BackfillToPostgres {

    private static final String COPY = "COPY into COPY";
    private static final String BACKFILL = "backfill";
    private static final String CLIENT = "processor time of the client";
    private static final String SERVER = "processor time of the server";

    private final HikariDataSource from;
    private final HikariDataSource to;
    private final int rows;

    private BackfillToPostgres(HikariDataSource from, HikariDataSource to, int rows) {
        this.from = from;
        this.to = to;
        this.rows = rows;
    }

    static void run(Run run) throws Exception {
        int rows = run.profile().of(2_000, 200_000, 300_000);
        try (HikariDataSource from = Five.database(rows);
                HikariDataSource to = Five.database(0);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .reconcileInBackground(false)
                        .build()) {
            BackfillToPostgres tables = new BackfillToPostgres(from, to, rows);
            Outcome outcome = new Contest(
                            run,
                            "PostgreSQL to PostgreSQL, " + rows + " rows of five columns",
                            run.profile().of(0, 1, 3),
                            run.profile().of(1, 3, 11))
                    .contender(COPY, round -> tables.copy())
                    .contender(BACKFILL, round -> tables.backfill(repository))
                    .run();
            outcome.line(COPY, Five.RATE, "rows/s").report();
            outcome.line(BACKFILL, Five.RATE, "rows/s")
                    .against(COPY)
                    .goal(Goal.ratioAtLeast(0.5))
                    .report();
            for (String metric : new String[] {CLIENT, SERVER}) {
                outcome.reportAll(metric, "s", COPY);
            }
        }
    }

    private Map<String, Double> copy() throws Exception {
        Five.empty(to);
        try (Connection source = from.getConnection();
                Connection target = to.getConnection()) {
            ProcessorTime before = ProcessorTime.now(from);
            long start = System.nanoTime();
            CopyOut out = source.unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut("COPY (SELECT " + Five.COLUMNS + " FROM five) TO STDOUT");
            CopyIn in = target.unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY five (" + Five.COLUMNS + ") FROM STDIN");
            for (byte[] row = out.readFromCopy(); row != null; row = out.readFromCopy()) {
                in.writeToCopy(row, 0, row.length);
            }
            long count = in.endCopy();
            double rate = Five.perSecond(rows, start);
            if (count != rows) {
                throw new IllegalStateException("copied " + count);
            }
            return metrics(rate, before);
        }
    }

    private Map<String, Double> backfill(DualWriteRepository<Long, Five> repository) throws Exception {
        Five.empty(to);
        Backfill<Long, Five> backfill = repository.backfill(
                BackfillSettings.<Five>builder().writesCaptured(() -> true).build());
        boolean unused = backfill.remove();
        ProcessorTime before = ProcessorTime.now(from);
        long start = System.nanoTime();
        BackfillReport report = backfill.run();
        double rate = Five.perSecond(rows, start);
        if (!report.complete() || report.applied() != rows) {
            throw new IllegalStateException("not copied: " + report);
        }
        return metrics(rate, before);
    }

    private Map<String, Double> metrics(double rate, ProcessorTime before) throws SQLException {
        ProcessorTime spent = ProcessorTime.now(from).since(before);
        return Map.of(Five.RATE, rate, CLIENT, spent.client(), SERVER, spent.server());
    }
}
