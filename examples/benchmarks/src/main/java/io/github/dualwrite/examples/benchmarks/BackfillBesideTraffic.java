package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What a writer of the authority notices of a backfill with its defaults: {@code save}, asynchronous, at a pace, with and without it. */
final class BackfillBesideTraffic {

    private static final int CALLS = 1_500;
    private static final long PACE = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int HOT_KEYS = 10_000;

    private final DualWriteRepository<Long, Five> repository;
    private final HikariDataSource to;
    private final double[] medians = new double[2];
    private int revision;

    private BackfillBesideTraffic(DualWriteRepository<Long, Five> repository, HikariDataSource to) {
        this.repository = repository;
        this.to = to;
    }

    /** Needs so many rows that a round ends before they are copied. */
    static void run(int rows, int rounds) throws Exception {
        try (HikariDataSource from = Five.database(rows);
                HikariDataSource to = Five.database(0);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .build()) {
            BackfillBesideTraffic writer = new BackfillBesideTraffic(repository, to);
            Sample unused = writer.write(); // warm
            Rounds measured = Rounds.of(rounds, writer::without, writer::with);
            System.out.printf(
                    "live writes, asynchronous save each %d ms: p99 %.0f us, beside a backfill of its defaults %.0f us, ratio %s;"
                            + " medians in the last round %.0f and %.0f us (medians of %d alternating rounds of %d)%n",
                    TimeUnit.NANOSECONDS.toMillis(PACE),
                    measured.median(0),
                    measured.median(1),
                    measured.ratio(1, 0),
                    writer.medians[0],
                    writer.medians[1],
                    rounds,
                    CALLS);
            System.out.println("  ratios of p99 in the rounds: " + Arrays.toString(measured.ratios(1, 0)));
        }
    }

    private Sample write() {
        revision++;
        return Sample.of(CALLS, PACE, i -> repository.save(Five.of((revision * 7_919L + i) % HOT_KEYS)));
    }

    private double without() throws Exception {
        Five.empty(to);
        Sample sample = write();
        medians[0] = sample.micros(0.5);
        return sample.micros(0.99);
    }

    private double with() throws Exception {
        Five.empty(to);
        Backfill<Long, Five> backfill = repository.backfill(
                BackfillSettings.<Five>builder().writesCaptured(() -> true).build());
        boolean unused = backfill.remove();
        CompletableFuture<BackfillReport> running = CompletableFuture.supplyAsync(() -> run(backfill));
        while (backfill.progress().isEmpty() && !running.isDone()) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        Sample sample = write();
        if (running.isDone()) {
            throw new IllegalStateException("the backfill ended before the writes: " + running.join());
        }
        backfill.cancel();
        if (running.join().applied() == 0) {
            throw new IllegalStateException("nothing was copied beside the writes");
        }
        medians[1] = sample.micros(0.5);
        return sample.micros(0.99);
    }

    private static BackfillReport run(Backfill<Long, Five> backfill) {
        try {
            return backfill.run(Duration.ofMinutes(5));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
