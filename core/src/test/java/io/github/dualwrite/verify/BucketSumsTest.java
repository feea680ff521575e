package io.github.dualwrite.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.BucketDigest;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

class BucketSumsTest {

    private static final Random RANDOM = new Random(7);

    private static RecordDigest.Hash random() {
        return new RecordDigest.Hash(RANDOM.nextLong(), RANDOM.nextLong());
    }

    private static BucketSums sums(List<RecordDigest.Hash> hashes) {
        BucketSums sums = new BucketSums(1);
        sums.add(hashes.stream()
                .map(hash -> new BucketDigest(0, 1, hash.high(), hash.low()))
                .toList());
        return sums;
    }

    private static boolean same(List<RecordDigest.Hash> a, List<RecordDigest.Hash> b) {
        return BucketSums.differing(sums(a), sums(b)).isEmpty();
    }

    /** What a way to take a bucket together gets wrong. */
    private static Set<String> flaws(BiPredicate<List<RecordDigest.Hash>, List<RecordDigest.Hash>> same) {
        Set<String> flaws = new LinkedHashSet<>();
        List<RecordDigest.Hash> all = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            all.add(random());
        }
        List<RecordDigest.Hash> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, RANDOM);
        if (!same.test(all, shuffled)) {
            flaws.add("order");
        }
        List<RecordDigest.Hash> one = new ArrayList<>(all);
        one.set(5, random());
        if (same.test(all, one)) {
            flaws.add("a changed record");
        }
        if (same.test(all, all.subList(1, 1_000))) {
            flaws.add("a missing record");
        }
        List<RecordDigest.Hash> pairs = new ArrayList<>(all);
        pairs.set(1, pairs.get(0)); // two that are equal, in the place of two others that are equal
        List<RecordDigest.Hash> otherPairs = new ArrayList<>(pairs);
        otherPairs.set(0, random());
        otherPairs.set(1, otherPairs.get(0));
        if (same.test(pairs, otherPairs)) {
            flaws.add("equal pairs");
        }
        return flaws;
    }

    private static RecordDigest.Hash xor(List<RecordDigest.Hash> hashes) {
        long high = 0;
        long low = 0;
        for (RecordDigest.Hash hash : hashes) {
            high ^= hash.high();
            low ^= hash.low();
        }
        return new RecordDigest.Hash(high, low);
    }

    /** TRAPS 38 */
    @Test
    void sumsNoticeWhatTheyMust() {
        assertThat(flaws(BucketSumsTest::same)).isEmpty();
    }

    @Test
    void brokenWaysToTakeABucketTogetherAreNoticed() {
        assertThat(flaws((a, b) -> a.size() == b.size())).contains("a changed record");
        assertThat(flaws((a, b) -> a.size() == b.size() && xor(a).equals(xor(b))))
                .containsExactly("equal pairs");
        assertThat(flaws(List::equals)).containsExactly("order");
        assertThat(flaws((a, b) -> a.get(7).equals(b.get(7)))).contains("a changed record");
    }

    @Test
    void sumsAreModulo2To128() {
        BigInteger modulus = BigInteger.ONE.shiftLeft(128);
        BigInteger expected = BigInteger.ZERO;
        List<RecordDigest.Hash> hashes = new ArrayList<>(List.of(new RecordDigest.Hash(-1, -1)));
        for (int i = 0; i < 1_000; i++) {
            hashes.add(random());
        }
        for (RecordDigest.Hash hash : hashes) {
            expected = expected.add(number(hash.high(), hash.low())).mod(modulus);
        }
        BucketSums whole = new BucketSums(1);
        whole.add(List.of(
                new BucketDigest(0, hashes.size(), expected.shiftRight(64).longValue(), expected.longValue())));
        assertThat(BucketSums.differing(sums(hashes), whole).isEmpty()).isTrue();
    }

    private static BigInteger number(long high, long low) {
        return new BigInteger(Long.toUnsignedString(high))
                .shiftLeft(64)
                .add(new BigInteger(Long.toUnsignedString(low)));
    }

    @Test
    void everyKeyIsInOneBucketAndOneOfItsParts() {
        for (int i = 0; i < 10_000; i++) {
            long hash = RANDOM.nextLong();
            assertThat(Pass.bucket(hash, 7)).isBetween(0, 6);
            int in = 0;
            for (int part = 0; part < 3; part++) {
                in += new Pass(new java.util.BitSet(), 3, part).inPart(hash) ? 1 : 0;
            }
            assertThat(in).isEqualTo(1);
        }
        assertThat(Pass.bucket(-1, 1 << 20)).isEqualTo((1 << 20) - 1);
    }
}
