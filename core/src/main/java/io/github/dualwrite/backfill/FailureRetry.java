package io.github.dualwrite.backfill;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.SplitProgress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tries the records again that a job could not copy. What is noted of them is a text, and a record that can be read by now may have another
 * one than it had when it could not; so no record is looked for by its text:
 *
 * <ol>
 *   <li><b>Read</b> each split that has failures from beginning to end, and <b>store</b> whatever can be read of it, as the copy does. What
 *       is there already stays as it is (DW-2).
 *   <li><b>Note</b> page by page what cannot be read or stored (DW-6).
 *   <li><b>Settle</b> only what was noted before in splits that were read to their end, and was not noted again on the way. The store compares
 *       both, in the form in which it holds them. It may have to read all failures for that, so splits are settled together until reading
 *       them was as much work.
 * </ol>
 *
 * <p>Needs no lease: doing it twice, or while others copy, is harmless. Killed anywhere it has forgotten nothing (DW-7).
 */
final class FailureRetry<K, V> {

    /** So many texts are kept in memory. Where more records fail again, nothing is settled. */
    private static final int MOST_AGAIN = 100_000;

    private final JobStore jobs;
    private final Job known;
    private final RunControl control;
    private final SplitWorker<K, V> worker;
    private final Set<Integer> readToTheEnd = new HashSet<>();
    private final Set<String> again = new HashSet<>();
    private long read;

    FailureRetry(JobStore jobs, Job known, RunControl control, SplitWorker<K, V> worker) {
        this.jobs = jobs;
        this.known = known;
        this.control = control;
        this.worker = worker;
    }

    void retry() throws InterruptedException {
        Set<Integer> failed =
                control.retrying(() -> "reading which splits have failures", () -> jobs.failedSplits(known.name()));
        for (SplitProgress split : known.splits()) {
            if (failed.contains(split.number()) && !control.over() && retry(split)) {
                readToTheEnd.add(split.number());
                if (read >= known.failures()) {
                    settle();
                }
            }
        }
        settle();
    }

    /** False if the run was over before the split's end. */
    private boolean retry(SplitProgress split) throws InterruptedException {
        @Nullable String position = null;
        do {
            if (!worker.courteously(control::over)) {
                return false;
            }

            // 1. read, and store
            ScanPage<K, V> page = worker.read(split.number(), split, position);
            worker.rest(page, control::over);
            List<JobFailure> failures = new ArrayList<>();
            PageStore.Outcome outcome = worker.store(split.number(), worker.choose(split.number(), page, failures));
            if (outcome == null) {
                return false;
            }

            // 2. note
            failures.addAll(outcome.failures);
            worker.note(known, split, failures);
            if (again.size() <= MOST_AGAIN) {
                failures.forEach(failure -> again.add(failure.key()));
            }
            read += page.records().size() + page.unreadable().size();
            position = page.next();
        } while (position != null);
        return true;
    }

    // 3.
    private void settle() throws InterruptedException {
        if (again.size() > MOST_AGAIN) {
            readToTheEnd.forEach(split -> control.heldUp(
                    split,
                    "more than " + MOST_AGAIN + " records fail again; what was noted of split " + split
                            + " before is kept, also where it is mended; try again when fewer fail"));
        } else if (!readToTheEnd.isEmpty()) {
            control.retrying(() -> "forgetting what does not fail any more", () -> {
                jobs.settleFailures(known, readToTheEnd, again);
                return true;
            });
        }
        readToTheEnd.clear();
        again.clear();
        read = 0;
    }
}
