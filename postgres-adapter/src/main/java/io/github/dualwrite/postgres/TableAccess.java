package io.github.dualwrite.postgres;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.spi.WithheldException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A {@link TableMapping} at work. */
final class TableAccess<K, V> implements Access<K, V>, KeyCodec<K> {

    final TableMapping<K, V> mapping;
    final TableStatements sql;
    final StoreContext context;
    final SqlErrors errors;
    final PendingMarks marks;
    final List<TableMapping.Column<V>> written;

    /** What a save binds after these, once more. */
    final List<TableMapping.Column<V>> boundAgain;

    final TakenKey takenKey;
    final TableLayout layout;
    private final int[] keyPositions;
    private final TableKeys<K> keyTexts;
    private final String table;
    private final Map<String, String> declaredTypes;

    TableAccess(
            TableMapping<K, V> mapping,
            TableLayout layout,
            DualwriteSchema schema,
            StoreContext context,
            SqlErrors errors) {
        this.mapping = mapping;
        this.sql = new TableStatements(mapping, layout, schema);
        this.keyTexts = new TableKeys<>(mapping);
        this.table = Sql.qualified(layout.schema(), layout.table());
        this.context = context;
        this.errors = errors;
        this.layout = layout;
        errors.keyedBy(layout.keyLists());
        this.takenKey = new TakenKey(mapping, layout, errors);
        this.marks = new PendingMarks(context, schema);
        this.written = mapping.columns().stream()
                .filter(c -> !layout.fact(c.name()).computed())
                .toList();
        this.boundAgain = mapping.columns().stream()
                .filter(c -> TableStatements.boundAgain(c, layout))
                .toList();
        List<String> names =
                mapping.columns().stream().map(TableMapping.Column::name).toList();
        this.declaredTypes = mapping.columns().stream()
                .map(TableMapping.Column::name)
                .collect(Collectors.toUnmodifiableMap(
                        name -> name, name -> DeclaredType.of(layout.fact(name)).text()));
        this.keyPositions = mapping.keyColumns().stream()
                .mapToInt(c -> names.indexOf(c.name()))
                .toArray();
    }

    @Override
    public Map<String, String> declaredTypes() {
        return declaredTypes;
    }

    @Override
    public Optional<String> lookup(K key) {
        return Optional.of(mapping.lookup(key));
    }

    /** The qualified and quoted table. */
    String table() {
        return table;
    }

    @Override
    public AuthorityWrites<K, V> writes(Sessions sessions) {
        return new TableWrites<>(this, sessions);
    }

    @Override
    public KeyCodec<K> keys() {
        return this;
    }

    @Override
    public String encode(K key) {
        return keyTexts.encode(key);
    }

    @Override
    public K decode(String text) {
        return keyTexts.decode(text);
    }

    @Override
    public List<VersionedRecord<K, V>> snapshot(Sessions sessions, Collection<? extends K> keys) {
        if (keys.isEmpty()) {
            return List.of();
        }
        List<K> distinct = List.copyOf(new LinkedHashSet<>(keys));
        return sessions.statement(Operation.SNAPSHOT, distinct, connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql.snapshot)) {
                select.setArray(1, SqlArrays.text(connection, distinct, this::encode));
                int next = bindKeys(select, 2, distinct);
                select.setString(next, context.repository());
                List<VersionedRecord<K, V>> records = new ArrayList<>();
                int version = mapping.columns().size() + 1;
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        if (row.getBoolean(version + 3)) { // since the repository was built
                            throw TableLayout.filtered(errors, Operation.SNAPSHOT, table);
                        }
                        K key = decode(row.getString(version + 1));
                        @Nullable V value = row.getBoolean(version + 2) ? value(Operation.SNAPSHOT, key, row) : null;
                        records.add(new VersionedRecord<>(key, row.getLong(version), value));
                    }
                }
                return records;
            }
        });
    }

    /** The key that a record carries; an error names the repository too. */
    Optional<K> keyIn(V value) {
        try {
            return mapping.keyIn(value);
        } catch (MappingException e) {
            throw new MappingException("repository '" + context.repository() + "': " + e.getMessage(), e);
        }
    }

    /** The mapped columns of a row, which are its first ones. */
    @Nullable
    Object[] values(ResultSet row) throws SQLException {
        @Nullable Object[] values = new Object[mapping.columns().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = mapping.columns().get(i).read(row, i + 1);
        }
        return values;
    }

    /** Makes a record; what the mapping refuses is a permanent error of this key. */
    V value(Operation operation, K key, @Nullable Object[] values) {
        try {
            return mapping.construct(new RowValues(mapping.columns(), values));
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            throw unreadable(operation, key, e);
        }
    }

    /** The record of a row whose first columns are the mapped ones. */
    V value(Operation operation, K key, ResultSet row) throws SQLException {
        @Nullable Object[] values;
        try {
            values = values(row);
        } catch (MappingException e) { // for example an enum constant that Java does not know
            throw unreadable(operation, key, e);
        }
        return value(operation, key, values);
    }

    private PermanentStoreException unreadable(Operation operation, K key, Throwable e) {
        return errors.permanent(
                operation,
                List.of(key),
                "the stored row cannot be made into a record: " + WithheldException.message(e),
                e);
    }

    /** The key in the mapped columns of a row. */
    K key(@Nullable Object[] values) {
        List<Object> parts = new ArrayList<>(keyPositions.length);
        for (int position : keyPositions) {
            parts.add(part(mapping.columns().get(position), values[position]));
        }
        return mapping.key(parts);
    }

    /** The key of a row whose first columns are those of the key, and which may hold what Java cannot read. */
    K keyAlone(ResultSet row) throws SQLException {
        List<Object> parts = new ArrayList<>(keyPositions.length);
        for (int i = 0; i < keyPositions.length; i++) {
            TableMapping.Column<V> column = mapping.keyColumns().get(i);
            parts.add(part(column, column.read(row, i + 1)));
        }
        return mapping.key(parts);
    }

    private static Object part(TableMapping.Column<?> column, @Nullable Object value) {
        if (value == null) {
            throw new MappingException("key column " + column.name() + " came back NULL");
        }
        return value;
    }

    int bindKey(PreparedStatement statement, int first, K key) throws SQLException {
        int next = first;
        List<Object> parts = mapping.keyParts(key);
        for (int i = 0; i < parts.size(); i++) {
            statement.setString(next++, mapping.keyColumns().get(i).text(parts.get(i)));
        }
        return next;
    }

    int bindKeys(PreparedStatement statement, int first, List<? extends K> keys) throws SQLException {
        int next = first;
        for (int i = 0; i < mapping.keyColumns().size(); i++) {
            int part = i;
            TableMapping.Column<V> column = mapping.keyColumns().get(part);
            statement.setArray(
                    next++,
                    SqlArrays.text(
                            statement.getConnection(),
                            keys,
                            key -> column.text(mapping.keyParts(key).get(part))));
        }
        return next;
    }
}
