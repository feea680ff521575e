package io.github.dualwrite.memory;

import io.github.dualwrite.spi.AppliedVersion;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** The data of a store, and the lock under which every step on it runs. */
final class MemoryTables<K, V> {

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, MemoryQueueTable<K>> queues = new HashMap<>();

    /** To be changed through {@link #put} and {@link #remove} only. */
    final Map<K, V> records = new HashMap<>();

    /** Each record has a place, the order in which a scan finds it: places of new records grow. */
    final NavigableMap<Long, K> places = new TreeMap<>();

    private final Map<K, Long> placeOf = new HashMap<>();
    private long lastPlace;
    private final Map<String, Map<String, MemoryJob>> jobs = new HashMap<>();

    /** As a follower: the version of each key that was ever applied, tombstones included. */
    final Map<K, AppliedVersion> appliedVersions = new HashMap<>();

    private long highestVersion;

    <T> T atomically(Supplier<T> step) {
        lock.lock();
        try {
            return step.get();
        } finally {
            lock.unlock();
        }
    }

    MemoryQueueTable<K> queue(String repository) {
        return atomically(() -> queues.computeIfAbsent(repository, name -> new MemoryQueueTable<>()));
    }

    /** The jobs of one repository by their names. */
    Map<String, MemoryJob> jobs(String repository) {
        return atomically(() -> jobs.computeIfAbsent(repository, name -> new HashMap<>()));
    }

    void put(K key, V value) {
        if (records.put(key, value) == null) {
            placeOf.put(key, ++lastPlace);
            places.put(lastPlace, key);
        }
    }

    /** The record of a key that has a place. */
    V record(K key) {
        return Objects.requireNonNull(records.get(key));
    }

    /** False if there was none. */
    boolean remove(K key) {
        Long place = placeOf.remove(key);
        if (place != null) {
            places.remove(place);
        }
        return records.remove(key) != null;
    }

    Map<K, V> recordsUnder(Collection<? extends K> keys) {
        Map<K, V> found = new HashMap<>();
        for (K key : keys) {
            V value = records.get(key);
            if (value != null) {
                found.put(key, value);
            }
        }
        return found;
    }

    /** Higher than every version that this store assigned or applied, of whatever key. */
    long nextVersion() {
        return ++highestVersion;
    }

    /** A store that follows may become the authority: its versions then go on above those that it applied. */
    void sawVersion(long version) {
        highestVersion = Math.max(highestVersion, version);
    }
}
