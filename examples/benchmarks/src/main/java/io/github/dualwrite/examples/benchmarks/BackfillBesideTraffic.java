package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a writer of the authority notices of a backfill with its defaults: {@code save}, asynchronous, at a pace, with and without it. As a measure of what a
 * ratio means on this machine, the writes without it take part twice. How fast the backfill is meanwhile is told too.
 */
final class BackfillBesideTraffic {

    private static final long PACE = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int HOT_KEYS = 10_000;
    private static final String ALONE = "save, asynchronous";
    private static final String ALONE_TOO = "save, asynchronous, once more";
    private static final String ROWS = "copied meanwhile";
    private static final String BESIDE = "save, asynchronous, beside a backfill";

    private final DualWriteRepository<Long, Five> repository;
    private final HikariDataSource to;
    private final int calls;
    private int revision;

    private BackfillBesideTraffic(DualWriteRepository<Long, Five> repository, HikariDataSource to, int calls) {
        this.repository = repository;
        this.to = to;
        this.calls = calls;
    }

    static void run(Run run) throws Exception {
        int rows = run.profile().of(20_000, 300_000, 1_000_000); // a round must end before they are copied
        try (HikariDataSource from = Five.database(rows);
                HikariDataSource to = Five.database(0);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .build()) {
            BackfillBesideTraffic writer =
                    new BackfillBesideTraffic(repository, to, run.profile().of(5, 1_500, 4_000));
            Outcome outcome = new Contest(
                            run,
                            "live writes, one each 2 ms, PostgreSQL to PostgreSQL",
                            run.profile().of(0, 0, 2),
                            run.profile().of(1, 3, 11))
                    .contender(ALONE, round -> writer.alone())
                    .contender(ALONE_TOO, round -> writer.alone())
                    .contender(BESIDE, round -> writer.beside())
                    .run();
            outcome.reportAll(Sample.P50, "us", ALONE);
            outcome.line(ALONE, Sample.P99, "us").report();
            outcome.line(ALONE_TOO, Sample.P99, "us").against(ALONE).report();
            outcome.line(BESIDE, Sample.P99, "us")
                    .against(ALONE)
                    .goal(Goal.ratioAtMost(1.3))
                    .report();
            outcome.line(BESIDE, ROWS, "rows/s").report();
        }
    }

    private Sample write() {
        revision++;
        return Sample.of(calls, PACE, i -> repository.save(Five.of((revision * 7_919L + i) % HOT_KEYS)));
    }

    private Map<String, Double> alone() throws Exception {
        Five.empty(to);
        return write().metrics();
    }

    private Map<String, Double> beside() throws Exception {
        Five.empty(to);
        Backfill<Long, Five> backfill = repository.backfill(
                BackfillSettings.<Five>builder().writesCaptured(() -> true).build());
        boolean unused = backfill.remove();
        CompletableFuture<BackfillReport> running = CompletableFuture.supplyAsync(() -> run(backfill));
        while (backfill.progress().isEmpty() && !running.isDone()) {
            LockSupport.parkNanos(PACE);
        }
        long before = copied(backfill);
        long start = System.nanoTime();
        Sample sample = write();
        double rate = Five.perSecond((int) (copied(backfill) - before), start);
        if (running.isDone()) {
            throw new IllegalStateException("the backfill ended before the writes: " + running.join());
        }
        backfill.cancel();
        if (running.join().read() == 0) {
            throw new IllegalStateException("nothing was copied beside the writes");
        }
        Map<String, Double> metrics = new HashMap<>(sample.metrics());
        metrics.put(ROWS, rate);
        return metrics;
    }

    private static long copied(Backfill<Long, Five> backfill) {
        return backfill.progress().orElseThrow().rowsDone();
    }

    private static BackfillReport run(Backfill<Long, Five> backfill) {
        try {
            return backfill.run(Duration.ofMinutes(5));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
