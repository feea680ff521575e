package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.verify.VerificationReport;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;

/** The process with the small heap of {@link MillionRows}. Its exit code is 0 only if both stores are equal. */
final class MillionProcess {

    private MillionProcess() {}

    /** Arguments: PostgreSQL's host and port, the databases to copy from and to. */
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[1]);
        try (HikariDataSource from = Ground.pool(PostgresServer.dataSource(args[2], args[0], port), 6);
                HikariDataSource to = Ground.pool(PostgresServer.dataSource(args[3], args[0], port), 6);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .reconcileInBackground(false)
                        .build()) {
            long start = System.nanoTime();
            BackfillReport copied = repository
                    .backfill(BackfillSettings.<Five>builder()
                            .writesCaptured(() -> true)
                            .build())
                    .run();
            print("backfill", Rounds.perSecond(MillionRows.ROWS, start), copied.toString());
            start = System.nanoTime();
            VerificationReport<Long> compared = repository.verification().run();
            print("verification", Rounds.perSecond(MillionRows.ROWS, start), compared.text());
            boolean equal = copied.complete()
                    && copied.applied() == MillionRows.ROWS
                    && compared.matching() == MillionRows.ROWS
                    && compared.exitCode() == 0;
            System.out.println(equal ? "both stores are equal" : "the stores are NOT equal");
            System.exit(equal ? 0 : 1);
        }
    }

    private static void print(String what, double rate, String result) {
        long peak = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
        System.out.printf(
                "%s of %d rows with a heap of %d MiB: %.0f rows/s, peak heap so far %d MiB%n%s%n",
                what,
                MillionRows.ROWS,
                Runtime.getRuntime().maxMemory() >> 20,
                rate,
                peak >> 20,
                result.strip());
    }
}
