package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.RecordFields;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a domain type is stored in one table: one row for each record. Immutable.
 *
 * <p>From a Java record by convention: {@link #ofRecord}. Column by column: {@link #columns}. Columns of the table that are not
 * mapped keep their values. Over several tables: {@link AggregateMapping}.
 */
public final class TableMapping<K, V> implements PostgresMapping<K, V> {

    /**
     * One mapped column.
     *
     * @param keyPart its place in the key, or -1
     */
    record Column<V>(
            String name,
            ColumnType<?> type,
            Function<V, @Nullable Object> getter,
            int keyPart,
            boolean generated,
            boolean primitive) {

        boolean key() {
            return keyPart >= 0;
        }

        /** The text of its value in a record. */
        @Nullable
        String textIn(V record) {
            return text(valueIn(record));
        }

        /** Its value in a record. */
        @Nullable
        Object valueIn(V record) {
            try {
                return getter.apply(record);
            } catch (MappingException e) {
                throw e;
            } catch (RuntimeException | AssertionError e) { // of the application, and its message may show the value
                throw new MappingException("the value of column " + name + " cannot be taken from the record", e);
            }
        }

        /** PostgreSQL's text form of a value. */
        @Nullable
        String text(@Nullable Object value) {
            try {
                return type.text(value);
            } catch (RuntimeException e) {
                throw noForm(e);
            }
        }

        /** The form in which a value is part of the key's text. */
        String keyText(Object value) {
            try {
                return type.keyText(value);
            } catch (RuntimeException e) {
                throw noForm(e);
            }
        }

        /** Its value in a row that has arrived. */
        @Nullable
        Object read(ResultSet row, int place) {
            try {
                return type.read(row, place);
            } catch (SQLException | RuntimeException e) {
                throw new MappingException("column " + name + " holds what cannot be read as " + type, e);
            }
        }

        private MappingException noForm(RuntimeException e) {
            return e instanceof MappingException
                    ? new MappingException("column " + name + " " + e.getMessage(), e)
                    : new MappingException("the value of column " + name + " has no form as " + type, e);
        }
    }

    /** What functions of an application do is not known, so a mapping by hand is like no other. */
    private static final AtomicLong BY_HAND = new AtomicLong();

    private final @Nullable String schema;
    private final String table;
    private final List<Column<V>> columns;
    private final List<Column<V>> keyColumns;
    private final Function<K, List<Object>> keyParts;
    private final Function<List<Object>, K> keyOf;
    private final Function<RowValues, V> construct;
    private final String form;
    private final List<String> fieldNames;

    private TableMapping(
            Target target,
            List<Column<V>> columns,
            Function<K, List<Object>> keyParts,
            Function<List<Object>, K> keyOf,
            Function<RowValues, V> construct,
            @Nullable Convention convention) {
        this.schema = target.schema;
        this.table = target.table;
        this.columns = List.copyOf(columns);
        this.keyColumns = columns.stream()
                .filter(Column::key)
                .sorted(Comparator.comparingInt(Column::keyPart))
                .toList();
        this.keyParts = keyParts;
        this.keyOf = keyOf;
        this.construct = construct;
        this.form = convention == null ? "mapping " + BY_HAND.incrementAndGet() : convention.form();
        this.fieldNames = convention == null ? List.of() : convention.fieldNames();
    }

    /**
     * What is known of a mapping that was not made by hand.
     *
     * @param form the same for two mappings only if they make the same record of the same values of its fields
     * @param fieldNames the record's component for each column
     */
    record Convention(String form, List<String> fieldNames) {}

    /** A table's name as it was given. */
    record Target(@Nullable String schema, String table) {
        static Target of(String name) {
            Objects.requireNonNull(name, "table");
            int dot = name.indexOf('.');
            if (name.isBlank() || dot == 0 || dot == name.length() - 1 || name.indexOf('.', dot + 1) >= 0) {
                throw new IllegalArgumentException("a table is named 'table' or 'schema.table', not '" + name + "'");
            }
            return dot < 0 ? new Target(null, name) : new Target(name.substring(0, dot), name.substring(dot + 1));
        }
    }

    /**
     * Maps a Java record by convention: each component is a column whose name is the component's in snake case.
     *
     * @param keyType the type of the key component, or, for a key of several columns, a record that has the key components
     */
    public static <K, V> RecordTableMappingBuilder<K, V> ofRecord(Class<V> recordType, Class<K> keyType) {
        return new RecordTableMappingBuilder<>(recordType, keyType);
    }

    /**
     * Maps column by column.
     *
     * @param table {@code table} or {@code schema.table}, unquoted, in the case in which PostgreSQL has it
     */
    public static <K, V> Builder<K, V> columns(String table) {
        return new Builder<>(Target.of(table));
    }

    /** Collects columns. Not safe for use by many threads. */
    public static final class Builder<K, V> {
        private final Target target;
        private final List<Column<V>> columns = new ArrayList<>();
        private int keys;
        private @Nullable Convention convention;

        Builder(Target target) {
            this.target = target;
        }

        /** A column that is part of the key. Their order is the order of the key's parts. */
        public <T> Builder<K, V> key(String name, ColumnType<T> type, Function<V, ? extends @Nullable T> getter) {
            return add(new Column<>(name, type, getter::apply, keys++, false, false));
        }

        /** A key column that the database fills in when the record holds {@code null}. */
        public <T> Builder<K, V> generatedKey(
                String name, ColumnType<T> type, Function<V, ? extends @Nullable T> getter) {
            return add(new Column<>(name, type, getter::apply, keys++, true, false));
        }

        /** A column. */
        public <T> Builder<K, V> column(String name, ColumnType<T> type, Function<V, ? extends @Nullable T> getter) {
            return add(new Column<>(name, type, getter::apply, -1, false, false));
        }

        /**
         * A column that the database fills in with its default when the record holds {@code null}. Of a record that is there already
         * it keeps what is stored.
         */
        public <T> Builder<K, V> generatedColumn(
                String name, ColumnType<T> type, Function<V, ? extends @Nullable T> getter) {
            return add(new Column<>(name, type, getter::apply, -1, true, false));
        }

        Builder<K, V> add(Column<V> column) {
            Objects.requireNonNull(column.name(), "column");
            if (columns.stream().anyMatch(c -> c.name().equals(column.name()))) {
                throw new IllegalArgumentException("column " + column.name() + " is mapped twice");
            }
            if (column.key() && !column.type().usableAsKey()) {
                throw new IllegalArgumentException("column " + column.name() + " of type " + column.type()
                        + " cannot be part of a key: equal values of this type can have different texts");
            }
            columns.add(column);
            return this;
        }

        /**
         * The mapping of a table whose key is one column.
         *
         * @param construct makes a record of a stored row
         */
        @SuppressWarnings("unchecked") // the key column's type is the caller's K
        public TableMapping<K, V> build(Function<Row, V> construct) {
            if (keys != 1) {
                throw new IllegalArgumentException("table " + target.table() + ": " + keys
                        + " key columns are mapped; with more than one, say how the key is split and put together");
            }
            return build(List::of, parts -> (K) parts.get(0), construct);
        }

        /**
         * The mapping of a table whose key is several columns.
         *
         * @param keyParts splits a key into its parts, in the order of the key columns
         * @param keyOf puts a key together
         * @param construct makes a record of a stored row
         */
        public TableMapping<K, V> build(
                Function<K, List<Object>> keyParts, Function<List<Object>, K> keyOf, Function<Row, V> construct) {
            return buildFromValues(keyParts, keyOf, construct::apply);
        }

        TableMapping<K, V> buildFromValues(
                Function<K, List<Object>> keyParts, Function<List<Object>, K> keyOf, Function<RowValues, V> construct) {
            if (columns.stream().noneMatch(Column::key)) {
                throw new IllegalArgumentException(
                        "table " + target.table() + " has no key column mapped; call key(…)");
            }
            return new TableMapping<>(target, columns, keyParts, keyOf, construct, convention);
        }

        void convention(Convention known) {
            this.convention = known;
        }
    }

    @Nullable
    String schema() {
        return schema;
    }

    /** The query by which a person looks at a record by hand. Nothing here runs it, so the key may stand in it. */
    String lookup(K key) {
        List<Object> parts = keyParts(key);
        List<String> conditions = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            Column<V> column = keyColumns.get(i);
            conditions.add(Sql.quote(column.name()) + " = "
                    + Sql.literal(Objects.requireNonNull(column.text(parts.get(i))))
                            .strip());
        }
        return "SELECT * FROM " + (schema == null ? "" : Sql.quote(schema) + ".") + Sql.quote(table) + " WHERE "
                + String.join(" AND ", conditions);
    }

    String table() {
        return table;
    }

    List<Column<V>> columns() {
        return columns;
    }

    /** The columns of the key, in the order of its parts. */
    List<Column<V>> keyColumns() {
        return keyColumns;
    }

    /** The same for two mappings only if they make the same record of the same values of its fields. */
    String form() {
        return form;
    }

    /** What the field in a column is called, the same in every mapping of the same {@link #form}. */
    String fieldName(Column<V> column) {
        return fieldNames.isEmpty() ? column.name() : fieldNames.get(columns.indexOf(column));
    }

    /** Whether functions of an application split keys and put them together. */
    boolean byHand() {
        return fieldNames.isEmpty();
    }

    /** Whether names of fields are those of the record's components. */
    boolean knowsComponents() {
        return !fieldNames.isEmpty();
    }

    /** The mapped columns as fields of a record. */
    RecordFields<V> fields() {
        Map<String, Function<V, @Nullable Object>> getters = new LinkedHashMap<>();
        columns.forEach(column -> getters.put(column.name(), column.getter()));
        return RecordFields.of(getters);
    }

    /** The key's parts, each not {@code null}. */
    List<Object> keyParts(K key) {
        List<Object> parts = keyParts.apply(key);
        if (parts.size() != keyColumns().size()) {
            throw new MappingException("key " + key + " has " + parts.size() + " parts, but table " + table + " has "
                    + keyColumns().size() + " key columns");
        }
        return parts;
    }

    K key(List<Object> parts) {
        return keyOf.apply(parts);
    }

    /** The key that a record carries; empty if a generated part is still missing. */
    Optional<K> keyIn(V value) {
        List<Object> parts = new ArrayList<>();
        for (Column<V> column : keyColumns()) {
            Object part = column.valueIn(value);
            if (part == null) {
                if (column.generated()) {
                    return Optional.empty();
                }
                throw new MappingException("key column " + column.name() + " of table " + table
                        + " is null in the record; give it a value, or map it as generated");
            }
            parts.add(part);
        }
        K key = key(parts);
        if (byHand() && !keyParts(key).equals(parts)) {
            throw irreversible();
        }
        return Optional.of(key);
    }

    /** What is pending would come back as another key. */
    MappingException irreversible() {
        return new MappingException(
                "the mapping of table " + table
                        + " does not put a key together again from the parts into which it splits it; mend the mapping of the key");
    }

    V construct(RowValues row) {
        List<String> nulls = nullPrimitives(row);
        if (!nulls.isEmpty()) {
            throw new MappingException("NULL in column " + String.join(", ", nulls)
                    + ", which is mapped to a primitive; use a wrapper type");
        }
        return construct.apply(row);
    }

    /** The columns that are NULL and cannot be. */
    List<String> nullPrimitives(RowValues row) {
        List<String> nulls = List.of();
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).primitive() && row.value(i) == null) {
                nulls = nulls.isEmpty() ? new ArrayList<>() : nulls;
                nulls.add(columns.get(i).name());
            }
        }
        return nulls;
    }
}
