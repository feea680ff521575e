package io.github.dualwrite.verify;

import io.github.dualwrite.event.DualWriteEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares both stores completely, next to live traffic, and says exactly where they differ.
 *
 * <ol>
 *   <li><b>Scan</b> both sides once, in parallel. Each record is brought to a normal form that knows nothing of how it was copied, and
 *       hashed together with its key; the hashes of a bucket of keys are added modulo 2<sup>128</sup>, and counted. Memory is that of
 *       the buckets, whatever the size of the tables. Two stores that compute the same digests themselves are asked for these.
 *   <li><b>Compare</b> the buckets that differ: read both sides again, and hold key and hash of records in these buckets until the other
 *       side has the same. More keys than are to be held at once are compared in several passes; the number of passes has a bound.
 *   <li><b>Settle</b> the keys that are left: read them on both sides until they are equal, or differ while nothing is on its way. Only
 *       this step says that a key differs. What has not settled after a bounded number of looks is in flight.
 *   <li><b>Report.</b> What could not be compared is said.
 * </ol>
 *
 * <p><b>What is equal</b> is up to the comparator. A digest never takes for equal what the comparator tells apart, but for collisions of 128
 * bits: rules that can be applied to one value alone (ignored fields, numbers by what they are worth, times cut to a unit, collections
 * without order) are; fields with other rules (tolerances, predicates) are digested as they are, and where only such a field differs, the
 * record is read and the comparator decides. A field that differs nearly everywhere within its tolerance makes that slow, up to the point
 * where passes run out, which is said.
 *
 * <p><b>What it does not find</b>: what both mappings leave out or read wrongly in the same way, because it compares the records that the
 * application gets; and a difference that came and went during the run. Writers that bypass library and capture may be reported as
 * differences while they are at it.
 *
 * <p>It reads only; nothing is locked, and no transaction is held open between two calls. A run that is killed leaves nothing behind but
 * the checkpoint, if it was given a place for it. Rates hold for one run, and processes do not share one. Safe for use by many threads; runs at the same time are independent.
 */
public final class Verification<K, V> {

    private final VerificationParts<K, V> parts;
    private final VerificationSettings<K, V> settings;
    private final VerificationClock clock;
    private volatile @Nullable VerificationRun<K, V> current;

    /** Made by {@code DualWriteRepository}; an application gets it from there. */
    public Verification(VerificationParts<K, V> parts, VerificationSettings<K, V> settings) {
        this(parts, settings, VerificationClock.of(parts.guard().machine()));
    }

    Verification(VerificationParts<K, V> parts, VerificationSettings<K, V> settings, VerificationClock clock) {
        this.parts = parts;
        this.settings = settings;
        this.clock = clock;
    }

    Verification<K, V> withClock(VerificationClock other) {
        return new Verification<>(parts, settings, other);
    }

    /**
     * Compares everything, until it is done or the time budget is used up.
     *
     * @throws VerificationException if a store goes on failing, or a value has no normal form; says which split, and what to do
     * @throws java.util.concurrent.CancellationException if the repository is closed meanwhile
     */
    public VerificationReport<K> run() throws InterruptedException {
        return run(0, null, null, null);
    }

    /**
     * Compares everything, and goes on where a run with the same settings was killed, or ran out of time or passes. What was read then is not
     * read again, what was found equal by comparing keys is not compared again; what was found to differ is looked at once more. The
     * report covers all runs: it begins with the first one, and what it says is equal was so at some moment since.
     *
     * <p>Saves its state every {@link VerificationSettings.Builder#checkpointEvery} and when it ends before its time; removes it when all is
     * covered. A killed run loses what it did since it saved. One run at a time.
     *
     * @throws VerificationException also if the checkpoint is damaged, or made with another repository, other settings that decide what is
     *     compared, or another schema; nothing was read then, and the checkpoint is left as it was. Also if it cannot be saved
     * @throws java.util.concurrent.CancellationException if the repository is closed meanwhile
     */
    public VerificationReport<K> run(CheckpointStore checkpoints) throws InterruptedException {
        return run(0, null, null, checkpoints);
    }

    /** Compares exactly these keys, whatever sample and filter say; for a few thousand keys. */
    public VerificationReport<K> check(Collection<? extends K> keys) throws InterruptedException {
        List<K> distinct = List.copyOf(new LinkedHashSet<K>(keys));
        return begin(null).keys(distinct);
    }

    /** How far the latest run of this object is; empty if there was none. */
    public Optional<VerificationProgress> progress() {
        VerificationRun<K, V> run = current;
        return run == null ? Optional.empty() : Optional.of(run.progress());
    }

    /** What a repair of a report's findings would do. Reads the keys, writes nothing. */
    public RepairReport<K> repairPlan(VerificationReport<K> report) throws InterruptedException {
        return new Repair<>(this, parts, clock).plan(report);
    }

    /**
     * Heals the findings of a report: gives their keys a new version and brings their current state to the follower by the ordinary
     * machinery, guarded by version; a key that the authority does not have becomes a tombstone. Then waits until they are no longer
     * pending, at most until the deadline, and checks exactly these keys again. Keys in flight are left alone: they are pending, or being
     * written, and a parked one waits for a person. So are keys that cannot be read or marked. If the report holds fewer findings than it counts,
     * repair and verify again.
     *
     * <p>Killed in between, the keys that were named are pending, and the reconciler goes on; doing it again is harmless.
     *
     * @throws io.github.dualwrite.DualWriteException if the authority fails for all keys
     * @throws java.util.concurrent.CancellationException if the repository is closed meanwhile
     */
    public RepairReport<K> repair(VerificationReport<K> report, Duration deadline) throws InterruptedException {
        return new Repair<>(this, parts, clock).repair(report, deadline);
    }

    /**
     * Verifies again and again in the background. Not started.
     *
     * @param pause how long to rest between two rounds
     */
    public ContinuousVerification<K, V> continuously(Duration pause) {
        return new ContinuousVerification<>(
                this,
                parts.events(),
                pause,
                clock,
                parts.closed(),
                parts.guard().machine());
    }

    private VerificationRun<K, V> begin(@Nullable CheckpointStore checkpoints) {
        VerificationRun<K, V> run = new VerificationRun<>(parts, settings, clock, checkpoints);
        current = run;
        return run;
    }

    /** A run with its events. */
    VerificationReport<K> run(
            long round,
            @Nullable VerificationState before,
            @Nullable Instant consistentAsOf,
            @Nullable CheckpointStore checkpoints)
            throws InterruptedException {
        String repository = parts.events().repository();
        parts.events().publish(new DualWriteEvent.VerificationBegan(repository, round));
        VerificationRun<K, V> run = begin(checkpoints);
        try {
            VerificationReport<K> report = run.everything();
            Instant asOf = report.consistentButForWritesOnTheirWay() ? report.started() : consistentAsOf;
            parts.events()
                    .publish(new DualWriteEvent.VerificationEnded(
                            repository,
                            round,
                            report.state().name(),
                            report.state() != before,
                            report.compared(),
                            report.different(),
                            report.missing(),
                            report.extra(),
                            report.inFlight(),
                            report.undecided() + report.unreadable(Side.AUTHORITY) + report.unreadable(Side.FOLLOWER),
                            report.duration(),
                            asOf,
                            null));
            return report;
        } catch (InterruptedException | RuntimeException | Error e) { // whatever began ends, for those who count
            parts.events()
                    .publish(new DualWriteEvent.VerificationEnded(
                            repository, round, "FAILED", true, 0, 0, 0, 0, 0, 0, Duration.ZERO, consistentAsOf, e));
            throw e;
        }
    }
}
