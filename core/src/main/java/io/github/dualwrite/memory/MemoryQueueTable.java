package io.github.dualwrite.memory;

import io.github.dualwrite.spi.ParkedWrite;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The pending writes of one repository: each key is in {@link #pending} or in {@link #parked} or in neither. To be used under
 * the lock of {@link MemoryTables}.
 */
final class MemoryQueueTable<K> {

    /**
     * A pending write that is not parked.
     *
     * @param due when it may be claimed; a lease is nothing but a later due time and a holder
     * @param holder the lease, if it is or was claimed
     */
    record Entry<K>(
            K key,
            long version,
            int attempts,
            Instant pendingSince,
            Instant due,
            @Nullable UUID holder) {

        boolean heldBy(UUID lease) {
            return lease.equals(holder);
        }
    }

    /** In the order of their last change, which is nearly the order in which they are due. */
    final Map<K, Entry<K>> pending = new LinkedHashMap<>();

    /** In the order of their parking. */
    final Map<K, ParkedWrite<K>> parked = new LinkedHashMap<>();

    /** Records that a key is pending at a version; replaces what was pending before, and un-parks. */
    void enqueue(K key, long version, Instant now, Instant due) {
        Entry<K> before = pending.get(key);
        ParkedWrite<K> parkedBefore = parked.remove(key);
        Instant since =
                before != null ? before.pendingSince() : parkedBefore != null ? parkedBefore.pendingSince() : now;
        put(new Entry<>(key, version, 0, since, due, null));
    }

    /** Puts an entry at the end, instead of the key's old one. */
    void put(Entry<K> entry) {
        pending.remove(entry.key());
        pending.put(entry.key(), entry);
    }

    /** The version at which a key is pending, parked or not. */
    Optional<Long> version(K key) {
        Entry<K> entry = pending.get(key);
        return entry != null
                ? Optional.of(entry.version())
                : Optional.ofNullable(parked.get(key)).map(ParkedWrite::version);
    }

    /** Whether a key is pending at this very version, parked or not. */
    boolean isAt(K key, long version) {
        Entry<K> entry = pending.get(key);
        if (entry != null) {
            return entry.version() == version;
        }
        ParkedWrite<K> write = parked.isEmpty() ? null : parked.get(key);
        return write != null && write.version() == version;
    }

    /** Ends the pending write of a key, parked or not. */
    void remove(K key) {
        parked.remove(key);
        pending.remove(key);
    }
}
