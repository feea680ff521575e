package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/**
 * A backfill from one database to another with its defaults, against {@code COPY (SELECT …) TO STDOUT} that one thread pipes into
 * {@code COPY … FROM STDIN}, on the same server.
 */
final class BackfillToPostgres {

    private final HikariDataSource from;
    private final HikariDataSource to;
    private final int rows;
    private final List<ProcessorTime> copied = new ArrayList<>();
    private final List<ProcessorTime> backfilled = new ArrayList<>();

    private BackfillToPostgres(HikariDataSource from, HikariDataSource to, int rows) {
        this.from = from;
        this.to = to;
        this.rows = rows;
    }

    static void run(int rows, int rounds) throws Exception {
        try (HikariDataSource from = Five.database(rows);
                HikariDataSource to = Five.database(0);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .reconcileInBackground(false)
                        .build()) {
            BackfillToPostgres contenders = new BackfillToPostgres(from, to, rows);
            Rounds.Measured backfill = () -> contenders.backfill(repository);
            Rounds unused = Rounds.of(2, contenders::copy, backfill); // warm
            contenders.copied.clear();
            contenders.backfilled.clear();
            Rounds measured = Rounds.of(rounds, contenders::copy, backfill);
            System.out.printf(
                    "backfill, PostgreSQL to PostgreSQL, %d rows: COPY into COPY %.0f rows/s (%s), backfill %.0f rows/s (%s),"
                            + " ratio %s (medians of %d alternating rounds)%n",
                    rows,
                    measured.median(0),
                    processors(contenders.copied),
                    measured.median(1),
                    processors(contenders.backfilled),
                    measured.ratio(1, 0),
                    rounds);
        }
    }

    private static String processors(List<ProcessorTime> times) {
        return String.format(
                "processor time of client %.2f s, of server %.2f s",
                Sample.median(times.stream().mapToDouble(ProcessorTime::client).toArray()),
                Sample.median(times.stream().mapToDouble(ProcessorTime::server).toArray()));
    }

    private double copy() throws Exception {
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
            double rate = Rounds.perSecond(rows, start);
            copied.add(ProcessorTime.now(from).since(before));
            if (count != rows) {
                throw new IllegalStateException("copied " + count);
            }
            return rate;
        }
    }

    private double backfill(DualWriteRepository<Long, Five> repository) throws Exception {
        Five.empty(to);
        Backfill<Long, Five> backfill = repository.backfill(
                BackfillSettings.<Five>builder().writesCaptured(() -> true).build());
        boolean unused = backfill.remove();
        ProcessorTime before = ProcessorTime.now(from);
        long start = System.nanoTime();
        BackfillReport report = backfill.run();
        double rate = Rounds.perSecond(rows, start);
        backfilled.add(ProcessorTime.now(from).since(before));
        if (!report.complete() || report.applied() != rows) {
            throw new IllegalStateException("not copied: " + report);
        }
        return rate;
    }
}
