package io.github.dualwrite.backfill;

import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.QueueStatistics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What may keep the stores from being equal although a backfill is complete. */
final class Warnings {

    private static final Duration OLD = Duration.ofMinutes(5);

    private Warnings() {}

    static List<String> of(Authority<?, ?> authority, @Nullable BooleanSupplier writesCaptured, Machine machine) {
        List<String> warnings = new ArrayList<>();
        if (writesCaptured == null) {
            warnings.add("it is not known whether every writer of " + authority.description()
                    + " goes through this repository or is captured; make sure, and say so with"
                    + " BackfillSettings.writesCaptured, or verify afterwards");
        } else if (!captured(writesCaptured)) {
            warnings.add("not every writer of " + authority.description()
                    + " goes through this repository or is captured: what they change meanwhile may stay old on the"
                    + " follower; install the capture first, and verify afterwards");
        }
        try {
            QueueStatistics queue = authority.queue().statistics();
            Instant old = Instant.ofEpochMilli(machine.millis()).minus(OLD);
            queue.oldest()
                    .filter(old::isAfter)
                    .ifPresent(since -> warnings.add("writes are pending since " + since
                            + ": start a reconciler, or what was written meanwhile stays behind"));
        } catch (RuntimeException e) { // the run will meet it, and say it better
            warnings.add("the reconciliation queue could not be read");
        }
        return warnings;
    }

    private static boolean captured(BooleanSupplier answer) {
        try {
            return answer.getAsBoolean();
        } catch (RuntimeException e) { // an application's answer that throws is no
            return false;
        }
    }
}
