package io.github.dualwrite.backfill;

import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a backfill stands at one moment, over all processes. Immutable.
 *
 * @param job its name
 * @param state what the processes that work on it are to do
 * @param rowsDone records read
 * @param rowsTotal how many there are; empty if nobody knows
 * @param totalEstimated whether the total is an estimate; when all is done it is a count
 * @param applied records stored on the follower
 * @param skipped records that the follower had already: newer, or stored before a kill
 * @param filtered records that the filter left out
 * @param failuresLeft records that failed for good and are not dealt with; at least so many from 100 000 on
 * @param rowsPerSecond records in a second, lately; 0 if no run of this process has measured any
 * @param bytesPerSecond bytes in a second, lately
 * @param allowedPerSecond rows in a second that live writes let a run of this process read now; infinite if it need not give way (see {@link
 *     BackfillSettings.Builder#giveWay})
 * @param remaining how long it may still take; empty if nobody knows, or it hardly moves
 * @param splits each split
 */
public record BackfillProgress(
        String job,
        JobState state,
        long rowsDone,
        OptionalLong rowsTotal,
        boolean totalEstimated,
        long applied,
        long skipped,
        long filtered,
        long failuresLeft,
        double rowsPerSecond,
        double bytesPerSecond,
        double allowedPerSecond,
        Optional<Duration> remaining,
        List<SplitProgress> splits) {

    /** Copies the list. */
    public BackfillProgress {
        splits = List.copyOf(splits);
    }

    /** How many splits are done. */
    public int splitsDone() {
        return (int) splits.stream().filter(SplitProgress::done).count();
    }
}
