package io.github.dualwrite.verify;

import io.github.dualwrite.routing.KeyHash;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Phases 2 and 3: compares the buckets that differ, pass by pass.
 *
 * <p>Passes that an earlier run has made and that found all equal are not made again. Those that found something are made once more, after the
 * others, because what they found may be mended; if there is no time for it, what was found then stays in the report, which says so.
 */
final class ComparePhase<K, V> {

    /** Settles keys, and counts in the tally. */
    @FunctionalInterface
    interface Settling<K> {
        void settle(List<K> keys, Tally<K> found) throws InterruptedException;
    }

    private final String repository;
    private final VerificationSettings<K, V> settings;
    private final StoreReader<K, V> reader;
    private final RunCounts counts;
    private final RunState state;
    private final Tally<K> tally;
    private final Settling<K> settling;
    private final Runnable progressed;

    ComparePhase(
            String repository,
            VerificationSettings<K, V> settings,
            StoreReader<K, V> reader,
            RunCounts counts,
            RunState state,
            Tally<K> tally,
            Settling<K> settling,
            Runnable progressed) {
        this.repository = repository;
        this.settings = settings;
        this.reader = reader;
        this.counts = counts;
        this.state = state;
        this.tally = tally;
        this.settling = settling;
        this.progressed = progressed;
    }

    void run(List<Pass> passes) throws InterruptedException {
        List<Integer> open = order(passes);
        for (int made = 0; made < open.size(); made++) {
            if (made >= settings.passes) {
                left(
                        "passes: there were " + settings.passes + " and " + open.size() + " are needed",
                        passes,
                        open.subList(made, open.size()));
                return;
            }
            int number = open.get(made);
            Tally<K> found = tally.part();
            counts.part(found);
            boolean complete = compare(passes.get(number), found);
            counts.part(null);
            if (!complete) {
                left("time budget", passes, open.subList(made, open.size()));
                return;
            }
            state.compared(number, found.counts());
            tally.add(found);
            progressed.run();
        }
    }

    /** First what was not compared, then what was not equal. */
    private List<Integer> order(List<Pass> passes) {
        List<Integer> open = new ArrayList<>();
        List<Integer> again = new ArrayList<>();
        IntStream.range(0, passes.size()).forEach(number -> {
            Counts before = state.compared(number);
            if (before == null) {
                open.add(number);
            } else if (before.clean()) {
                tally.add(before);
            } else {
                again.add(number);
            }
        });
        open.addAll(again);
        return open;
    }

    private void left(String why, List<Pass> passes, List<Integer> numbers) {
        BitSet buckets = new BitSet();
        long foundBefore = 0;
        for (int number : numbers) {
            Counts before = state.compared(number);
            if (before == null || !before.whole()) {
                buckets.or(passes.get(number).buckets());
            }
            if (before != null) {
                foundBefore += before.found();
                tally.add(before);
            }
        }
        if (!buckets.isEmpty()) {
            tally.notCovered(why + "; " + buckets.cardinality()
                    + " buckets differ, or did while they were scanned, and were not compared key by key");
        }
        if (foundBefore > 0) {
            tally.notCovered(why + "; " + foundBefore
                    + " keys that an earlier run found are counted as it left them: they were not looked at again");
        }
    }

    /** False if the time was not enough, and nothing is known. */
    private boolean compare(Pass pass, Tally<K> found) throws InterruptedException {
        boolean inStores = reader.digestsInStores();
        counts.phase(VerificationProgress.Phase.COMPARING, inStores ? OptionalLong.empty() : reader.estimate());
        KeyMatch<K> match = new KeyMatch<>((int) Math.min(Integer.MAX_VALUE, 2L * settings.keysInMemory));
        RecordScan<K, V> authority = reader.scan(Side.AUTHORITY, pass);
        RecordScan<K, V> follower = reader.scan(Side.FOLLOWER, pass);
        StoreReader.Cut cut = (wanted, side) -> (side == Side.AUTHORITY ? authority : follower).splits(wanted);
        boolean complete = reader.both(
                reader.split(Side.AUTHORITY, cut),
                reader.split(Side.FOLLOWER, cut),
                (side, split, digest) ->
                        reader.pages(side, split, null, side == Side.AUTHORITY ? authority : follower, page -> {
                            match.add(side, hashes(pass, digest, page));
                            if (inStores) { // otherwise they were counted when the digests were made
                                unreadable(side, page, found);
                            }
                            counts.read(side, StoreReader.rows(page));
                        }));
        found.held(match.most());
        if (!complete) {
            return false;
        }
        if (match.overflown()) {
            found.notCovered("the stores grew too fast to hold the keys that differ; "
                    + pass.buckets().cardinality()
                    + " buckets differ, or did while they were scanned, and were not compared key by key");
            return true;
        }
        found.matching(match.equal());
        List<K> suspects = match.suspects();
        counts.phase(VerificationProgress.Phase.SETTLING, OptionalLong.of(suspects.size()));
        settling.settle(suspects, found);
        return true;
    }

    private void unreadable(Side side, ScanPage<K, V> page, Tally<K> found) {
        List<Unreadable> bad = DigestPhase.unreadable(repository, settings, side, page);
        bad.forEach(one -> found.unreadable(one));
    }

    private Map<K, RecordDigest.Hash> hashes(Pass pass, RecordDigest digest, ScanPage<K, V> page) {
        Map<K, RecordDigest.Hash> hashes = new HashMap<>();
        for (ScanPage.Scanned<K, V> record : page.records()) {
            long hash = KeyHash.of(repository, record.key());
            if (inPass(pass, record.key(), hash)) {
                hashes.put(record.key(), digest.of(record.key(), record.value()));
            }
        }
        return hashes;
    }

    private boolean inPass(Pass pass, K key, long hash) {
        return pass.inPart(hash)
                && (reader.digestsInStores() // the store has chosen the bucket
                        || (reader.chosen(key, hash) && pass.buckets().get(Pass.bucket(hash, settings.buckets))));
    }
}
