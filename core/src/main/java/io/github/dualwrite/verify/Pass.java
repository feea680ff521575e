package io.github.dualwrite.verify;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A part of the keys in buckets that differ, small enough to be held. A bucket that is too large by itself is cut into parts.
 *
 * @param buckets the buckets
 * @param parts into how many parts their keys are cut
 * @param part which one this is, from 0
 */
record Pass(BitSet buckets, int parts, int part) {

    /** Whether a key's hash is in this part. Bucket and sample are told from other bits, or other arithmetic on them. */
    boolean inPart(long hash) {
        return parts == 1 || Long.remainderUnsigned(hash >>> 32, parts) == part;
    }

    /** The bucket of a key's hash. */
    static int bucket(long hash, int buckets) {
        return (int) (((hash & 0xffff_ffffL) * buckets) >>> 32);
    }

    static List<Pass> plan(BitSet differing, BucketSums authority, BucketSums follower, int keysAtOnce) {
        List<Pass> passes = new ArrayList<>();
        BitSet collected = new BitSet();
        long size = 0;
        for (int bucket = differing.nextSetBit(0); bucket >= 0; bucket = differing.nextSetBit(bucket + 1)) {
            long keys = authority.count(bucket) + follower.count(bucket);
            if (keys > keysAtOnce) {
                int parts = (int) Math.min(Integer.MAX_VALUE, (keys + keysAtOnce - 1) / keysAtOnce);
                for (int part = 0; part < parts; part++) {
                    BitSet one = new BitSet();
                    one.set(bucket);
                    passes.add(new Pass(one, parts, part));
                }
                continue;
            }
            if (size + keys > keysAtOnce) {
                passes.add(new Pass(collected, 1, 0));
                collected = new BitSet();
                size = 0;
            }
            collected.set(bucket);
            size += keys;
        }
        if (!collected.isEmpty()) {
            passes.add(new Pass(collected, 1, 0));
        }
        return passes;
    }
}
