package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.verify.VerificationReport;
import java.util.List;
import java.util.Map;

/**
 * What backfill and verification cost for a row while tables become larger: the sizes are the contenders. PostgreSQL to PostgreSQL on
 * one server; a million rows to DynamoDB Local would take half an hour and would measure DynamoDB Local.
 */
final class RowGrowth {

    private static final String BACKFILL = "backfill, for a row";
    private static final String VERIFICATION = "verification, for a row";

    private RowGrowth() {}

    static void run(Run run) throws Exception {
        List<Integer> sizes =
                run.profile().of(List.of(50, 100), List.of(10_000, 100_000), List.of(10_000, 100_000, 1_000_000));
        PostgresServer server = PostgresServer.shared();
        try (HikariDataSource from = Ground.pool(server.newDatabase(), 12);
                HikariDataSource to = Ground.pool(server.newDatabase(), 12)) {
            Ground.createTable(from);
            Ground.createTable(to);
            if (sizes.get(0) >= 10_000) {
                measure(from, to, 10_000, -1); // the first is for warming up
            }
            Contest contest =
                    new Contest(run, "rows of the table", 0, run.profile().of(1, 3, 3));
            sizes.forEach(size -> contest.contender(name(size), round -> measure(from, to, size, round)));
            Outcome outcome = contest.run();
            for (String metric : List.of(BACKFILL, VERIFICATION)) {
                for (int i = 0; i < sizes.size(); i++) {
                    // a small table is copied before what runs it is warm, so each is held against the next smaller one
                    Outcome.Line line = outcome.line(name(sizes.get(i)), metric, "us")
                            .size(sizes.get(i))
                            .against(name(sizes.get(Math.max(0, i - 1))));
                    if (i > 0) {
                        line.goal(Goal.ratioAtMost(1.25));
                    }
                    line.report();
                }
            }
        }
    }

    private static String name(int size) {
        return size + " rows";
    }

    private static Map<String, Double> measure(HikariDataSource from, HikariDataSource to, int size, int round)
            throws Exception {
        Ground.execute(from, "TRUNCATE item");
        Ground.execute(to, "TRUNCATE item, dualwrite.applied_version");
        Ground.execute(
                from,
                "INSERT INTO item SELECT g, 'item ' || g, g, now(), true, repeat('x', 200) FROM generate_series(1, "
                        + size
                        + ") AS g");
        Ground.execute(from, "VACUUM ANALYZE item");
        try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                        "rows " + size + " " + round, Ground.primary(from), Ground.primary(to))
                .build()) {
            long start = System.nanoTime();
            BackfillReport copied = repository.backfill().run();
            long between = System.nanoTime();
            if (!copied.complete() || copied.applied() != size) {
                throw new IllegalStateException("not copied: " + copied);
            }
            Ground.execute(to, "VACUUM ANALYZE item");
            long begin = System.nanoTime();
            VerificationReport<Long> compared = repository.verification().run();
            long end = System.nanoTime();
            if (compared.exitCode() != 0 || compared.matching() != size) {
                throw new IllegalStateException("not equal: " + compared.text());
            }
            return Map.of(BACKFILL, (between - start) / 1e3 / size, VERIFICATION, (end - begin) / 1e3 / size);
        }
    }
}
