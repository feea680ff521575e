package io.github.dualwrite.metrics;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.verify.VerificationState;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Shows how far backfills and verifications are, as they last reported on this instance; not a number before that. */
final class JobGauges implements DualWriteListener {

    /** What a run that found no difference has to end with to have looked everywhere; one that found some tells of them at any rate. */
    private static final Set<String> COMPARED =
            Set.of(VerificationState.CONSISTENT.name(), VerificationState.DIFFERENT.name());

    private final AtomicInteger backfills = new AtomicInteger();
    private final AtomicInteger verifications = new AtomicInteger();
    private final Map<String, Counter> ended = new LinkedHashMap<>();
    private final Counter heldUp;
    private volatile DualWriteEvent.@Nullable BackfillProgressed copied;
    private volatile double failures = Double.NaN;
    private volatile @Nullable String reported;
    private volatile DualWriteEvent.@Nullable VerificationProgressed compared;
    private volatile DualWriteEvent.@Nullable VerificationEnded looked;
    private volatile DualWriteEvent.@Nullable VerificationEnded result;
    private volatile @Nullable Instant consistentAsOf;
    private volatile boolean watched;

    JobGauges(Registration meters) {
        heldUp = meters.counter(DualWriteMeter.BACKFILL_HELD_UP);
        backfill(meters);
        verification(meters);
    }

    private void backfill(Registration meters) {
        meters.gauge(DualWriteMeter.BACKFILL_RUNS, backfills::doubleValue);
        meters.gauge(DualWriteMeter.BACKFILL_ROWS, () -> of(copied, DualWriteEvent.BackfillProgressed::rows));
        meters.gauge(DualWriteMeter.BACKFILL_ROWS_EXPECTED, () -> of(copied, e -> known(e.totalRows())));
        meters.gauge(
                DualWriteMeter.BACKFILL_RATE,
                () -> backfills.get() == 0 ? 0 : of(copied, DualWriteEvent.BackfillProgressed::rowsPerSecond));
        meters.gauge(
                DualWriteMeter.BACKFILL_REMAINING,
                () -> backfills.get() == 0 ? Double.NaN : of(copied, e -> seconds(e.remaining())));
        meters.gauge(DualWriteMeter.BACKFILL_SPLITS, () -> of(copied, DualWriteEvent.BackfillProgressed::splits));
        meters.gauge(
                DualWriteMeter.BACKFILL_SPLITS_DONE, () -> of(copied, DualWriteEvent.BackfillProgressed::splitsDone));
        meters.gauge(DualWriteMeter.BACKFILL_FAILED_RECORDS, () -> failures);
    }

    private void verification(Registration meters) {
        meters.gauge(DualWriteMeter.VERIFICATION_RUNS, verifications::doubleValue);
        meters.gauge(
                DualWriteMeter.VERIFICATION_ROWS,
                () -> of(compared, DualWriteEvent.VerificationProgressed::authorityRows),
                DualWriteTag.name(StoreRole.AUTHORITY));
        meters.gauge(
                DualWriteMeter.VERIFICATION_ROWS,
                () -> of(compared, DualWriteEvent.VerificationProgressed::followerRows),
                DualWriteTag.name(StoreRole.FOLLOWER));
        meters.gauge(DualWriteMeter.VERIFICATION_ROWS_EXPECTED, () -> of(compared, e -> known(e.estimatedRows())));
        meters.gauge(
                DualWriteMeter.VERIFICATION_REMAINING,
                () -> verifications.get() == 0 ? Double.NaN : of(compared, e -> seconds(e.remaining())));
        findings(meters, "different", () -> of(result, DualWriteEvent.VerificationEnded::different));
        findings(meters, "missing", () -> of(result, DualWriteEvent.VerificationEnded::missing));
        findings(meters, "extra", () -> of(result, DualWriteEvent.VerificationEnded::extra));
        findings(meters, "in_flight", () -> of(looked, DualWriteEvent.VerificationEnded::inFlight));
        findings(meters, "undecided", () -> of(looked, DualWriteEvent.VerificationEnded::undecided));
        for (String state : DualWriteTag.VERIFICATION.allowed()) {
            ended.put(state, meters.counter(DualWriteMeter.VERIFICATION_ENDED, state));
        }
        meters.gauge(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF, () -> {
            Instant known = consistentAsOf;
            return known == null || !watched ? Double.NaN : known.toEpochMilli() / 1e3;
        });
    }

    private static void findings(Registration meters, String finding, DoubleSupplier count) {
        meters.gauge(DualWriteMeter.VERIFICATION_FINDINGS, count, finding);
    }

    private static <E> double of(@Nullable E last, ToDoubleFunction<E> number) {
        return last == null ? Double.NaN : number.applyAsDouble(last);
    }

    private static double known(long count) {
        return count < 0 ? Double.NaN : count;
    }

    private static double seconds(@Nullable Duration duration) {
        return duration == null ? Double.NaN : duration.toMillis() / 1e3;
    }

    @Override
    public void onBackfillBegan(DualWriteEvent.BackfillBegan e) {
        backfills.incrementAndGet();
    }

    @Override
    public void onBackfillProgressed(DualWriteEvent.BackfillProgressed e) {
        copied = e;
        left(e.job(), e.failures());
    }

    @Override
    public void onBackfillHeldUp(DualWriteEvent.BackfillHeldUp e) {
        heldUp.increment();
    }

    @Override
    public void onBackfillRecordDiscarded(DualWriteEvent.BackfillRecordDiscarded e) {
        left(e.job(), e.failuresLeft());
    }

    @Override
    public void onBackfillEnded(DualWriteEvent.BackfillEnded e) {
        ended(backfills);
        left(e.job(), e.failures());
    }

    private void left(String job, long count) {
        reported = job;
        if (count >= 0) { // what could not be read has not gone
            failures = count;
        }
    }

    @Override
    public void onBackfillStateChanged(DualWriteEvent.BackfillStateChanged e) {
        if (e.state().equals("REMOVED") && e.job().equals(reported)) {
            copied = null;
            failures = Double.NaN;
        }
    }

    @Override
    public void onVerificationBegan(DualWriteEvent.VerificationBegan e) {
        verifications.incrementAndGet();
    }

    @Override
    public void onVerificationProgressed(DualWriteEvent.VerificationProgressed e) {
        compared = e;
    }

    @Override
    public void onVerificationEnded(DualWriteEvent.VerificationEnded e) {
        ended(verifications);
        boolean consistent = consistent(e);
        if (e.error() == null) { // one that could not go on has counted nothing, and clears nothing
            looked = e;
            if (result == null || consistent || COMPARED.contains(e.state())) {
                result = e;
            }
        }
        Counter counter = ended.get(e.state().toLowerCase(Locale.ROOT));
        if (counter != null) {
            counter.increment();
        }
    }

    /**
     * Whether it has shown the stores to be consistent, but for writes on their way. The age of that is watched from the first round of a
     * continuous verification on; a run by itself promises no other one.
     */
    private boolean consistent(DualWriteEvent.VerificationEnded e) {
        Instant known = consistentAsOf;
        Instant now = e.consistentAsOf();
        if (now == null || (known != null && !now.isAfter(known))) {
            return false;
        }
        consistentAsOf = now;
        watched |= e.round() > 0;
        return true;
    }

    /** What began before the meters were bound ends without having begun. */
    private static void ended(AtomicInteger runs) {
        int unused = runs.updateAndGet(before -> Math.max(0, before - 1));
    }
}
