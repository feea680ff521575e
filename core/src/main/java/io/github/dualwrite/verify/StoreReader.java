package io.github.dualwrite.verify;

import io.github.dualwrite.internal.PageLimit;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads both sides for one run: which records, by whose digests, at which pace. Splits are cut, and estimates made, by one thread. */
final class StoreReader<K, V> {

    private static final int SPLITS_PER_THREAD = 4;
    private static final int LEAST_SPLITS = 4; // also one thread reads both sides by turns
    private static final long ROWS_WORTH_A_SPLIT = 10_000;
    private static final int FIRST_PAGE = 1_000;
    private static final long BYTES_OF_A_PAGE = 1 << 20;
    private static final long MOST_ROWS_OF_A_SPLIT = 1_000_000;
    private static final long LEAST_ROWS_OF_A_SPLIT = 20_000;
    private static final long MOST_SPLITS = 100_000;

    /** Cuts a side into splits. */
    @FunctionalInterface
    interface Cut {
        List<Split> splits(int wanted, Side side);
    }

    /** What is done with a page. */
    @FunctionalInterface
    interface PageWork<K, V> {
        void page(ScanPage<K, V> page);
    }

    private final VerificationParts<K, V> parts;
    private final VerificationSettings<K, V> settings;
    private final RecordComparator<? super V> comparator;
    private final RunControl control;
    private final boolean sampledByKey;
    private RecordScan<K, V> authorityScan;
    private RecordScan<K, V> followerScan;
    private @Nullable BucketDigests<K, V> authorityDigests;
    private @Nullable BucketDigests<K, V> followerDigests;
    private @Nullable String leftOut;
    private boolean readsTooMuch;
    private final Map<Side, OptionalLong> estimates = new EnumMap<>(Side.class);
    private final PageLimit authorityPages;
    private final PageLimit followerPages;

    StoreReader(
            VerificationParts<K, V> parts,
            VerificationSettings<K, V> settings,
            RecordComparator<? super V> comparator,
            RunControl control) {
        this.parts = parts;
        this.settings = settings;
        this.comparator = comparator;
        this.control = control;
        this.sampledByKey = parts.routedBy().keyUnder(parts.events().repository());
        this.authorityScan = parts.authorityScan();
        this.followerScan = parts.followerScan();
        this.leftOut = settings.leftOut().orElse(null);
        int most = (int) Math.max(1, Math.min(settings.pageSize, settings.rowsPerSecond));
        this.authorityPages = limit(authorityScan, most);
        this.followerPages = limit(followerScan, most);
    }

    private static PageLimit limit(RecordScan<?, ?> scan, int most) {
        return scan.endsPages()
                ? new PageLimit(most, most, most * BYTES_OF_A_PAGE)
                : new PageLimit(most, FIRST_PAGE, BYTES_OF_A_PAGE);
    }

    /** Asks both stores what they can do by themselves. */
    void open() throws InterruptedException {
        bounds();
        agreeOnDigests();
    }

    /** Stores that know the order of keys read only those asked for. */
    private void bounds() throws InterruptedException {
        if (settings.bounds == null) {
            return;
        }
        for (Side side : Side.values()) {
            RecordScan<K, V> narrowed = control.retrying(
                            () -> "narrowing the scan of the " + TwoScans.name(side),
                            () -> scan(side).within(settings.bounds))
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
    }

    /** Only if both stores see the same, and the comparator asks for no more than they can do. */
    private void agreeOnDigests() throws InterruptedException {
        Set<String> ignored = comparator.normalization().leavesOutOnly().orElse(null);
        if (ignored == null || !settings.digestsInStores || settings.picksKeys() || readsTooMuch) {
            return;
        }
        BucketDigests<K, V> theirs =
                digests(Side.FOLLOWER, ignored); // most often the one that knows at once that it cannot
        BucketDigests<K, V> ours = theirs == null ? null : digests(Side.AUTHORITY, ignored);
        if (ours != null && theirs != null && ours.fingerprint().equals(theirs.fingerprint())) {
            authorityDigests = ours;
            followerDigests = theirs;
        }
    }

    private @Nullable BucketDigests<K, V> digests(Side side, Set<String> ignored) throws InterruptedException {
        return control.retrying(
                        () -> "asking the " + TwoScans.name(side) + " for digests",
                        () -> scan(side).bucketDigests().flatMap(digests -> digests.without(ignored)))
                .orElse(null);
    }

    @Nullable
    String leftOut() {
        return leftOut;
    }

    boolean digestsInStores() {
        return authorityDigests != null;
    }

    /** How digests are made, for a checkpoint. */
    String digestForm() {
        BucketDigests<K, V> inStores = authorityDigests;
        return inStores == null ? "here" : inStores.fingerprint();
    }

    String form(Side side) throws InterruptedException {
        return control.retrying(
                () -> "reading the schema of the " + TwoScans.name(side),
                () -> scan(side).form());
    }

    RecordScan<K, V> scan(Side side) {
        return side == Side.AUTHORITY ? authorityScan : followerScan;
    }

    @Nullable
    BucketDigests<K, V> inStore(Side side) {
        return side == Side.AUTHORITY ? authorityDigests : followerDigests;
    }

    /** A scan of the records in the buckets of a pass, if the store can tell which these are; otherwise of all. */
    RecordScan<K, V> scan(Side side, Pass pass) {
        BucketDigests<K, V> inStore = inStore(side);
        if (inStore == null) {
            return scan(side);
        }
        Set<Integer> buckets = pass.buckets().stream().boxed().collect(Collectors.toSet());
        return inStore.scanOf(buckets, settings.buckets);
    }

    /**
     * Whether a key is compared.
     *
     * @param hash of the key itself, in this repository
     */
    boolean chosen(K key, long hash) {
        return inSample(key, hash)
                && (settings.bounds == null || settings.bounds.contains(key))
                && settings.filter.test(key);
    }

    private boolean inSample(K key, long hash) {
        return settings.sample.all()
                || settings.sample.contains(
                        sampledByKey ? hash : parts.routedBy().hash(key));
    }

    /**
     * The splits of the first scan. Those of digests answer with a row for each bucket, so there are no more than keep all threads busy; yet
     * each is one call, so they must not be too large to be ended between two, nor, under a rate limit, read in one go what it gives a second.
     */
    List<Split> splits(Side side) throws InterruptedException {
        BucketDigests<K, V> inStore = inStore(side);
        if (inStore == null) {
            return split(side, (wanted, any) -> scan(side).splits(wanted));
        }
        return split(side, (wanted, any) -> {
            long rows = scan(side).estimatedRecords().orElse(0);
            double each = Math.max(LEAST_ROWS_OF_A_SPLIT, Math.min(MOST_ROWS_OF_A_SPLIT, settings.rowsPerSecond));
            int asManyAsRows = (int) Math.min(MOST_SPLITS, Math.ceil(rows / each));
            int oneForEachThread = (settings.threads + 1) / 2;
            return inStore.splits(Math.max(oneForEachThread, asManyAsRows));
        });
    }

    /** Enough for all threads to end together; but a small table is not read in more requests than need be. */
    List<Split> split(Side side, Cut cut) throws InterruptedException {
        int most = settings.threads * SPLITS_PER_THREAD;
        long rows = Math.max(
                estimate(Side.AUTHORITY).orElse(-1), estimate(Side.FOLLOWER).orElse(-1));
        int least = Math.max(LEAST_SPLITS, settings.threads);
        int wanted = rows < 0 ? most : (int) Math.max(least, Math.min(most, rows / ROWS_WORTH_A_SPLIT));
        return control.retrying(
                () -> "cutting the " + TwoScans.name(side) + " into splits", () -> cut.splits(wanted, side));
    }

    /** Works on splits of both sides at once. False if the time was not enough. */
    boolean both(List<Split> authority, List<Split> follower, TwoScans.SplitWork work) throws InterruptedException {
        return new TwoScans(
                        parts.guard().machine(),
                        parts.events().repository(),
                        settings.threads,
                        control,
                        () -> new RecordDigest(new NormalForm(comparator.normalization(), settings.forms)))
                .run(authority, follower, work);
    }

    /** Reads a split page by page, from a position. False if the time was not enough. */
    boolean pages(Side side, Split split, @Nullable String from, RecordScan<K, V> scan, PageWork<K, V> work)
            throws InterruptedException {
        PageLimit limit = side == Side.AUTHORITY ? authorityPages : followerPages;
        @Nullable String position = from;
        do {
            if (control.over()) {
                return false;
            }
            @Nullable String after = position;
            ScanPage<K, V> page = control.retrying(
                    () -> "reading split " + split.range() + " of the " + TwoScans.name(side) + " after "
                            + (after == null ? "its beginning" : "position " + after),
                    () -> page(scan, split, after, limit));
            if (control.stopped()) {
                return false;
            }
            work.page(page);
            control.pay(rows(page));
            position = page.next();
        } while (position != null);
        return true;
    }

    private static <K, V> ScanPage<K, V> page(
            RecordScan<K, V> scan, Split split, @Nullable String after, PageLimit limit) {
        int most = limit.next();
        ScanPage<K, V> page = scan.page(split, after, most);
        limit.saw(most, page);
        return page;
    }

    static long rows(ScanPage<?, ?> page) {
        return (long) page.records().size() + page.unreadable().size();
    }

    /** Of both sides together; empty if a side does not know, or could not say when it was asked first. */
    OptionalLong estimate() {
        OptionalLong ours = estimate(Side.AUTHORITY);
        OptionalLong theirs = estimate(Side.FOLLOWER);
        return ours.isPresent() && theirs.isPresent()
                ? OptionalLong.of(ours.getAsLong() + theirs.getAsLong())
                : OptionalLong.empty();
    }

    private OptionalLong estimate(Side side) {
        return estimates.computeIfAbsent(side, asked -> {
            try {
                return scan(asked).estimatedRecords();
            } catch (RuntimeException e) { // the scan itself will say what is wrong
                return OptionalLong.empty();
            }
        });
    }
}
