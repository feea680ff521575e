package io.github.dualwrite.metrics;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.StoreRole;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Shows how far backfills and verifications are, as they last reported on this instance; not a number before that. */
final class JobGauges implements DualWriteListener {

    private final AtomicInteger backfills = new AtomicInteger();
    private final AtomicInteger verifications = new AtomicInteger();
    private final Map<String, Counter> ended = new LinkedHashMap<>();
    private volatile DualWriteEvent.@Nullable BackfillProgressed copied;
    private volatile double failures = Double.NaN;
    private volatile DualWriteEvent.@Nullable VerificationProgressed compared;
    private volatile DualWriteEvent.@Nullable VerificationEnded result;
    private volatile @Nullable Instant consistentAsOf;

    JobGauges(Registration meters) {
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
        findings(meters, "different", DualWriteEvent.VerificationEnded::different);
        findings(meters, "missing", DualWriteEvent.VerificationEnded::missing);
        findings(meters, "extra", DualWriteEvent.VerificationEnded::extra);
        findings(meters, "in_flight", DualWriteEvent.VerificationEnded::inFlight);
        findings(meters, "undecided", DualWriteEvent.VerificationEnded::undecided);
        for (String state : DualWriteTag.VERIFICATION.allowed()) {
            ended.put(state, meters.counter(DualWriteMeter.VERIFICATION_ENDED, state));
        }
        meters.gauge(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF, () -> {
            Instant known = consistentAsOf;
            return known == null ? Double.NaN : known.toEpochMilli() / 1e3;
        });
    }

    private void findings(
            Registration meters, String finding, ToDoubleFunction<DualWriteEvent.VerificationEnded> count) {
        meters.gauge(DualWriteMeter.VERIFICATION_FINDINGS, () -> of(result, count), finding);
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
        left(e.failures());
    }

    @Override
    public void onBackfillRecordDiscarded(DualWriteEvent.BackfillRecordDiscarded e) {
        left(e.failuresLeft());
    }

    @Override
    public void onBackfillEnded(DualWriteEvent.BackfillEnded e) {
        ended(backfills);
        left(e.failures());
    }

    private void left(long count) {
        if (count >= 0) { // what could not be read has not gone
            failures = count;
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
        if (e.error() == null) { // one that could not go on has counted nothing, and clears nothing
            result = e;
        }
        if (fresh(e)) {
            consistentAsOf = e.consistentAsOf();
        }
        Counter counter = ended.get(e.state().toLowerCase(Locale.ROOT));
        if (counter != null) {
            counter.increment();
        }
    }

    /** Its age is watched from the first round of a continuous verification on; a run by itself alone promises no other one. */
    private boolean fresh(DualWriteEvent.VerificationEnded e) {
        Instant known = consistentAsOf;
        Instant now = e.consistentAsOf();
        return now != null && (known == null ? e.round() > 0 : now.isAfter(known));
    }

    /** What began before the meters were bound ends without having begun. */
    private static void ended(AtomicInteger runs) {
        int unused = runs.updateAndGet(before -> Math.max(0, before - 1));
    }
}
