package io.github.dualwrite.spi;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * All pending writes of a repository, at most one for each key, kept durably by the authority.
 *
 * <p>Implementations must be safe for use by many threads and many processes at once, must never hold a transaction open
 * between two calls, and must never wait for a writer that holds a pending write locked: they leave such an entry out.
 */
public interface ReconciliationQueue<K> {

    /**
     * Takes up to {@code limit} due pending writes, the longest due first, and hides them from every other claim until the
     * lease ends. The lease is durable when the call returns. A new write of a claimed key may end its lease or leave it.
     */
    List<PendingWrite<K>> claim(Lease lease, int limit);

    /**
     * Deletes each pending write whose version is still the given one: the follower is known to have it or a newer one. A
     * write that became pending meanwhile has a higher version and stays.
     *
     * @return the keys whose pending write was deleted
     */
    Set<K> confirm(Collection<KeyVersion<K>> applied);

    /** Makes pending writes that are held under this lease due at once. */
    void release(Lease lease, Collection<K> keys);

    /** Makes pending writes due after a delay. Entries no longer held under the lease or of another version stay as they are. */
    void pushBack(Lease lease, Collection<PushBack<K>> entries);

    /**
     * Parks pending writes: they are kept and visible, and never due until a retry or a new write of the same key. Entries no
     * longer held under the lease or of another version stay as they are.
     *
     * @return the keys that were parked
     */
    Set<K> park(Lease lease, Collection<Parking<K>> entries);

    /** Parked writes, the longest parked first. */
    List<ParkedWrite<K>> parked(int offset, int limit);

    /** The parked write of a key. */
    Optional<ParkedWrite<K>> findParked(K key);

    /** Makes a parked write due at once. False if the key is not parked, or is being written now. */
    boolean retryParked(K key);

    /** Makes all parked writes due at once and returns how many there were. */
    int retryAllParked();

    /**
     * Deletes a parked write for good and returns it; empty if the key is not parked. The follower then differs from the
     * authority under this key until the next write of it.
     */
    Optional<ParkedWrite<K>> discardParked(K key);

    /** Those of the given keys that are pending now, parked ones included. */
    Set<K> pendingAmong(Collection<K> keys);

    /**
     * All keys that are pending now, parked ones included, or empty if there are more than {@code limit}. Called at the start of
     * a repository, and several times a second for read-your-writes of the fleet.
     *
     * <p>Implementations must show every write whose commit was acknowledged, to anybody, before the call began; a read of a
     * replica or an eventually consistent one will not do. They may leave out keys that this version of the application cannot
     * read. Unless overridden it is empty, which is always right: the authority then answers until the queue was seen empty.
     */
    default Optional<Set<K>> pendingKeys(int limit) {
        return Optional.empty();
    }

    /** Counts and ages. May read the whole queue. */
    QueueStatistics statistics();
}
