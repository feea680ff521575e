package io.github.dualwrite.postgres;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.spi.WithheldException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The verbs on one table; the statements are in {@link TableStatements}. */
final class TableWrites<K, V> implements AuthorityWrites<K, V> {

    private final TableAccess<K, V> access;
    private final Sessions sessions;

    TableWrites(TableAccess<K, V> access, Sessions sessions) {
        this.access = access;
        this.sessions = sessions;
    }

    /** Binds the parameters of a statement, from the first one, and returns the next index. */
    @FunctionalInterface
    private interface Binder {
        int bind(PreparedStatement statement) throws SQLException;
    }

    @Override
    public VersionedRecord<K, V> create(V value) {
        List<K> keys = access.keyIn(value).map(List::of).orElse(List.of());
        boolean suppressible = access.layout.suppressible();
        String sql = keys.isEmpty() && suppressible ? access.sql.insert : access.sql.create;
        Binder binder = s -> {
            int next = !keys.isEmpty() && suppressible ? access.bindKey(s, 1, keys.get(0)) : 1;
            return bind(s, next, access.written, value);
        };
        return write(Operation.CREATE, sql, keys, binder, false).stream()
                .findFirst()
                .orElseThrow(() -> exists(keys, null));
    }

    private RecordExistsException exists(List<K> keys, @Nullable SQLException cause) {
        return keys.isEmpty()
                ? access.takenKey.error(Operation.CREATE, keys, cause)
                : new RecordExistsException(
                        access.errors.context(Operation.CREATE, keys),
                        "there is a record under this key; update or save it instead",
                        cause == null ? null : SqlCause.of(cause));
    }

    @Override
    public VersionedRecord<K, V> update(V value) {
        K key = access.keyIn(value)
                .orElseThrow(() -> new IllegalArgumentException(
                        "update needs a key in the record; a record whose key is to be generated is created"));
        List<TableMapping.Column<V>> changed =
                access.written.stream().filter(c -> !c.key()).toList();
        boolean suppressible = access.layout.suppressible();
        Binder binder = s -> suppressible
                ? bind(s, access.bindKey(s, 1, key), changed, value)
                : access.bindKey(s, bind(s, 1, changed, value), key);
        List<VersionedRecord<K, V>> updated = write(Operation.UPDATE, access.sql.update, List.of(key), binder, false);
        if (updated.isEmpty()) {
            if (suppressible || !guarded(key)) {
                throw new RecordNotFoundException(
                        access.errors.context(Operation.UPDATE, List.of(key)),
                        "there is no record under this key; create or save it instead",
                        null);
            }
            updated = write(
                    Operation.UPDATE, access.sql.update, List.of(key), binder, false); // it may have come just now
        }
        return updated.stream().findFirst().orElseThrow(() -> suppressed(Operation.UPDATE, List.of(key), null));
    }

    @Override
    public VersionedRecord<K, V> save(V value) {
        Optional<K> key = access.keyIn(value);
        List<K> keys = key.map(List::of).orElse(List.of());
        return write(
                        Operation.SAVE,
                        key.isPresent() ? access.sql.save : access.sql.insert,
                        keys,
                        s -> {
                            boolean keyFirst = key.isPresent() && access.layout.suppressible();
                            int next = bind(s, keyFirst ? access.bindKey(s, 1, key.get()) : 1, access.written, value);
                            return key.isPresent() ? bind(s, next, access.boundAgain, value) : next;
                        },
                        false)
                .stream()
                .findFirst()
                .orElseThrow(() -> suppressed(Operation.SAVE, keys, null));
    }

    @Override
    public Optional<VersionedRecord<K, V>> delete(K key) {
        return write(Operation.DELETE, access.sql.delete, List.of(key), s -> access.bindKey(s, 1, key), true).stream()
                .findFirst();
    }

    @Override
    public List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values) {
        Map<String, V> distinct = new TreeMap<>(); // sorted: all batches lock in the same order
        Map<String, K> keys = new LinkedHashMap<>();
        List<V> ordered = new ArrayList<>();
        for (V value : values) {
            Optional<K> key = access.keyIn(value);
            if (key.isPresent()) {
                String text = text(Operation.SAVE_ALL, key.get());
                distinct.put(text, value); // the last one wins
                keys.put(text, key.get());
            } else {
                ordered.add(value); // gets a new key, so nobody waits for it
            }
        }
        if (values.isEmpty()) {
            return List.of();
        }
        boolean allGiven = ordered.isEmpty();
        ordered.addAll(0, distinct.values());
        List<K> given = List.copyOf(keys.values());
        List<VersionedRecord<K, V>> stored = write(
                Operation.SAVE_ALL,
                allGiven ? access.sql.saveAll : access.sql.saveSome,
                given,
                s -> {
                    int next = 1;
                    for (TableMapping.Column<V> column : access.written) {
                        s.setArray(next++, SqlArrays.text(s.getConnection(), ordered, column::textIn));
                    }
                    return next;
                },
                false,
                access.layout.suppressible() ? ordered.size() : 0);
        if (stored.isEmpty()) {
            throw suppressed(Operation.SAVE_ALL, given, null);
        }
        if (stored.size() < ordered.size()) { // by a trigger that is newer than the statement
            throw sessions.tookEffect(
                    Operation.SAVE_ALL,
                    given,
                    "only for " + stored.size() + " of " + ordered.size()
                            + " records: a trigger of the table suppresses the write of the others",
                    null);
        }
        return stored;
    }

    @Override
    public List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys) {
        List<K> ordered = distinctInLockOrder(Operation.DELETE_ALL, keys);
        return write(Operation.DELETE_ALL, access.sql.deleteAll, ordered, s -> access.bindKeys(s, 1, ordered), true);
    }

    @Override
    public void markPending(Collection<? extends K> keys) {
        List<K> ordered = distinctInLockOrder(Operation.MARK_PENDING, keys);
        List<String> texts = ordered.stream().map(access::encode).toList();
        Map<String, Long> unused = sessions.transaction(Operation.MARK_PENDING, ordered, connection -> {
            List<K> without = lockRecords(connection, ordered);
            if (!without.isEmpty()) {
                access.marks.lock(
                        connection, without.stream().map(access::encode).toList());
                List<K> unusedKeys = lockRecords(connection, without); // some may have one by now
            }
            return access.marks.mark(connection, texts);
        });
    }

    /** Locks the records of keys, and returns the keys that have none. */
    private List<K> lockRecords(Connection connection, List<K> keys) throws SQLException {
        Set<Long> found = new HashSet<>();
        try (PreparedStatement lock = connection.prepareStatement(access.sql.lockRecords)) {
            access.bindKeys(lock, 1, keys);
            try (ResultSet row = lock.executeQuery()) {
                while (row.next()) {
                    found.add(row.getLong(1));
                }
            }
        }
        List<K> without = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            if (!found.contains(i + 1L)) {
                without.add(keys.get(i));
            }
        }
        return without;
    }

    @Override
    public Optional<V> read(K key) {
        return sessions.statement(Operation.READ, List.of(key), connection -> {
            try (PreparedStatement select = connection.prepareStatement(access.sql.read)) {
                access.bindKey(select, 1, key);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(access.value(Operation.READ, key, row)) : Optional.empty();
                }
            }
        });
    }

    @Override
    public Map<K, V> readAll(Collection<? extends K> keys) {
        List<K> ordered = distinctInLockOrder(Operation.READ_ALL, keys);
        if (ordered.isEmpty()) {
            return Map.of();
        }
        return sessions.statement(Operation.READ_ALL, ordered, connection -> {
            try (PreparedStatement select = connection.prepareStatement(access.sql.readAll)) {
                access.bindKeys(select, 1, ordered);
                Map<K, V> found = new HashMap<>();
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        @Nullable Object[] values = access.values(row);
                        K key = access.key(values);
                        found.put(key, access.value(Operation.READ_ALL, key, values));
                    }
                }
                return found;
            }
        });
    }

    private List<K> distinctInLockOrder(Operation operation, Collection<? extends K> keys) {
        Map<String, K> sorted = new TreeMap<>();
        for (K key : keys) {
            sorted.put(text(operation, key), key);
        }
        return List.copyOf(sorted.values());
    }

    private String text(Operation operation, K key) {
        try {
            return access.encode(key);
        } catch (MappingException e) {
            throw access.errors.refused(operation, List.of(key), e);
        }
    }

    private List<VersionedRecord<K, V>> write(
            Operation operation, String sql, List<K> keys, Binder binder, boolean tombstones) {
        return write(operation, sql, keys, binder, tombstones, 0);
    }

    /** Writes by a statement whose last parameter is how many records it must store, unless they are 0. */
    private List<VersionedRecord<K, V>> write(
            Operation operation, String sql, List<K> keys, Binder binder, boolean tombstones, int records) {
        return sessions.statement(operation, keys, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                int next = binder.bind(statement);
                statement.setString(next++, access.context.repository());
                statement.setLong(next++, access.context.grace().toNanos() / 1000);
                if (records > 0) {
                    statement.setLong(next, records);
                }
                try (ResultSet rows = statement.executeQuery()) {
                    return stored(operation, keys, rows, tombstones);
                } catch (SQLException e) {
                    if (access.takenKey.is(e)) {
                        if (operation == Operation.CREATE && access.layout.suppressible()) {
                            throw exists(keys, e); // since the statement began
                        }
                        throw generates(sql) && !SqlErrors.beingReindexed(e)
                                ? access.takenKey.error(operation, keys, e)
                                : access.errors.passing(operation, keys, e); // ON CONFLICT takes care of all others
                    }
                    if (FailureMark.SUPPRESSED.isIn(e)) {
                        throw suppressed(operation, keys, e);
                    }
                    if (FailureMark.MOVED.isIn(e)) {
                        throw access.errors.permanent(
                                operation,
                                keys,
                                "nothing was written, because a trigger of the table gives "
                                        + (operation == Operation.SAVE_ALL ? "one of the records" : "the record")
                                        + " another key than it was given, and the secondary would keep the record of that one;"
                                        + " give the key as the trigger makes it, or create the record",
                                SqlCause.of(e));
                    }
                    throw e;
                }
            }
        });
    }

    /** Whether a statement stores records, some or all, under keys that the database generates, which must replace nothing. */
    private boolean generates(String sql) {
        return sql.equals(access.sql.insert) || sql.equals(access.sql.saveSome);
    }

    /** Whether a record is there after all that an update did not find. */
    private boolean guarded(K key) {
        return sessions.statement(Operation.READ, List.of(key), connection -> {
            try (PreparedStatement select = connection.prepareStatement(access.sql.guarded)) {
                access.bindKey(select, 1, key);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() && row.getBoolean(1);
                }
            }
        });
    }

    private PermanentStoreException suppressed(Operation operation, List<K> keys, @Nullable SQLException cause) {
        String problem = switch (operation) {
            case DELETE, DELETE_ALL ->
                "nothing was changed, because a trigger of the table keeps "
                        + (operation == Operation.DELETE_ALL ? "one of the records" : "the record")
                        + " from being deleted; if it marks records as deleted instead, map the column that it sets, and"
                        + " update the record";
            default ->
                "nothing was written, because a trigger of the table suppresses "
                        + (operation == Operation.SAVE_ALL ? "the write of one of the records" : "it")
                        + "; does one skip rows that do not change, as suppress_redundant_updates_trigger does, or store them"
                        + " in another table?";
        };
        return access.errors.permanent(operation, keys, problem, cause == null ? null : SqlCause.of(cause));
    }

    /** What the statement returned. It has taken effect by now, so a failure to read it must not look like a refusal. */
    private List<VersionedRecord<K, V>> stored(Operation operation, List<K> keys, ResultSet rows, boolean tombstones) {
        try {
            List<VersionedRecord<K, V>> stored = new ArrayList<>();
            while (rows.next()) {
                if (tombstones) {
                    stored.add(new VersionedRecord<>(
                            access.keyAlone(rows),
                            rows.getLong(access.mapping.keyColumns().size() + 1),
                            null));
                    continue;
                }
                @Nullable Object[] values = access.values(rows);
                K key = access.key(values);
                stored.add(new VersionedRecord<>(
                        key, rows.getLong(values.length + 1), access.value(operation, key, values)));
            }
            return stored;
        } catch (SQLException | RuntimeException | AssertionError e) {
            throw sessions.tookEffect(
                    operation, keys, "the stored row cannot be made into a record: " + WithheldException.message(e), e);
        }
    }

    private static <V> int bind(PreparedStatement statement, int first, List<TableMapping.Column<V>> columns, V value)
            throws SQLException {
        int next = first;
        for (TableMapping.Column<V> column : columns) {
            statement.setString(next++, column.textIn(value));
        }
        return next;
    }
}
