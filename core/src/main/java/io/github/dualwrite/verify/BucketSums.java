package io.github.dualwrite.verify;

import io.github.dualwrite.spi.BucketDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * For each bucket of one side, how many records it has and the sum of their hashes modulo 2<sup>128</sup>: 24 bytes, however large the
 * table. The sum does not depend on the order. It is a sum and no exclusive or, because there every hash is its own inverse: a record that
 * comes twice would be the same as none, and two wrongs could cancel each other. Safe for use by many threads.
 */
final class BucketSums {

    private final long[] counts;
    private final long[] high;
    private final long[] low;

    BucketSums(int buckets) {
        this.counts = new long[buckets];
        this.high = new long[buckets];
        this.low = new long[buckets];
    }

    /** Collects without a lock what a page brings. Not safe for use by many threads. */
    static final class Batch {
        private final List<BucketDigest> digests = new ArrayList<>();

        void add(int bucket, RecordDigest.Hash hash) {
            digests.add(new BucketDigest(bucket, 1, hash.high(), hash.low()));
        }
    }

    void add(Batch batch) {
        add(batch.digests);
    }

    synchronized void add(List<BucketDigest> digests) {
        for (BucketDigest digest : digests) {
            int bucket = digest.bucket();
            counts[bucket] += digest.count();
            long sum = low[bucket] + digest.low();
            high[bucket] += digest.high() + (Long.compareUnsigned(sum, digest.low()) < 0 ? 1 : 0);
            low[bucket] = sum;
        }
    }

    synchronized long count(int bucket) {
        return counts[bucket];
    }

    /** The buckets in which two sides differ. To be asked when both are complete. */
    static BitSet differing(BucketSums a, BucketSums b) {
        BitSet differing = new BitSet(a.counts.length);
        for (int i = 0; i < a.counts.length; i++) {
            differing.set(i, a.counts[i] != b.counts[i] || a.high[i] != b.high[i] || a.low[i] != b.low[i]);
        }
        return differing;
    }
}
