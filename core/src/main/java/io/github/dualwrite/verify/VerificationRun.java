package io.github.dualwrite.verify;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.routing.KeyHash;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.spi.BucketDigest;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One run of a {@link Verification}, whose steps it takes. To be used once. */
final class VerificationRun<K, V> {

    private static final int SPLITS_PER_THREAD = 4;
    private static final long ROWS_FOR_EACH_SPLIT = 1_000_000;
    private static final long MOST_SPLITS = 100_000;

    /** What is done with a page. */
    @FunctionalInterface
    private interface PageWork<K, V> {
        void page(ScanPage<K, V> page);
    }

    private final VerificationParts<K, V> parts;
    private final VerificationSettings<K, V> settings;
    private final VerificationClock clock;
    private final String repository;
    private final RecordComparator<? super V> comparator;
    private final RunControl control;
    private final Tally<K> tally;
    private final RunCounts counts;
    private final Instant started;
    private final AtomicInteger published = new AtomicInteger();
    private RecordScan<K, V> authorityScan;
    private RecordScan<K, V> followerScan;
    private @Nullable String leftOut;
    private boolean readsTooMuch;
    private @Nullable BucketDigests<K, V> authorityDigests;
    private @Nullable BucketDigests<K, V> followerDigests;

    VerificationRun(VerificationParts<K, V> parts, VerificationSettings<K, V> settings, VerificationClock clock) {
        this.parts = parts;
        this.settings = settings;
        this.clock = clock;
        this.repository = parts.events().repository();
        this.authorityScan = parts.authorityScan();
        this.followerScan = parts.followerScan();
        this.leftOut = settings.leftOut().orElse(null);
        this.comparator = settings.comparator != null ? settings.comparator : parts.comparator();
        this.control = new RunControl(repository, settings, parts.closed(), parts.hopeless(), clock);
        this.tally = new Tally<>(settings.findings, settings.samples);
        this.started = clock.now();
        this.counts = new RunCounts(clock, tally, estimate(), this::progressed);
    }

    /** Stores that know the order of keys read only those asked for. */
    private void bounds() throws InterruptedException {
        if (settings.bounds == null) {
            return;
        }
        for (Side side : Side.values()) {
            RecordScan<K, V> narrowed = control.retrying(
                            () -> "narrowing the scan of the " + TwoScans.name(side),
                            () -> scanOf(side).within(settings.bounds))
                    .orElse(null);
            if (narrowed == null) {
                readsTooMuch = true;
                leftOut += "; the " + TwoScans.name(side)
                        + " was read completely all the same: it does not keep keys in Java's order";
            } else if (side == Side.AUTHORITY) {
                authorityScan = narrowed;
            } else {
                followerScan = narrowed;
            }
        }
        counts.phase(VerificationProgress.Phase.SCANNING, estimate());
    }

    /** Only if both stores see the same, and the comparator asks for no more than they can do. */
    private void digestsInStores() throws InterruptedException {
        Set<String> ignored = comparator.normalization().leavesOutOnly().orElse(null);
        if (ignored == null || !settings.digestsInStores || settings.picksKeys() || readsTooMuch) {
            return;
        }
        BucketDigests<K, V> ours = digests(Side.AUTHORITY, ignored);
        BucketDigests<K, V> theirs = ours == null ? null : digests(Side.FOLLOWER, ignored);
        if (ours != null && theirs != null && ours.fingerprint().equals(theirs.fingerprint())) {
            authorityDigests = ours;
            followerDigests = theirs;
        }
    }

    private @Nullable BucketDigests<K, V> digests(Side side, Set<String> ignored) throws InterruptedException {
        return control.retrying(
                        () -> "asking the " + TwoScans.name(side) + " for digests",
                        () -> scanOf(side).bucketDigests().flatMap(digests -> digests.without(ignored)))
                .orElse(null);
    }

    VerificationProgress progress() {
        return counts.progress();
    }

    /** Compares exactly these keys. */
    VerificationReport<K> keys(List<K> keys) throws InterruptedException {
        counts.phase(VerificationProgress.Phase.SETTLING, OptionalLong.of(keys.size()));
        settle(keys);
        return report();
    }

    /** Compares everything. */
    VerificationReport<K> everything() throws InterruptedException {
        BucketSums authority = new BucketSums(settings.buckets);
        BucketSums follower = new BucketSums(settings.buckets);
        bounds();
        digestsInStores();
        if (!digest(authority, follower)) {
            counts.scanned(0);
            tally.notCovered("time budget: it ended while both sides were scanned, so nothing is known to be equal");
            return report();
        }
        BitSet differing = BucketSums.differing(authority, follower);
        counts.scanned(differing.cardinality());
        long matching = 0;
        for (int bucket = differing.nextClearBit(0);
                bucket < settings.buckets;
                bucket = differing.nextClearBit(bucket + 1)) {
            matching += authority.count(bucket);
        }
        tally.matching(matching);
        compare(Pass.plan(differing, authority, follower, settings.keysInMemory));
        return report();
    }

    private VerificationReport<K> report() {
        return new VerificationReport<>(
                parts,
                settings,
                leftOut,
                started,
                clock.now(),
                control.elapsed(),
                counts,
                authorityDigests != null,
                tally);
    }

    /** Phase 1. False if the time was not enough. */
    private boolean digest(BucketSums authority, BucketSums follower) throws InterruptedException {
        return scan((wanted, side) -> splits(wanted, side), (side, split, digest) -> {
            BucketSums sums = side == Side.AUTHORITY ? authority : follower;
            BucketDigests<K, V> inStore = side == Side.AUTHORITY ? authorityDigests : followerDigests;
            if (inStore != null) {
                return digestInStore(side, split, inStore, sums);
            }
            return pages(side, split, scanOf(side), page -> {
                BucketSums.Batch batch = new BucketSums.Batch();
                for (ScanPage.Scanned<K, V> record : page.records()) {
                    long hash = KeyHash.of(repository, record.key());
                    if (chosen(record.key(), hash)) {
                        batch.add(Pass.bucket(hash, settings.buckets), digest.of(record.key(), record.value()));
                    }
                }
                sums.add(batch);
                unreadable(side, page);
            });
        });
    }

    private boolean digestInStore(Side side, Split split, BucketDigests<K, V> inStore, BucketSums sums)
            throws InterruptedException {
        if (control.over()) {
            return false;
        }
        List<BucketDigest> digests = control.retrying(
                () -> "digests of split " + split.range() + " of the " + TwoScans.name(side),
                () -> inStore.digests(split, settings.buckets));
        sums.add(digests);
        long rows = digests.stream().mapToLong(BucketDigest::count).sum();
        counts.read(side, rows);
        control.pay(rows);
        return true;
    }

    /** Phase 2. */
    private void compare(List<Pass> passes) throws InterruptedException {
        for (int i = 0; i < passes.size(); i++) {
            if (i >= settings.passes) {
                left("passes: there were " + settings.passes + " and " + passes.size() + " are needed", passes, i);
                return;
            }
            if (!compare(passes.get(i))) {
                left("time budget", passes, i);
                return;
            }
        }
    }

    private void left(String why, List<Pass> passes, int from) {
        BitSet buckets = new BitSet();
        passes.subList(from, passes.size()).forEach(pass -> buckets.or(pass.buckets()));
        tally.notCovered(why + "; " + buckets.cardinality()
                + " buckets differ, or did while they were scanned, and were not compared key by key");
    }

    /** False if the time was not enough. */
    private boolean compare(Pass pass) throws InterruptedException {
        counts.phase(
                VerificationProgress.Phase.COMPARING, authorityDigests == null ? estimate() : OptionalLong.empty());
        KeyMatch<K> match = new KeyMatch<>((int) Math.min(Integer.MAX_VALUE, 2L * settings.keysInMemory));
        RecordScan<K, V> authority = scanOf(Side.AUTHORITY, pass);
        RecordScan<K, V> follower = scanOf(Side.FOLLOWER, pass);
        boolean complete = scan(
                (wanted, side) -> (side == Side.AUTHORITY ? authority : follower).splits(wanted),
                (side, split, digest) -> pages(side, split, side == Side.AUTHORITY ? authority : follower, page -> {
                    Map<K, RecordDigest.Hash> hashes = new HashMap<>();
                    for (ScanPage.Scanned<K, V> record : page.records()) {
                        long hash = KeyHash.of(repository, record.key());
                        if (inPass(pass, record.key(), hash)) {
                            hashes.put(record.key(), digest.of(record.key(), record.value()));
                        }
                    }
                    match.add(side, hashes);
                    if (authorityDigests != null) { // otherwise they were counted when the digests were made
                        unreadable(side, page);
                    }
                }));
        tally.held(match.most());
        if (!complete) {
            return false;
        }
        if (match.overflown()) {
            left("the stores grew too fast to hold the keys that differ", List.of(pass), 0);
            return true;
        }
        tally.matching(match.equal());
        List<K> suspects = match.suspects();
        counts.phase(VerificationProgress.Phase.SETTLING, OptionalLong.of(suspects.size()));
        settle(suspects);
        return true;
    }

    private boolean inPass(Pass pass, K key, long hash) {
        return pass.inPart(hash)
                && (authorityDigests != null // the store has chosen the bucket
                        || (chosen(key, hash) && pass.buckets().get(Pass.bucket(hash, settings.buckets))));
    }

    private boolean chosen(K key, long hash) {
        return settings.sample.contains(hash)
                && (settings.bounds == null || settings.bounds.contains(key))
                && settings.filter.test(key);
    }

    private RecordScan<K, V> scanOf(Side side) {
        return side == Side.AUTHORITY ? authorityScan : followerScan;
    }

    private RecordScan<K, V> scanOf(Side side, Pass pass) {
        BucketDigests<K, V> inStore = side == Side.AUTHORITY ? authorityDigests : followerDigests;
        if (inStore == null) {
            return scanOf(side);
        }
        Set<Integer> buckets = pass.buckets().stream().boxed().collect(Collectors.toSet());
        return inStore.scanOf(buckets, settings.buckets);
    }

    /** Cuts a side into splits. */
    @FunctionalInterface
    private interface Cut {
        List<Split> splits(int wanted, Side side);
    }

    /** Those of digests are one call each, so they must not be too large to be ended between two. */
    private List<Split> splits(int wanted, Side side) {
        BucketDigests<K, V> inStore = side == Side.AUTHORITY ? authorityDigests : followerDigests;
        if (inStore == null) {
            return scanOf(side).splits(wanted);
        }
        long rows = scanOf(side).estimatedRecords().orElse(0);
        return inStore.splits((int) Math.max(wanted, Math.min(MOST_SPLITS, rows / ROWS_FOR_EACH_SPLIT)));
    }

    private boolean scan(Cut cut, TwoScans.SplitWork work) throws InterruptedException {
        int wanted = settings.threads * SPLITS_PER_THREAD;
        List<Split> ours =
                control.retrying(() -> "cutting the authority into splits", () -> cut.splits(wanted, Side.AUTHORITY));
        List<Split> theirs =
                control.retrying(() -> "cutting the follower into splits", () -> cut.splits(wanted, Side.FOLLOWER));
        return new TwoScans(
                        parts.guard().machine(),
                        repository,
                        settings.threads,
                        () -> new RecordDigest(new NormalForm(comparator.normalization(), settings.forms)))
                .run(ours, theirs, work);
    }

    /** Reads a split page by page. False if the time was not enough. */
    private boolean pages(Side side, Split split, RecordScan<K, V> scan, PageWork<K, V> work)
            throws InterruptedException {
        @Nullable String position = null;
        do {
            if (control.over()) {
                return false;
            }
            @Nullable String after = position;
            ScanPage<K, V> page = control.retrying(
                    () -> "reading split " + split.range() + " of the " + TwoScans.name(side) + " after "
                            + (after == null ? "its beginning" : "position " + after),
                    () -> scan.page(split, after, settings.pageSize));
            work.page(page);
            long rows = (long) page.records().size() + page.unreadable().size();
            counts.read(side, rows);
            control.pay(rows);
            position = page.next();
        } while (position != null);
        return true;
    }

    private void unreadable(Side side, ScanPage<K, V> page) {
        for (ScanPage.Unreadable one : page.unreadable()) {
            Object shown = settings.keyPrivacy.shown(repository, one.key());
            boolean plain = settings.keyPrivacy == KeyPrivacy.PLAIN;
            tally.unreadable(new Unreadable(side, shown, plain ? one.reason() : "the mapping cannot read it"));
        }
    }

    private void settle(List<K> keys) throws InterruptedException {
        new Settlement<>(parts, settings, comparator, control, tally, this::found).settle(keys);
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

    /** Of both sides together; empty if a side does not know, or cannot say now. */
    private OptionalLong estimate() {
        try {
            OptionalLong ours = authorityScan.estimatedRecords();
            OptionalLong theirs = followerScan.estimatedRecords();
            return ours.isPresent() && theirs.isPresent()
                    ? OptionalLong.of(ours.getAsLong() + theirs.getAsLong())
                    : OptionalLong.empty();
        } catch (RuntimeException e) { // the scan itself will say what is wrong
            return OptionalLong.empty();
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
