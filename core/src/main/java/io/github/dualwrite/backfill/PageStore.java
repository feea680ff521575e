package io.github.dualwrite.backfill;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.ApplyFailures;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.GivingWay;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.ScanPage.Scanned;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings the records of a page to the follower through its circuit breaker, bounded in time. While the breaker is open nothing is called;
 * while it probes, calls are small. A call that runs out of time, or in which records do, makes the next ones smaller, one that needs little of it larger again ({@link
 * CallSize}). Transient failures are repeated, with backoff and jitter, until the run is over or the caller ends it. Safe for use by many threads.
 */
final class PageStore<K, V> {

    /** Whoever refuses so few at once does not do it because they are too many. */
    private static final int PROBE_SIZE = 10;

    private static final int FIRST_CALL = 1_000;

    /** One in so many may fail without the call being too large. */
    private static final int FEW = 10;

    /** So many failures in a row are nothing to speak of. */
    private static final int TOLD = 2;

    /** What became of a page. */
    static final class Outcome {
        long applied;
        long skipped;
        final List<JobFailure> failures = new ArrayList<>();
    }

    private final Baseline<K, V> baseline;
    private final Guard guard;
    private final String follower;
    private final Events events;
    private final RunControl control;
    private final Courtesy courtesy;
    private final GivingWay givingWay;
    private final CallSize callSize;

    PageStore(
            Baseline<K, V> baseline,
            Guard guard,
            String follower,
            Events events,
            RunControl control,
            Courtesy courtesy,
            GivingWay givingWay,
            BackfillSettings<V> settings) {
        this.baseline = baseline;
        this.guard = guard;
        this.follower = follower;
        this.events = events;
        this.control = control;
        this.courtesy = courtesy;
        this.givingWay = givingWay;
        this.callSize = new CallSize(FIRST_CALL, settings.pageSize);
    }

    /**
     * Stores all the records, or gives {@code null} if its end comes before: then some are stored, and the page is to be repeated.
     *
     * @param end is asked before each call, and while it waits; the run's own end is one in any case
     */
    @Nullable
    Outcome store(int split, List<Scanned<K, V>> records, BooleanSupplier end) throws InterruptedException {
        Outcome outcome = new Outcome();
        List<Scanned<K, V>> left = records;
        int failedInARow = 0;
        while (!left.isEmpty()) {
            if (control.over() || end.getAsBoolean()) {
                return null;
            }
            Guard.Permit permit = guard.tryPermit();
            if (permit == null) {
                courtesy.throttled();
                control.stillHeldUp(split, heldUp(split, left, "its circuit breaker is open"));
                control.pause(control.settings().pollInterval.toNanos(), end);
                continue;
            }
            int size = Math.min(left.size(), callSize.next());
            List<Scanned<K, V>> part = left.subList(0, guard.healthy() ? size : Math.min(PROBE_SIZE, size));
            long start = guard.machine().nanos();
            List<ApplyResult> results = call(permit, part);
            boolean quick = guard.machine().nanos() - start < guard.patience().toNanos() / 4;
            List<Scanned<K, V>> again = settle(split, part, results, outcome);
            boolean failed = !again.isEmpty();
            boolean mostly = failed && again.size() * 2 >= part.size();
            if (mostly) { // a few are waited for by themselves
                courtesy.throttled();
            }
            if (failed && (!quick || again.size() * FEW >= part.size())) {
                callSize.tooMuch(part.size(), quick ? PROBE_SIZE : 1);
            } else if (!failed && quick) {
                callSize.easy(part.size());
            }
            again.addAll(left.subList(part.size(), left.size()));
            left = again;
            failedInARow = mostly ? failedInARow + 1 : failed ? 1 : 0; // it goes on, so it need not be waited for long
            if (failed) {
                tell(split, left, failedInARow, results);
                control.pause(control.backoff(failedInARow), end);
            } else {
                control.goesOn(split);
            }
        }
        return outcome;
    }

    /** Says where it stands and why, less and less often. */
    private void tell(int split, List<Scanned<K, V>> left, int attempts, List<ApplyResult> results) {
        String reason = results.stream()
                .filter(result -> result.status() == ApplyResult.Status.TRANSIENT_FAILURE)
                .findFirst()
                .map(ApplyResult::error)
                .orElse("");
        control.heldUp(split, heldUp(split, left, reason));
        if (attempts < TOLD || Integer.bitCount(attempts) > 1) {
            return;
        }
        events.publish(new DualWriteEvent.BackfillHeldUp(
                events.repository(),
                control.settings().job,
                split,
                Keys.text(left.get(0).key()),
                reason,
                attempts));
    }

    private String heldUp(int split, List<Scanned<K, V>> left, String reason) {
        return follower + " does not take key " + Keys.text(left.get(0).key()) + " of split " + split + " (" + reason
                + "), nor what comes after it; what was noted is kept, mend the cause and run again";
    }

    /** Counts what is decided and returns what is to be repeated. */
    private static <K, V> List<Scanned<K, V>> settle(
            int split, List<Scanned<K, V>> part, List<ApplyResult> results, Outcome outcome) {
        List<Scanned<K, V>> again = new ArrayList<>();
        for (int i = 0; i < part.size(); i++) {
            ApplyResult result = results.get(i);
            switch (result.status()) {
                case APPLIED -> outcome.applied++;
                case SUPERSEDED -> outcome.skipped++;
                case TRANSIENT_FAILURE -> again.add(part.get(i));
                case PERMANENT_FAILURE ->
                    outcome.failures.add(
                            new JobFailure(split, Keys.text(part.get(i).key()), result.error()));
            }
        }
        return again;
    }

    private List<ApplyResult> call(Guard.Permit permit, List<Scanned<K, V>> part) throws InterruptedException {
        givingWay.pageBegins();
        try {
            List<ApplyResult> results = guard.machine()
                    .await(
                            permit.call(() -> baseline.store(part), ApplyFailures::inBreakersEyes),
                            guard.patience()); // its own deadline ends with the repository
            Exception malformed = ApplyFailures.inForm(results, part.size(), follower);
            if (malformed != null) {
                throw new ExecutionException(malformed);
            }
            return results;
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = Guard.unwrap(e);
            ApplyResult failure = ApplyResult.transientFailure(cause.getClass().getSimpleName(), cause);
            return part.stream().map(record -> failure).toList();
        } finally {
            givingWay.pageEnds();
        }
    }
}
