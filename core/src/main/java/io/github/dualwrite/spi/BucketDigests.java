package io.github.dualwrite.spi;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Computes digests of records inside the store, so that verification need not fetch what is equal. Used if, and only if, both stores
 * offer the same fingerprint. Calls block, and may be interrupted. Safe for use by many threads.
 */
public interface BucketDigests<K, V> {

    /**
     * Names everything on which digests and buckets depend: the method, the columns, their types and their order.
     *
     * <p>Two stores may give the same fingerprint only if a key is in the same bucket on both, and if two records have the same digest
     * only if they are equal in every field that the mapping reads (but for collisions of 128 bits).
     */
    String fingerprint();

    /**
     * Cuts the store into about so many splits, which together hold every key. They need not be those of the scan: a record that moves
     * in its store meanwhile may come twice, or not at all; a difference under its key may then be left to the next verification.
     */
    List<Split> splits(int wanted);

    /**
     * Count and sum of the digests of the records of a split, for each bucket that has any. A bucket may come more than once.
     *
     * @param split one of {@link #splits}
     * @param buckets how many buckets there are in all
     */
    List<BucketDigest> digests(Split split, int buckets);

    /** A scan of the records in some of the buckets only. */
    RecordScan<K, V> scanOf(Set<Integer> some, int buckets);

    /**
     * Digests that leave fields out: two records have the same one if they are equal in all other fields. Empty if the store cannot, or
     * does not know a field of that name.
     */
    default Optional<BucketDigests<K, V>> without(Set<String> fields) {
        return fields.isEmpty() ? Optional.of(this) : Optional.empty();
    }
}
