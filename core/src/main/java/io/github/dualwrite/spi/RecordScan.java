package io.github.dualwrite.spi;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads all records of a store in pages, for backfill and verification.
 *
 * <p>A scan is no snapshot: a record that is written meanwhile may come as it was, as it is, or not at all. What holds is that a
 * record that is there from before the scan's beginning until its end, and is read well, comes in exactly one page of one split. Tombstones
 * do not come.
 *
 * <p>Calls block, and may be interrupted. Implementations must be safe for use by many threads, must hold nothing open between two
 * calls, and must not lock what they read.
 */
public interface RecordScan<K, V> {

    /**
     * Cuts the store into about so many splits of about the same number of records, which together hold every key exactly
     * once, also keys that are written later. At least one.
     */
    List<Split> splits(int wanted);

    /**
     * Names what is read and in which shape, so that nobody goes on with what was read of something else: the table itself, not only
     * its name, its columns and their types, and what they become. Must not hold values. Unless overridden nothing is said.
     */
    default String form() {
        return "";
    }

    /** About how many records there are, from what the store knows anyway; empty if it knows nothing. */
    OptionalLong estimatedRecords();

    /**
     * The next records of a split.
     *
     * @param after the position that the page before gave, or {@code null} for the first page; durable, and good for every process
     * @param limit the most records to read; a page may have fewer, even none, before the split's end
     */
    ScanPage<K, V> page(Split split, @Nullable String after, int limit);

    /**
     * Whether the store ends a page by itself after about 1 MiB, whatever the limit: then there is no need to find out first how large
     * records are. Unless overridden it does not.
     */
    default boolean endsPages() {
        return false;
    }

    /**
     * A scan that reads the keys within the bounds, and no others. Empty if the store has no such order of keys: then everything is read.
     */
    default Optional<RecordScan<K, V>> within(KeyBounds<K> bounds) {
        return Optional.empty();
    }

    /** Computes digests inside the store. Empty if it cannot: then core computes them from what it reads. */
    default Optional<BucketDigests<K, V>> bucketDigests() {
        return Optional.empty();
    }
}
