package io.github.dualwrite.health;

import io.github.dualwrite.spi.QueueStatistics;
import java.time.Duration;
import java.time.Instant;

/**
 * Counts and ages of the reconciliation queue as they were at a moment. Immutable.
 *
 * @param takenAt when
 */
public record QueueSample(QueueStatistics statistics, Instant takenAt) {

    /**
     * How long the oldest pending write that is not parked had been pending then, which is the replication lag; zero if there was
     * none. Taken between the clock of the authority and the one of this machine.
     */
    public Duration oldestAge() {
        Duration age = statistics
                .oldest()
                .map(oldest -> Duration.between(oldest, takenAt))
                .orElse(Duration.ZERO);
        return age.isNegative() ? Duration.ZERO : age;
    }
}
