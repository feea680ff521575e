package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.examples.benchmarks.harness.ChildProcess;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.verify.VerificationReport;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.Map;

/** The process with the small heap of {@link MillionRows}. It fails unless both stores are equal. */
final class MillionProcess {

    private static final String BACKFILL = "backfill";
    private static final String VERIFICATION = "verification after it";
    private static final String PEAK = "peak of the heap";

    private MillionProcess() {}

    public static void main(String[] args) throws Exception {
        ChildProcess.main(args, MillionProcess::run);
        System.exit(0);
    }

    /** Arguments: PostgreSQL's host and port, the databases to copy from and to, and how many rows there are. */
    static void run(Run run, List<String> args) throws Exception {
        int port = Integer.parseInt(args.get(1));
        int rows = Integer.parseInt(args.get(4));
        try (HikariDataSource from = Ground.pool(PostgresServer.dataSource(args.get(2), args.get(0), port), 6);
                HikariDataSource to = Ground.pool(PostgresServer.dataSource(args.get(3), args.get(0), port), 6);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .reconcileInBackground(false)
                        .build()) {
            String heap = (Runtime.getRuntime().maxMemory() >> 20) + " MiB";
            Outcome outcome = new Contest(run, rows + " rows, PostgreSQL to PostgreSQL, heap of " + heap, 0, 1)
                    .contender(BACKFILL, round -> backfill(repository, rows))
                    .contender(VERIFICATION, round -> verification(repository, rows))
                    .run();
            for (String contender : List.of(BACKFILL, VERIFICATION)) {
                outcome.line(contender, Five.RATE, "rows/s").report();
                outcome.line(contender, PEAK, "MiB").report();
            }
        }
    }

    private static Map<String, Double> backfill(DualWriteRepository<Long, Five> repository, int rows)
            throws InterruptedException {
        startOfPeak();
        long start = System.nanoTime();
        BackfillReport report = repository
                .backfill(BackfillSettings.<Five>builder()
                        .writesCaptured(() -> true)
                        .build())
                .run();
        double rate = Five.perSecond(rows, start);
        System.out.println(report);
        if (!report.complete() || report.applied() != rows) {
            throw new IllegalStateException("not copied");
        }
        return Map.of(Five.RATE, rate, PEAK, peak());
    }

    private static Map<String, Double> verification(DualWriteRepository<Long, Five> repository, int rows)
            throws InterruptedException {
        startOfPeak();
        long start = System.nanoTime();
        VerificationReport<Long> report = repository.verification().run();
        double rate = Five.perSecond(rows, start);
        System.out.println(report.text());
        if (report.exitCode() != 0 || report.matching() != rows) {
            throw new IllegalStateException("not equal");
        }
        return Map.of(Five.RATE, rate, PEAK, peak());
    }

    private static void startOfPeak() {
        ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
    }

    /** Includes what is garbage already. */
    private static double peak() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP)
                        .mapToLong(pool -> pool.getPeakUsage().getUsed())
                        .sum()
                / (double) (1 << 20);
    }
}
