package io.github.dualwrite.reconcile;

import io.github.dualwrite.spi.QueueStatistics;
import java.time.Duration;

/** What rounds did. Not safe for use by many threads. */
final class Tally {

    long claimed;
    long applied;
    long superseded;
    long pushedBack;
    long parked;

    void add(Tally other) {
        claimed += other.claimed;
        applied += other.applied;
        superseded += other.superseded;
        pushedBack += other.pushedBack;
        parked += other.parked;
    }

    /** Keys that are not pending any more, unless they were written again. */
    long settled() {
        return applied + superseded + parked;
    }

    DrainReport report(QueueStatistics left, Duration elapsed) {
        return new DrainReport(
                left.depth() == 0, applied, superseded, pushedBack, parked, left.depth(), left.parked(), elapsed);
    }
}
