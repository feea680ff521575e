package io.github.dualwrite.verify;

import static io.github.dualwrite.verify.VerifyRig.byHand;
import static io.github.dualwrite.verify.VerifyRig.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.BucketDigest;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Stores that make digests themselves, by a method of their own. */
@Timeout(60)
class DigestsInStoresTest {

    private final VerifyRig rig = new VerifyRig();
    private final AtomicInteger recordsFetched = new AtomicInteger();
    private final List<Integer> wantedSplits = new CopyOnWriteArrayList<>();

    private volatile long estimated = 1_000;

    @AfterEach
    void close() {
        rig.close();
    }

    /** The records are read here, but in a real store they never leave it. */
    private final class InStore implements BucketDigests<String, Sample> {
        private final RecordScan<String, Sample> scan;
        private final String fingerprint;

        InStore(RecordScan<String, Sample> scan, String fingerprint) {
            this.scan = scan;
            this.fingerprint = fingerprint;
        }

        @Override
        public String fingerprint() {
            return fingerprint;
        }

        @Override
        public List<Split> splits(int wanted) {
            wantedSplits.add(wanted);
            return scan.splits(wanted);
        }

        private int bucket(String key, int buckets) {
            return Math.floorMod(key.hashCode() * 31, buckets);
        }

        @Override
        public List<BucketDigest> digests(Split split, int buckets) {
            List<BucketDigest> digests = new ArrayList<>();
            @Nullable String position = null;
            do {
                ScanPage<String, Sample> page = scan.page(split, position, 100);
                page.records()
                        .forEach(record -> digests.add(new BucketDigest(
                                bucket(record.key(), buckets),
                                1,
                                0,
                                record.value().hashCode() * 0x9E3779B97F4A7C15L)));
                position = page.next();
            } while (position != null);
            return digests;
        }

        @Override
        public RecordScan<String, Sample> scanOf(Set<Integer> some, int buckets) {
            return VerifyRig.hooked(scan, (method, arguments, real) -> {
                Object answer = real.call();
                if (!(answer instanceof ScanPage<?, ?> page)) {
                    return answer;
                }
                List<ScanPage.Scanned<String, Sample>> wanted = new ArrayList<>();
                for (ScanPage.Scanned<?, ?> record : page.records()) {
                    if (some.contains(bucket((String) record.key(), buckets))) {
                        wanted.add(new ScanPage.Scanned<>((String) record.key(), (Sample) record.value()));
                    }
                }
                recordsFetched.addAndGet(wanted.size());
                return new ScanPage<>(wanted, List.of(), page.bytes(), page.next());
            });
        }
    }

    private void offering(String authority, String follower) {
        rig.authorityScan = scan -> with(scan, authority);
        rig.followerScan = scan -> with(scan, follower);
    }

    private RecordScan<String, Sample> with(RecordScan<String, Sample> scan, String fingerprint) {
        return VerifyRig.hooked(scan, (method, arguments, real) -> {
            if (method.equals("bucketDigests")) {
                return Optional.of(new InStore(scan, fingerprint));
            }
            if (method.equals("estimatedRecords")) {
                return OptionalLong.of(estimated);
            }
            if (method.equals("page")) {
                recordsFetched.incrementAndGet();
            }
            return real.call();
        });
    }

    @Test
    void equalStoresWithTheSameFingerprintGiveNoRecordAway() throws Exception {
        rig.seeded(1_000);
        offering("v1", "v1");

        VerificationReport<String> report = rig.verify();

        assertThat(report.state()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(report.digestsInStores()).isTrue();
        assertThat(report.matching()).isEqualTo(1_000);
        assertThat(report.authorityRows()).isEqualTo(1_000);
        assertThat(recordsFetched.get()).isZero();
    }

    /** Each answers with a row for every bucket, and is read in one go. */
    @Test
    void splitsAreAsLargeAsEndAndRateAllow() throws Exception {
        rig.seeded(100);
        offering("v1", "v1");
        rig.verify();
        assertThat(wantedSplits).as("one for each thread").containsExactly(2, 2);

        estimated = 50_000_000;
        wantedSplits.clear();
        rig.verify();
        assertThat(wantedSplits).as("of a million records").containsExactly(50, 50);

        wantedSplits.clear();
        rig.verify(settings().rowsPerSecond(100_000));
        assertThat(wantedSplits).as("of a second").containsExactly(500, 500);
    }

    @Test
    void onlyBucketsThatDifferAreFetched() throws Exception {
        rig.seeded(1_000);
        byHand(rig.secondary).delete("k9");
        byHand(rig.secondary).save(new Sample("k10", "rogue", 10));
        offering("v1", "v1");

        VerificationReport<String> report = rig.verify(settings().buckets(100));

        assertThat(report.missing()).isEqualTo(1);
        assertThat(report.different()).isEqualTo(1);
        assertThat(report.matching()).isEqualTo(998);
        assertThat(recordsFetched.get()).isBetween(2, 100);
    }

    @Test
    void largeBucketsAreCutIntoParts() throws Exception {
        rig.seeded(1_000);
        byHand(rig.secondary).delete("k9");
        offering("v1", "v1");

        VerificationReport<String> report =
                rig.verify(settings().buckets(1).keysInMemory(300).passes(100));

        assertThat(report.missing()).isEqualTo(1);
        assertThat(report.matching()).isEqualTo(999);
        assertThat(report.mostKeysInMemory()).isLessThanOrEqualTo(600);
    }

    @Test
    void otherFingerprintsOrASampleMakeCoreComputeTheDigests() throws Exception {
        rig.seeded(200);
        offering("v1", "v2");
        assertThat(rig.verify().digestsInStores()).isFalse();
        assertThat(recordsFetched.get()).isPositive();

        offering("v1", "v1");
        VerificationReport<String> sampled = rig.verify(settings().sample(50));
        assertThat(sampled.digestsInStores()).isFalse();
        assertThat(sampled.state()).isEqualTo(VerificationState.CONSISTENT_IN_PART);
    }
}
