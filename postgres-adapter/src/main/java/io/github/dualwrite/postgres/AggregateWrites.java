package io.github.dualwrite.postgres;

import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The verbs on a mapping by hand. Each is one transaction:
 *
 * <ol>
 *   <li>lock the keys, in the order of their texts, until the commit: writers of one key follow each other;
 *   <li>let the mapping change its tables;
 *   <li>draw versions under the lock and make the keys pending;
 *   <li>load what is stored.
 * </ol>
 */
final class AggregateWrites<K, V> implements AuthorityWrites<K, V> {

    private final AggregateAccess<K, V> access;
    private final AggregateMapping<K, V> mapping;
    private final Sessions sessions;

    AggregateWrites(AggregateAccess<K, V> access, Sessions sessions) {
        this.access = access;
        this.mapping = access.mapping;
        this.sessions = sessions;
    }

    @Override
    public VersionedRecord<K, V> create(V value) {
        Optional<K> key = mapping.key(value);
        List<K> keys = key.map(List::of).orElse(List.of());
        return sessions.transaction(Operation.CREATE, keys, connection -> {
            lock(connection, keys);
            if (key.isPresent() && mapping.load(connection, key.get()).isPresent()) {
                throw new RecordExistsException(
                        access.errors.context(Operation.CREATE, keys),
                        "there is a record under this key; update or save it instead",
                        null);
            }
            return versioned(connection, Operation.CREATE, List.of(mapping.store(connection, value)))
                    .get(0);
        });
    }

    @Override
    public VersionedRecord<K, V> update(V value) {
        K key = mapping.key(value)
                .orElseThrow(() -> new IllegalArgumentException(
                        "update needs a key in the record; a record whose key is to be generated is created"));
        return sessions.transaction(Operation.UPDATE, List.of(key), connection -> {
            lock(connection, List.of(key));
            if (mapping.load(connection, key).isEmpty()) {
                throw new RecordNotFoundException(
                        access.errors.context(Operation.UPDATE, List.of(key)),
                        "there is no record under this key; create or save it instead",
                        null);
            }
            return store(connection, Operation.UPDATE, Optional.of(key), value);
        });
    }

    @Override
    public VersionedRecord<K, V> save(V value) {
        Optional<K> key = mapping.key(value);
        List<K> keys = key.map(List::of).orElse(List.of());
        return sessions.transaction(Operation.SAVE, keys, connection -> {
            lock(connection, keys);
            return store(connection, Operation.SAVE, key, value);
        });
    }

    @Override
    public Optional<VersionedRecord<K, V>> delete(K key) {
        return deleteAll(List.of(key)).stream().findFirst();
    }

    @Override
    public List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values) {
        Map<String, V> distinct = new TreeMap<>(); // sorted: all batches lock in the same order
        Map<String, K> keys = new TreeMap<>();
        List<V> generated = new ArrayList<>();
        for (V value : values) {
            Optional<K> key = mapping.key(value);
            if (key.isPresent()) {
                distinct.put(access.encode(key.get()), value); // the last one wins
                keys.put(access.encode(key.get()), key.get());
            } else {
                generated.add(value);
            }
        }
        List<K> known = List.copyOf(keys.values());
        return sessions.transaction(Operation.SAVE_ALL, known, connection -> {
            lock(connection, known);
            List<K> stored = new ArrayList<>();
            for (Map.Entry<String, V> given : distinct.entrySet()) {
                K key = mapping.store(connection, given.getValue());
                checkUnmoved(Operation.SAVE_ALL, Objects.requireNonNull(keys.get(given.getKey()), "key"), key);
                stored.add(key);
            }
            for (V value : generated) {
                stored.add(mapping.store(connection, value));
            }
            return versioned(connection, Operation.SAVE_ALL, stored);
        });
    }

    @Override
    public List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys) {
        List<K> ordered = inLockOrder(keys);
        return sessions.transaction(Operation.DELETE_ALL, ordered, connection -> {
            lock(connection, ordered);
            List<K> deleted = new ArrayList<>();
            for (K key : ordered) {
                if (mapping.delete(connection, key)) {
                    deleted.add(key);
                }
            }
            Map<String, Long> versions = mark(connection, deleted);
            return deleted.stream()
                    .map(key -> new VersionedRecord<K, V>(key, version(versions, key), null))
                    .toList();
        });
    }

    @Override
    public void markPending(Collection<? extends K> keys) {
        List<K> ordered = inLockOrder(keys);
        Map<String, Long> unused = sessions.transaction(Operation.MARK_PENDING, ordered, connection -> {
            lock(connection, ordered);
            return mark(connection, ordered);
        });
    }

    @Override
    public Optional<V> read(K key) {
        return sessions.snapshot(Operation.READ, List.of(key), connection -> mapping.load(connection, key));
    }

    @Override
    public Map<K, V> readAll(Collection<? extends K> keys) {
        List<K> ordered = inLockOrder(keys);
        return sessions.snapshot(
                Operation.READ_ALL, ordered, connection -> AggregateAccess.load(mapping, connection, ordered));
    }

    private VersionedRecord<K, V> store(Connection connection, Operation operation, Optional<K> given, V value)
            throws SQLException {
        K stored = mapping.store(connection, value);
        if (given.isPresent()) {
            checkUnmoved(operation, given.get(), stored);
        }
        return versioned(connection, operation, List.of(stored)).get(0);
    }

    /** A record that was there would be left on the follower: its old key is neither in the tables nor pending. */
    private void checkUnmoved(Operation operation, K given, K stored) {
        if (!access.encode(stored).equals(access.encode(given))) {
            throw access.errors.permanent(
                    operation,
                    List.of(given),
                    "nothing was written, because the mapping stored the record under another key than it was given, and"
                            + " the secondary would keep the record of that one; check store of "
                            + mapping.description()
                            + ", give the key as the database makes it, or create the record",
                    null);
        }
    }

    private List<VersionedRecord<K, V>> versioned(Connection connection, Operation operation, List<K> stored)
            throws SQLException {
        Map<String, Long> versions = mark(connection, stored);
        // after the mark: a captured write to another of the record's tables is then either in it, or has a later
        // version
        Map<K, V> states = AggregateAccess.load(mapping, connection, stored);
        List<VersionedRecord<K, V>> records = new ArrayList<>();
        for (K key : stored) {
            V state = states.get(key);
            if (state == null) {
                throw access.errors.permanent(
                        operation,
                        List.of(key),
                        "the mapping stored the record, but does not load it under this key; check store and load of "
                                + mapping.description(),
                        null);
            }
            records.add(new VersionedRecord<>(key, version(versions, key), state));
        }
        return records;
    }

    private void lock(Connection connection, List<K> keys) throws SQLException {
        if (!keys.isEmpty()) {
            access.marks.lock(connection, texts(keys));
        }
    }

    private Map<String, Long> mark(Connection connection, List<K> keys) throws SQLException {
        return keys.isEmpty() ? Map.of() : access.marks.mark(connection, texts(keys));
    }

    private long version(Map<String, Long> versions, K key) {
        return Objects.requireNonNull(versions.get(access.encode(key)), "version");
    }

    private List<String> texts(List<K> keys) {
        return keys.stream().map(access::encode).toList();
    }

    private List<K> inLockOrder(Collection<? extends K> keys) {
        Map<String, K> sorted = new TreeMap<>();
        for (K key : keys) {
            sorted.put(access.encode(key), key);
        }
        return List.copyOf(sorted.values());
    }
}
