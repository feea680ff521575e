package io.github.dualwrite.backfill;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.SplitProgress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tries the records again that a job could not copy. They are known by the text of their keys only, so the splits that have any are read
 * again, from their beginning until all were seen. Needs no lease: doing it twice, or while others copy, is harmless.
 */
final class FailureRetry<K, V> {

    private static final int AT_ONCE = 1_000;

    private final JobStore jobs;
    private final String job;
    private final RunControl control;
    private final SplitWorker<K, V> worker;

    FailureRetry(JobStore jobs, String job, RunControl control, SplitWorker<K, V> worker) {
        this.jobs = jobs;
        this.job = job;
        this.control = control;
        this.worker = worker;
    }

    void retry(Job known) throws InterruptedException {
        Map<Integer, Set<String>> bySplit = failures().stream()
                .collect(Collectors.groupingBy(
                        JobFailure::split, Collectors.mapping(JobFailure::key, Collectors.toCollection(HashSet::new))));
        for (SplitProgress split : known.splits()) {
            Set<String> keys = bySplit.get(split.number());
            if (keys != null && !control.over()) {
                retry(split, keys);
            }
        }
    }

    private List<JobFailure> failures() throws InterruptedException {
        List<JobFailure> all = new ArrayList<>();
        List<JobFailure> some;
        do {
            some = control.retrying(() -> "reading the failures", () -> jobs.failures(job, all.size(), AT_ONCE));
            all.addAll(some);
        } while (some.size() == AT_ONCE);
        return all;
    }

    private void retry(SplitProgress split, Set<String> keys) throws InterruptedException {
        @Nullable String position = null;
        do {
            if (!worker.courteously(control::over)) {
                return;
            }
            ScanPage<K, V> page = worker.read(split.number(), split, position);
            worker.rest(page);
            if (!retry(split.number(), page, keys)) {
                return;
            }
            position = page.next();
        } while (position != null && !keys.isEmpty() && !control.over());
        if (position == null && !keys.isEmpty()) { // the whole split was read: they are no longer there
            settle(List.of(), keys);
        }
    }

    /** Takes the keys that the page has out of the set; false if the run was over before the page's end. */
    private boolean retry(int split, ScanPage<K, V> page, Set<String> keys) throws InterruptedException {
        ScanPage<K, V> tried = new ScanPage<>(
                page.records().stream()
                        .filter(found -> keys.contains(Keys.text(found.key())))
                        .toList(),
                page.unreadable().stream()
                        .filter(found -> keys.contains(found.key()))
                        .toList(),
                0,
                page.next());
        List<JobFailure> failures = new ArrayList<>();
        PageStore.Outcome outcome = worker.store(split, worker.choose(split, tried, failures));
        if (outcome == null) {
            return false;
        }
        failures.addAll(outcome.failures);
        Set<String> settled = new HashSet<>();
        tried.records().forEach(found -> settled.add(Keys.text(found.key())));
        tried.unreadable().forEach(found -> settled.add(found.key()));
        keys.removeAll(settled);
        failures.forEach(failure -> settled.remove(failure.key()));
        settle(failures, settled);
        return true;
    }

    private void settle(List<JobFailure> failures, Set<String> settled) throws InterruptedException {
        control.retrying(() -> "noting what was tried again", () -> {
            if (!failures.isEmpty()) {
                jobs.noteFailures(job, failures);
            }
            if (!settled.isEmpty()) {
                jobs.settleFailures(job, settled);
            }
            return true;
        });
    }
}
