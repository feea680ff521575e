package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillProgress;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import java.time.Duration;
import java.util.UUID;

/** Copies what was there before dual writes began, next to live traffic, and shows how far it is. */
final class Copying {

    private static final int ROWS_PER_SECOND =
            800; // DynamoDB Local has not much more to give, and traffic needs it too

    private final Backfill<UUID, Customer> backfill;

    Copying(DualWriteRepository<UUID, Customer> repository) {
        this.backfill = repository.backfill(BackfillSettings.<Customer>builder()
                .rowsPerSecond(ROWS_PER_SECOND)
                .pageSize(100)
                .splits(16)
                .lease(Duration.ofSeconds(10))
                .initialBackoff(Duration.ofMillis(100))
                .writesCaptured(() -> true) // both processes write through the library from their first write on
                .build());
    }

    /** Copies everything. */
    BackfillReport run(Observer observer) throws Exception {
        return observer.during("backfill", backfill::run, this::part);
    }

    private Progress.Part part() {
        BackfillProgress now = backfill.progress().orElse(null);
        if (now == null) {
            return Progress.Part.BEGINNING;
        }
        long total = Math.max(1, now.rowsTotal().orElse(0));
        return new Progress.Part(
                (double) now.rowsDone() / total,
                now.rowsDone() + " of " + (now.totalEstimated() ? "about " : "") + total + " rows, "
                        + Math.round(now.rowsPerSecond()) + "/s"
                        + now.remaining()
                                .map(left -> ", " + left.toSeconds() + " s left")
                                .orElse(""));
    }
}
