package io.github.dualwrite.spi;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The write and read verbs of an authority, either each in an atomic unit of its own, or all inside a transaction that
 * the caller runs.
 *
 * <p>Implementations must, in one atomic unit (DW-1):
 *
 * <ol>
 *   <li>change the record;
 *   <li>assign a version that is higher than every version that any earlier committed write of this key got, also across
 *       delete and re-create, drawn while the record is locked, so that versions follow the commit order;
 *   <li>record the pending write of that key and version, replacing an older one of the same key (the queue is coalesced)
 *       and un-parking it.
 * </ol>
 *
 * <p>They must return the state that was stored, with defaults and generated keys. They must throw {@code
 * OutcomeUnknownException} when, and only when, they cannot know whether the unit was committed. If they throw anything
 * else, nothing was written.
 *
 * <p>Implementations must be safe for use by many threads; those bound to a caller's transaction need not be.
 */
public interface AuthorityWrites<K, V> {

    /** Inserts a record; throws {@code RecordExistsException} if there is one under its key. */
    VersionedRecord<K, V> create(V value);

    /** Replaces a record; throws {@code RecordNotFoundException} if there is none under its key. */
    VersionedRecord<K, V> update(V value);

    /**
     * Inserts or replaces a record. One whose key is to be generated must replace none: if that key is taken, it throws {@code
     * RecordExistsException}. So does {@link #saveAll}.
     */
    VersionedRecord<K, V> save(V value);

    /** Removes a record. Empty if there was none: then nothing is written and nothing is pending. */
    Optional<VersionedRecord<K, V>> delete(K key);

    /**
     * Inserts or replaces records, all or none. If a key occurs more than once, its last record is the one that is stored.
     *
     * @return one entry for each distinct key, in no particular order
     */
    List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values);

    /**
     * Removes records, all or none.
     *
     * @return a tombstone for each record that there was, in no particular order
     */
    List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys);

    /**
     * Gives each key a new version and makes it pending, whatever its record is. For changes made by other means in the same
     * atomic unit, and for healing.
     */
    void markPending(Collection<? extends K> keys);

    /** The record under a key. */
    Optional<V> read(K key);

    /** The records that exist under the given keys, all from one snapshot. */
    Map<K, V> readAll(Collection<? extends K> keys);
}
