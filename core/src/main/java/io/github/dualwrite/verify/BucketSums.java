package io.github.dualwrite.verify;

import io.github.dualwrite.spi.BucketDigest;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
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

    synchronized void add(List<BucketDigest> digests) {
        for (BucketDigest digest : digests) {
            int bucket = digest.bucket();
            counts[bucket] += digest.count();
            long sum = low[bucket] + digest.low();
            high[bucket] += digest.high() + (Long.compareUnsigned(sum, digest.low()) < 0 ? 1 : 0);
            low[bucket] = sum;
        }
    }

    /** As they are now. */
    synchronized BucketSums copy() {
        BucketSums copy = new BucketSums(counts.length);
        System.arraycopy(counts, 0, copy.counts, 0, counts.length);
        System.arraycopy(high, 0, copy.high, 0, high.length);
        System.arraycopy(low, 0, copy.low, 0, low.length);
        return copy;
    }

    synchronized void write(DataOutput out) throws IOException {
        out.writeInt(counts.length);
        for (int i = 0; i < counts.length; i++) {
            out.writeLong(counts[i]);
            out.writeLong(high[i]);
            out.writeLong(low[i]);
        }
    }

    static BucketSums read(DataInput in) throws IOException {
        int buckets = in.readInt();
        if (buckets < 1 || buckets > VerificationSettings.MOST_BUCKETS) { // before so many are made
            throw new IOException("there are no " + buckets + " buckets");
        }
        BucketSums sums = new BucketSums(buckets);
        for (int i = 0; i < sums.counts.length; i++) {
            sums.counts[i] = in.readLong();
            sums.high[i] = in.readLong();
            sums.low[i] = in.readLong();
        }
        return sums;
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
