package io.github.dualwrite.backfill;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.GivingWay;
import io.github.dualwrite.internal.PageLimit;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.ScanPage.Scanned;
import io.github.dualwrite.spi.SplitProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Copies one split page by page: the steps 2 to 6 of {@link Backfill}. Safe for use by many threads, each with a split of its own. */
final class SplitWorker<K, V> {

    private static final int FIRST_PAGE = 500;
    private static final long BYTES_OF_A_PAGE = 4 << 20;
    private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(100);

    private final RecordScan<K, V> scan;
    private final PageStore<K, V> store;
    private final JobStore jobs;
    private final BackfillSettings<V> settings;
    private final RunControl control;
    private final Courtesy courtesy;
    private final GivingWay givingWay;
    private final Pace rows;
    private final Pace bytes;
    private final Events events;
    private final LongSupplier nanoTime;
    private final PageLimit limit;

    SplitWorker(
            RecordScan<K, V> scan,
            PageStore<K, V> store,
            JobStore jobs,
            BackfillSettings<V> settings,
            RunControl control,
            Courtesy courtesy,
            GivingWay givingWay,
            Events events,
            LongSupplier nanoTime) {
        this.scan = scan;
        this.store = store;
        this.jobs = jobs;
        this.settings = settings;
        this.control = control;
        this.courtesy = courtesy;
        this.givingWay = givingWay;
        this.rows = new Pace(settings.rowsPerSecond, nanoTime);
        this.bytes = new Pace(settings.bytesPerSecond, nanoTime);
        this.events = events;
        this.nanoTime = nanoTime;
        this.limit = new PageLimit(settings.pageSize, FIRST_PAGE, BYTES_OF_A_PAGE);
    }

    /** Works until the split's end, or until the run is over, the job is no longer to run, or the split is lost. */
    void work(HeldSplit held) throws InterruptedException {
        BooleanSupplier end = () -> control.over() || held.ended();
        while (!end.getAsBoolean()) {
            SplitProgress before = held.noted();
            if (!courteously(end)) {
                return;
            }

            // 2. read
            ScanPage<K, V> page = read(before.number(), before, before.position());
            rest(page, end);
            if (end.getAsBoolean()) {
                return;
            }

            // 3. filter, and 4. store
            List<JobFailure> failures = new ArrayList<>();
            List<Scanned<K, V>> chosen = choose(before.number(), page, failures);
            PageStore.Outcome outcome = store.store(before.number(), chosen, end);
            if (outcome == null) { // over before the page's end: it will be repeated
                if (!control.over() && held.state() != JobState.CANCELLED) {
                    control.goesOn(before.number()); // perhaps elsewhere; who tries next tells what holds it up
                }
                return;
            }

            // 5. note what failed, before the position moves on
            failures.addAll(outcome.failures);
            note(held.job(), before, failures);

            // 6. note the position
            long found = found(page);
            SplitProgress after = new SplitProgress(
                    before.number(),
                    before.split(),
                    page.next(),
                    page.last(),
                    before.read() + found,
                    before.applied() + outcome.applied,
                    before.skipped() + outcome.skipped,
                    before.failed() + failures.size(),
                    before.bytes() + page.bytes());
            if (!control.retrying(
                    () -> "noting the position of " + where(before), () -> beside(() -> held.checkpoint(after)))) {
                return;
            }
            if (after.done()) {
                events.publish(new DualWriteEvent.BackfillSplitDone(
                        events.repository(), settings.job, after.number(), after.read(), after.applied()));
                return;
            }
        }
    }

    /** Waits before a page for the sake of others, and looks again whether that is still needed; false if it came to its end before. */
    boolean courteously(BooleanSupplier end) throws InterruptedException {
        control.pause(courtesy.rest(), end);
        for (long rest = givingWay.rest(); rest > 0 && !end.getAsBoolean(); rest = givingWay.rest()) {
            control.pause(Math.min(rest, LOOK_AGAIN));
        }
        return !end.getAsBoolean();
    }

    /** Reads a page; how long that takes says how the authority is. */
    ScanPage<K, V> read(int number, SplitProgress split, @Nullable String position) throws InterruptedException {
        return control.retrying(
                () -> "reading the page after " + (position == null ? "the beginning" : "'" + position + "'")
                        + " of split " + number + " (" + split.split().range() + ")",
                () -> {
                    int most = Math.min(limit.next(), givingWay.most(settings.pageSize));
                    long start = nanoTime.getAsLong();
                    ScanPage<K, V> page = beside(() -> scan.page(split.split(), position, most));
                    long took = nanoTime.getAsLong() - start;
                    limit.saw(most, page);
                    givingWay.read(found(page), page.bytes());
                    courtesy.pageTook(took, most, found(page) * 2 >= most);
                    return page;
                });
    }

    /** A call of the authority that live writes may notice. */
    private <T> T beside(Supplier<T> call) {
        givingWay.pageBegins();
        try {
            return call.get();
        } finally {
            givingWay.pageEnds();
        }
    }

    private static long found(ScanPage<?, ?> page) {
        return (long) page.records().size() + page.unreadable().size();
    }

    /** Stores records as the step 4 does. */
    PageStore.@Nullable Outcome store(int split, List<Scanned<K, V>> records) throws InterruptedException {
        return store.store(split, records, control::over);
    }

    /** Keeps to the rate limits, until its end comes. */
    void rest(ScanPage<K, V> page, BooleanSupplier end) throws InterruptedException {
        long forRows = rows.reserve(found(page));
        control.pause(Math.max(forRows, bytes.reserve(page.bytes())), end);
    }

    /** The records to copy; those that cannot be read, or not be judged, are failures. */
    List<Scanned<K, V>> choose(int split, ScanPage<K, V> page, List<JobFailure> failures) {
        List<Scanned<K, V>> chosen = new ArrayList<>(page.records().size());
        for (Scanned<K, V> found : page.records()) {
            try {
                if (settings.filter.test(found.value())) {
                    chosen.add(found);
                }
            } catch (RuntimeException e) {
                failures.add(new JobFailure(
                        split,
                        Keys.text(found.key()),
                        "the filter '" + settings.filterName + "' threw "
                                + e.getClass().getSimpleName() + "; mend it"));
            }
        }
        page.unreadable().forEach(one -> failures.add(new JobFailure(split, one.key(), one.reason())));
        return chosen;
    }

    /** Notes what failed and tells it. */
    void note(Job job, SplitProgress split, List<JobFailure> failures) throws InterruptedException {
        if (failures.isEmpty()) {
            return;
        }
        control.retrying(() -> "noting the failures of " + where(split), () -> {
            jobs.noteFailures(job, failures);
            return true;
        });
        for (JobFailure failure : failures) {
            events.publish(new DualWriteEvent.BackfillRecordFailed(
                    events.repository(), settings.job, failure.split(), failure.key(), failure.reason()));
        }
    }

    private static String where(SplitProgress split) {
        return "split " + split.number() + " (" + split.split().range() + ")";
    }
}
