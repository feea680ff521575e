package io.github.dualwrite.verify;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.routing.RecordComparator;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One run of a {@link Verification}, whose steps it takes. To be used once. */
final class VerificationRun<K, V> {

    private final VerificationParts<K, V> parts;
    private final VerificationSettings<K, V> settings;
    private final VerificationClock clock;
    private final String repository;
    private final RecordComparator<? super V> comparator;
    private final RunControl control;
    private final StoreReader<K, V> reader;
    private final Tally<K> tally;
    private final RunCounts counts;
    private final Saving saving;
    private final AtomicInteger published = new AtomicInteger();

    VerificationRun(
            VerificationParts<K, V> parts,
            VerificationSettings<K, V> settings,
            VerificationClock clock,
            @Nullable CheckpointStore checkpoints) {
        this.parts = parts;
        this.settings = settings;
        this.clock = clock;
        this.repository = parts.events().repository();
        this.comparator = settings.comparator != null ? settings.comparator : parts.comparator();
        this.control = new RunControl(repository, settings, parts.closed(), parts.hopeless(), clock);
        this.reader = new StoreReader<>(parts, settings, comparator, control);
        this.tally = new Tally<>(settings.findings, settings.samples);
        this.counts = new RunCounts(clock, tally, this::progressed);
        this.saving = new Saving(repository, checkpoints, clock, settings.checkpointEvery);
    }

    VerificationProgress progress() {
        return counts.progress();
    }

    /** Compares exactly these keys. */
    VerificationReport<K> keys(List<K> keys) throws InterruptedException {
        RunState state = RunState.begin(Map.of(), clock.now(), 1, 0, List.of(), List.of());
        counts.phase(VerificationProgress.Phase.SETTLING, OptionalLong.of(keys.size()));
        settle(keys, tally);
        return report(state);
    }

    /** Compares everything. */
    VerificationReport<K> everything() throws InterruptedException {
        RunState state = begin();
        Supplier<Checkpoint> checkpoint = () -> state.checkpoint(control.elapsed());
        boolean ended = false;
        try {
            scanAndCompare(state, () -> saving.sometimes(checkpoint));
            ended = true;
        } finally {
            if (!ended) {
                saveAtTheEnd(checkpoint);
            }
        }
        VerificationReport<K> report = report(state);
        if (report.notCovered().isEmpty()) {
            saving.remove();
        } else {
            saving.last(checkpoint);
        }
        return report;
    }

    /** What ended the run is what its caller hears of. */
    private void saveAtTheEnd(Supplier<Checkpoint> checkpoint) {
        try {
            saving.last(checkpoint);
        } catch (RuntimeException e) {
            return; // the one before is still good
        }
    }

    private RunState begin() throws InterruptedException {
        Checkpoint saved = saving.load();
        reader.open();
        Map<String, String> print = saving.inUse()
                ? RunPrint.of(
                        parts,
                        settings,
                        comparator,
                        reader.form(Side.AUTHORITY),
                        reader.form(Side.FOLLOWER),
                        reader.digestForm())
                : Map.of();
        if (saved == null) {
            return RunState.begin(
                    print,
                    clock.now(),
                    settings.buckets,
                    settings.samples,
                    reader.splits(Side.AUTHORITY),
                    reader.splits(Side.FOLLOWER));
        }
        RunPrint.difference(saved.print(), print).ifPresent(what -> {
            throw saving.refused("does not belong to this verification: " + what, null);
        });
        return RunState.resume(saved, settings.samples);
    }

    private void scanAndCompare(RunState state, Runnable save) throws InterruptedException {
        counts.phase(VerificationProgress.Phase.SCANNING, reader.estimate());
        counts.resumed(state.rows(Side.AUTHORITY), state.rows(Side.FOLLOWER));
        boolean scanned = new DigestPhase<>(repository, settings, reader, control, counts, state, save).run();
        for (Side side : Side.values()) {
            tally.unreadable(side, state.unreadable(side));
        }
        state.unreadableSamples().forEach(tally::sample);
        if (!scanned) {
            tally.notCovered("time budget: it ended while both sides were scanned, so nothing is known to be equal");
            return;
        }
        BucketSums authority = state.sums(Side.AUTHORITY);
        BucketSums follower = state.sums(Side.FOLLOWER);
        BitSet differing = BucketSums.differing(authority, follower);
        counts.differing(differing.cardinality());
        long matching = 0;
        for (int bucket = differing.nextClearBit(0);
                bucket < settings.buckets;
                bucket = differing.nextClearBit(bucket + 1)) {
            matching += authority.count(bucket);
        }
        tally.matching(matching);
        new ComparePhase<>(repository, settings, reader, counts, state, tally, this::settle, save)
                .run(Pass.plan(differing, authority, follower, settings.keysInMemory));
    }

    private VerificationReport<K> report(RunState state) {
        return new VerificationReport<>(
                parts,
                settings,
                state,
                reader.leftOut(),
                clock.now(),
                control.elapsed(),
                counts,
                reader.digestsInStores(),
                tally);
    }

    private void settle(List<K> keys, Tally<K> found) throws InterruptedException {
        new Settlement<>(parts, settings, comparator, control, found, this::found).settle(keys);
    }

    private void found(Finding<K> finding) {
        if (published.getAndIncrement() < settings.samples * Difference.values().length) {
            parts.events()
                    .publish(new DualWriteEvent.VerificationFound(
                            repository,
                            finding.shown(),
                            finding.difference().name(),
                            finding.fields(),
                            finding.cause().name()));
        }
    }

    private void progressed(VerificationProgress now) {
        parts.events()
                .publish(new DualWriteEvent.VerificationProgressed(
                        repository,
                        now.phase().name(),
                        now.authorityRows(),
                        now.followerRows(),
                        now.estimatedRows().orElse(-1),
                        now.rowsPerSecond(),
                        now.remaining().orElse(null),
                        now.found()));
    }
}
