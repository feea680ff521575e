package io.github.dualwrite.backfill;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a backfill is, over all processes and runs. Immutable.
 *
 * @param job its name
 * @param complete whether every split is done and no failure is left
 * @param state what the processes that work on it are to do
 * @param splits how many splits there are
 * @param splitsDone how many of them are done
 * @param read records read
 * @param applied records stored on the follower
 * @param skipped records that the follower had already: newer, or stored before a kill
 * @param failed records that failed for good when their page was stored
 * @param failuresLeft how many of those are not dealt with; at least so many from 100 000 on
 * @param bytes about how many bytes were read
 * @param duration how long this call took
 * @param warnings what may keep the stores from being equal although the backfill is complete
 */
public record BackfillReport(
        String job,
        boolean complete,
        JobState state,
        int splits,
        int splitsDone,
        long read,
        long applied,
        long skipped,
        long failed,
        long failuresLeft,
        long bytes,
        Duration duration,
        List<String> warnings) {

    /** Copies the list. */
    public BackfillReport {
        warnings = List.copyOf(warnings);
    }

    /** How many records the filter left out. */
    public long filtered() {
        return read - applied - skipped - failed;
    }

    /** A job that was removed while it ran counts as cancelled. */
    static BackfillReport of(String name, @Nullable Job job, Duration duration, List<String> warnings) {
        if (job == null) {
            return new BackfillReport(name, false, JobState.CANCELLED, 0, 0, 0, 0, 0, 0, 0, 0, duration, warnings);
        }
        SplitProgress total = total(job);
        return new BackfillReport(
                name,
                job.done() && job.failures() == 0,
                job.state(),
                job.splits().size(),
                (int) job.splits().stream().filter(SplitProgress::done).count(),
                total.read(),
                total.applied(),
                total.skipped(),
                total.failed(),
                job.failures(),
                total.bytes(),
                duration,
                warnings);
    }

    static SplitProgress total(Job job) {
        SplitProgress none = SplitProgress.of(0, new Split(""));
        return job.splits().stream()
                .reduce(
                        none,
                        (a, b) -> new SplitProgress(
                                0,
                                none.split(),
                                null,
                                job.done(),
                                a.read() + b.read(),
                                a.applied() + b.applied(),
                                a.skipped() + b.skipped(),
                                a.failed() + b.failed(),
                                a.bytes() + b.bytes()));
    }
}
