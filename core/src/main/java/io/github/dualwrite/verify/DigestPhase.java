package io.github.dualwrite.verify;

import io.github.dualwrite.routing.KeyHash;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.spi.BucketDigest;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.util.ArrayList;
import java.util.List;

/** Phase 1: reads what is left of both sides, and adds it to the digests of the buckets. */
final class DigestPhase<K, V> {

    private final String repository;
    private final VerificationSettings<K, V> settings;
    private final StoreReader<K, V> reader;
    private final RunControl control;
    private final RunCounts counts;
    private final RunState state;
    private final Runnable progressed;

    /**
     * A phase.
     *
     * @param progressed is told after each page
     */
    DigestPhase(
            String repository,
            VerificationSettings<K, V> settings,
            StoreReader<K, V> reader,
            RunControl control,
            RunCounts counts,
            RunState state,
            Runnable progressed) {
        this.repository = repository;
        this.settings = settings;
        this.reader = reader;
        this.control = control;
        this.counts = counts;
        this.state = state;
        this.progressed = progressed;
    }

    /** False if the time was not enough. */
    boolean run() throws InterruptedException {
        return reader.both(state.open(Side.AUTHORITY), state.open(Side.FOLLOWER), (side, split, digest) -> {
            BucketDigests<K, V> inStore = reader.inStore(side);
            return inStore != null
                    ? digest(side, split, inStore)
                    : reader.pages(
                            side,
                            split,
                            state.position(side, split),
                            reader.scan(side),
                            page -> digest(side, split, digest, page));
        });
    }

    private boolean digest(Side side, Split split, BucketDigests<K, V> inStore) throws InterruptedException {
        if (control.over()) {
            return false;
        }
        List<BucketDigest> digests = control.retrying(
                () -> "digests of split " + split.range() + " of the " + TwoScans.name(side),
                () -> inStore.digests(split, settings.buckets));
        if (control.stopped()) {
            return false;
        }
        long rows = digests.stream().mapToLong(BucketDigest::count).sum();
        state.read(side, split, digests, rows, List.of(), null);
        counts.read(side, rows);
        progressed.run();
        control.pay(rows);
        return true;
    }

    private void digest(Side side, Split split, RecordDigest digest, ScanPage<K, V> page) {
        List<BucketDigest> digests = new ArrayList<>();
        for (ScanPage.Scanned<K, V> record : page.records()) {
            long hash = KeyHash.of(repository, record.key());
            if (reader.chosen(record.key(), hash)) {
                RecordDigest.Hash of = digest.of(record.key(), record.value());
                digests.add(new BucketDigest(Pass.bucket(hash, settings.buckets), 1, of.high(), of.low()));
            }
        }
        long rows = StoreReader.rows(page);
        state.read(side, split, digests, rows, unreadable(repository, settings, side, page), page.next());
        counts.read(side, rows);
        progressed.run();
    }

    static <K> List<Unreadable> unreadable(
            String repository, VerificationSettings<K, ?> settings, Side side, ScanPage<K, ?> page) {
        boolean plain = settings.keyPrivacy == KeyPrivacy.PLAIN;
        return page.unreadable().stream()
                .map(one -> new Unreadable(
                        side,
                        settings.keyPrivacy.shown(repository, one.key()),
                        plain ? one.reason() : "the mapping cannot read it"))
                .toList();
    }
}
