package io.github.dualwrite.backfill;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.GivingWay;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Copies what was in the authority before dual writes began, next to live traffic. One job is worked on by several threads, and by any
 * number of processes that give it the same name:
 *
 * <ol>
 *   <li><b>Claim</b> a split under a lease that is prolonged while the process lives. If the lease is lost all the same, this process
 *       stops at that split, and what it did there counts for nothing (DW-7).
 *   <li><b>Read</b> a page, at the pace that the rate limits and the authority's own speed allow.
 *   <li><b>Filter.</b>
 *   <li><b>Store</b> the page on the follower as version 0: only where nothing is, tombstones included (DW-2). Through the circuit
 *       breaker of the writes; transient failures are repeated.
 *   <li><b>Note failures</b>: records that can never be stored or read. The rest goes on (DW-6).
 *   <li><b>Note the position.</b> Only now: a kill at any point repeats at most one page for each thread, which changes nothing.
 * </ol>
 *
 * <p><b>Why no old value stays.</b> Take a key whose value was read in step 2, and all its writes through the library or a capture. A
 * write that was committed before the read is in what was read, or something newer is. A write that commits after the read is pending
 * from its commit on (DW-1) until the follower has it or something newer, and its version is higher than 0:
 *
 * <ul>
 *   <li>It is applied before step 4: there is a record or a tombstone, and the baseline is not stored.
 *   <li>It is applied after step 4: it replaces or removes the baseline.
 *   <li>At the same time: storing a baseline and applying a version are one atomic step each for a key; one comes first.
 *   <li>It is pending, pushed back or parked for long: the follower has the value from before the write, as every follower has
 *       that is behind, and the key is pending until it is not. If a person discards a parked write, that value stays, which is what
 *       discarding says.
 *   <li>An older version arrives after step 4 and replaces the newer value that was read: then the newer version is pending too, and
 *       comes.
 * </ul>
 *
 * <p>An old value does stay, until verification finds it, if a writer bypasses library and capture between step 2 and step 4, or before
 * step 2 if the authority's scan may read what is no longer there (an eventually consistent one); if the follower had another
 * record under the key before, which is never overwritten; and if a tombstone is forgotten between step 2 and step 4, so do not purge
 * before the end. Hence the warnings of {@link BackfillSettings.Builder#writesCaptured}.
 *
 * <p>Safe for use by many threads.
 */
public final class Backfill<K, V> {

    private static final int SAMPLED_SPLITS = 3;
    private static final double SLOWEST_PER_SECOND = 1.0 / 60;
    private static final double LONGEST_REMAINING = Duration.ofDays(3_650).toSeconds();
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final BackfillParts<K, V> parts;
    private final BackfillSettings<V> settings;
    private final String repository;
    private final JobStore jobs;
    private final String fingerprint;
    private final Machine machine;
    private volatile OptionalLong estimate = OptionalLong.empty();
    private volatile @Nullable Rate rate;
    private final GivingWay givingWay;

    /** How fast it was lately. */
    record Rate(double rowsPerSecond, double bytesPerSecond) {}

    /** Made by {@code DualWriteRepository}; an application gets it from there. */
    public Backfill(BackfillParts<K, V> parts, BackfillSettings<V> settings) {
        this.parts = parts;
        this.settings = settings;
        this.repository = parts.events().repository();
        this.jobs = parts.jobs();
        this.machine = parts.guard().machine();
        this.givingWay = settings.giveWay ? parts.givingWay() : new GivingWay(machine::nanos);
        this.fingerprint = BackfillParts.fingerprint(
                repository,
                parts.authority().description(),
                parts.follower().description(),
                settings.filterName == null ? "" : settings.filterName);
    }

    /** Works until all splits are done, by whomever, or the job is cancelled. The same as {@link #run(Duration)} without a deadline. */
    public BackfillReport run() throws InterruptedException {
        return run(FOREVER);
    }

    /**
     * Begins the job or joins it, and works until all splits are done, by whomever, until the job is cancelled, or until the deadline;
     * at the deadline, or if the thread is interrupted, it ends the calls under way and gives its splits back. A paused job is waited for; a
     * cancelled one is left alone until {@link #resume}.
     *
     * @return how far the job is; {@link BackfillReport#complete} tells whether it is finished
     * @throws BackfillException if there is a job of this name for something else, or the authority goes on failing; run again then
     * @throws IllegalStateException if the repository is closed; one that is closed meanwhile ends the run, with a report
     */
    public BackfillReport run(Duration deadline) throws InterruptedException {
        mustBeOpen();
        List<String> warnings = warnings();
        warnings.forEach(warning ->
                parts.events().publish(new DualWriteEvent.BackfillWarned(repository, settings.job, warning)));
        RunControl control = control(deadline);
        Job begun = begin(control);
        estimate = control.retrying(() -> "the estimate", () -> parts.scan().estimatedRecords());
        return told(control, warnings, begun, () -> new BackfillRun<>(this, parts, settings, control).run(begun));
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    /** What begins ends, for those who count. */
    private BackfillReport told(RunControl control, List<String> warnings, Job begun, Work work)
            throws InterruptedException {
        parts.events()
                .publish(new DualWriteEvent.BackfillBegan(
                        repository,
                        settings.job,
                        begun.splits().size(),
                        (int) begun.splits().stream()
                                .filter(SplitProgress::done)
                                .count(),
                        estimate.orElse(-1)));
        BackfillReport report;
        @Nullable Throwable error = null;
        boolean returned = false;
        givingWay.runBegins();
        try {
            work.run();
            returned = true;
        } catch (RuntimeException | Error e) {
            error = e;
            throw e;
        } finally {
            givingWay.runEnds();
            report = ended(control, warnings, error, returned);
        }
        return report;
    }

    /** What cannot be read is an error only of a run that has none. */
    private BackfillReport ended(
            RunControl control, List<String> warnings, @Nullable Throwable error, boolean returned) {
        Optional<Job> now = Optional.empty();
        @Nullable RuntimeException unread = null;
        try {
            now = job();
        } catch (RuntimeException e) {
            unread = e;
        }
        List<String> all = new ArrayList<>(warnings);
        all.addAll(control.heldUp());
        BackfillReport report = BackfillReport.of(settings.job, now.orElse(null), control.elapsed(), all);
        now.ifPresent(this::progressed); // a short run has told nothing on its way
        parts.events()
                .publish(new DualWriteEvent.BackfillEnded(
                        repository,
                        settings.job,
                        report.complete(),
                        report.state().name(),
                        unread == null ? report.read() : -1,
                        unread == null ? report.failuresLeft() : -1,
                        error != null ? error : unread));
        parts.changed().run();
        if (returned && unread != null) {
            throw unread;
        }
        return report;
    }

    private Job begin(RunControl control) throws InterruptedException {
        Job job = control.retrying(
                () -> "beginning the job",
                () -> jobs.find(settings.job)
                        .orElseGet(() -> jobs.begin(
                                settings.job, fingerprint, parts.scan().splits(settings.splits))));
        refuseAnother(job);
        return job;
    }

    void refuseAnother(Job job) {
        if (!job.fingerprint().equals(fingerprint)) {
            throw new BackfillException(
                    repository,
                    settings.job,
                    "there is a job of this name for something else. It was begun for " + job.fingerprint()
                            + "; this one is for " + fingerprint
                            + ". Give this one another name with BackfillSettings.job, or remove that one",
                    null);
        }
    }

    /** What is run until it is complete would never end. */
    private void mustBeOpen() {
        if (parts.closed().getAsBoolean()) {
            throw new IllegalStateException("repository '" + repository + "' is closed");
        }
    }

    private RunControl control(Duration deadline) {
        return new RunControl(repository, settings, deadline, parts.closed(), parts.hopeless(), machine);
    }

    /**
     * Lets the runs of all processes give their splits back and wait. They see it after their page, or within a lease if that takes longer,
     * as one does that the follower does not take: it is then read again when the job goes on. False if there is no such job.
     */
    public boolean pause() {
        return set(JobState.PAUSED);
    }

    /** Lets all processes go on that wait, and lets a cancelled job be run again. False if there is no such job. */
    public boolean resume() {
        return set(JobState.RUNNING);
    }

    /**
     * Ends the runs of all processes, which see it as they see {@link #pause}. What was done is kept. It ends no {@link #retryFailures}. False
     * if there is no such job.
     */
    public boolean cancel() {
        return set(JobState.CANCELLED);
    }

    private boolean set(JobState state) {
        job();
        boolean known = jobs.setState(settings.job, state);
        if (known) {
            parts.events().publish(new DualWriteEvent.BackfillStateChanged(repository, settings.job, state.name()));
        }
        return known;
    }

    /** The job as it is; refused if it is for something else. */
    Optional<Job> job() {
        Optional<Job> job = jobs.find(settings.job);
        job.ifPresent(this::refuseAnother);
        return job;
    }

    /** How far the job is; empty if it has not begun. */
    public Optional<BackfillReport> report() {
        return job().map(job -> BackfillReport.of(settings.job, job, Duration.ZERO, List.of()));
    }

    /** How the job stands, with the speed that a run of this object measured lately; empty if it has not begun. */
    public Optional<BackfillProgress> progress() {
        return job().map(this::progressOf);
    }

    /** Tells listeners how far it is. */
    void progressed(Job job) {
        BackfillProgress progress = progressOf(job);
        parts.events()
                .publish(new DualWriteEvent.BackfillProgressed(
                        repository,
                        settings.job,
                        progress.rowsDone(),
                        progress.rowsTotal().orElse(-1),
                        progress.skipped(),
                        progress.rowsPerSecond(),
                        progress.bytesPerSecond(),
                        progress.remaining().orElse(null),
                        progress.splitsDone(),
                        progress.splits().size(),
                        progress.failuresLeft()));
    }

    BackfillProgress progressOf(Job job) {
        SplitProgress total = BackfillReport.total(job);
        Rate now = rate;
        OptionalLong rows = job.done() ? OptionalLong.of(total.read()) : estimate;
        double perSecond = now == null ? 0 : now.rowsPerSecond();
        long left = job.done() ? 0 : rows.orElse(0) - total.read();
        return new BackfillProgress(
                settings.job,
                job.state(),
                total.read(),
                rows,
                !job.done(),
                total.applied(),
                total.skipped(),
                total.filtered(),
                job.failures(),
                perSecond,
                now == null ? 0 : now.bytesPerSecond(),
                givingWay.perSecond(),
                job.done() ? Optional.of(Duration.ZERO) : remaining(left, perSecond),
                job.splits());
    }

    /** Nobody knows if there are more than were estimated, or if it stands still: a speed that fades away is none, and gives any number. */
    private static Optional<Duration> remaining(long left, double perSecond) {
        double seconds = Math.ceil(left / perSecond);
        return left > 0 && perSecond >= SLOWEST_PER_SECOND && seconds <= LONGEST_REMAINING
                ? Optional.of(Duration.ofSeconds((long) seconds))
                : Optional.empty();
    }

    void measured(Rate measured) {
        rate = measured;
    }

    /**
     * What a run would copy, how much that is and about how long it takes. Reads the first page of some splits; writes nothing
     * and begins no job.
     *
     * @throws IllegalStateException if the repository is closed
     */
    public BackfillPlan dryRun() throws InterruptedException {
        mustBeOpen();
        RunControl control = control(FOREVER);
        SplitWorker<K, V> worker = worker(control);
        List<Split> splits =
                control.retrying(() -> "cutting into splits", () -> parts.scan().splits(settings.splits));
        OptionalLong rows =
                control.retrying(() -> "the estimate", () -> parts.scan().estimatedRecords());
        long sampled = 0;
        long kept = 0;
        long unreadable = 0;
        long bytes = 0;
        long nanos = 0;
        int step = Math.max(1, splits.size() / SAMPLED_SPLITS);
        for (int i = 0; i < splits.size(); i += step) {
            long start = machine.nanos();
            ScanPage<K, V> page = worker.read(i, SplitProgress.of(i, splits.get(i)), null);
            nanos += machine.nanos() - start;
            worker.rest(page, control::over);
            sampled += page.records().size() + page.unreadable().size();
            kept += worker.choose(i, page, new ArrayList<>()).size();
            unreadable += page.unreadable().size();
            bytes += page.bytes();
        }
        double each = sampled == 0 ? 0 : (double) bytes / sampled;
        OptionalLong allBytes =
                rows.isPresent() ? OptionalLong.of(Math.round(rows.getAsLong() * each)) : OptionalLong.empty();
        double limited =
                Math.max(rows.orElse(0) / settings.rowsPerSecond, allBytes.orElse(0) / settings.bytesPerSecond);
        double read = sampled == 0 ? 0 : (double) nanos / sampled * rows.orElse(0) / settings.threads / 1e9;
        double seconds = Math.max(limited, read);
        return new BackfillPlan(
                rows,
                splits.size(),
                sampled,
                kept,
                unreadable,
                bytes,
                allBytes,
                seconds > 0 ? Optional.of(Duration.ofMillis((long) Math.ceil(seconds * 1_000))) : Optional.empty(),
                warnings());
    }

    /**
     * Records that failed for good and are not dealt with, in the order of their keys.
     *
     * @param offset how many to leave out
     * @param limit how many at the most
     */
    public List<JobFailure> failures(int offset, int limit) {
        job();
        return jobs.failures(settings.job, offset, limit);
    }

    /**
     * Tries the records that failed again, for instance after the mapping was mended: reads the splits that have any from beginning to end,
     * in this thread, at the pace of the rate limits, and stores all that can be read of them as version 0, which changes nothing where the
     * follower has something. What was noted of a split is forgotten when all of it was read; what fails then is noted anew, with its
     * reason and the text that its key has now. That goes for records too that were given up.
     *
     * @return how far the job is; the splits that are not done are left to {@link #run}
     * @throws BackfillException if the authority goes on failing
     * @throws IllegalStateException if the repository is closed; one that is closed meanwhile ends it, with a report
     */
    public BackfillReport retryFailures() throws InterruptedException {
        mustBeOpen();
        RunControl control = control(FOREVER);
        Job job = job().orElse(null);
        if (job == null) {
            return BackfillReport.of(settings.job, null, control.elapsed(), List.of());
        }
        FailureRetry<K, V> retry = new FailureRetry<>(jobs, job, control, worker(control));
        return told(control, List.of(), job, retry::retry);
    }

    /**
     * Gives a record up that failed for good. The follower then differs from the authority under this key until its next write.
     *
     * @param key its key as text, as {@link #failures} gives it
     * @param reason why; goes into an event and the log
     * @return whether it was noted as a failure; if not, nothing has happened and nothing is told
     * @throws IllegalArgumentException if the reason is blank
     */
    public boolean discardFailure(String key, String reason) {
        if (reason.isBlank()) {
            throw new IllegalArgumentException(
                    "giving up key " + key + " leaves the follower different for good: say why");
        }
        boolean discarded =
                job().map(job -> jobs.settleFailures(job, List.of(key)) > 0).orElse(false);
        if (discarded) {
            parts.events()
                    .publish(new DualWriteEvent.BackfillRecordDiscarded(
                            repository, settings.job, key, reason.strip(), failuresLeft()));
            parts.changed().run();
        }
        return discarded;
    }

    /** For the event alone: what is given up is given up, whether this can be read or not. */
    private long failuresLeft() {
        try {
            return jobs.find(settings.job).map(Job::failures).orElse(0L);
        } catch (RuntimeException e) {
            return -1;
        }
    }

    /**
     * Forgets the job and all that is known of it; the next run begins anew. Runs under way see it as they see {@link #pause}, store no more of
     * the page that they have, and end, or join the job if it was begun anew meanwhile. It ends no {@link #retryFailures}. False if there is
     * no such job.
     */
    public boolean remove() {
        boolean removed = jobs.remove(settings.job);
        parts.changed().run();
        if (removed) {
            parts.events().publish(new DualWriteEvent.BackfillStateChanged(repository, settings.job, "REMOVED"));
        }
        return removed;
    }

    private List<String> warnings() {
        return Warnings.of(parts.authority(), settings.writesCaptured, machine);
    }

    SplitWorker<K, V> worker(RunControl control) {
        Courtesy courtesy = new Courtesy(settings.slowdownFactor, settings.slowdownFloor, settings.maxDelay);
        PageStore<K, V> store = new PageStore<>(
                parts.baseline(),
                parts.guard(),
                parts.follower().description(),
                parts.events(),
                control,
                courtesy,
                givingWay,
                settings);
        return new SplitWorker<>(
                parts.scan(), store, jobs, settings, control, courtesy, givingWay, parts.events(), machine::nanos);
    }
}
