package io.github.dualwrite.dynamodb;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Proposes versions: microseconds of the epoch, never the same twice and never lower than before, even if the clock is set back.
 * A proposal is only that: the condition on the item decides. Safe for use by many threads.
 */
final class VersionClock {

    private final Clock clock;
    private final AtomicLong last = new AtomicLong();

    VersionClock(Clock clock) {
        this.clock = clock;
    }

    long next() {
        long now = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
        return last.updateAndGet(before -> Math.max(now, before + 1));
    }
}
