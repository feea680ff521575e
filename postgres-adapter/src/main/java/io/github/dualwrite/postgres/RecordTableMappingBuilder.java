package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.RecordShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Maps a Java record to a table by convention. Components are named as in Java; a component's column is its name in snake case
 * unless {@link #column} says otherwise. Not safe for use by many threads.
 *
 * <p>Types: all integers {@code smallint, integer, bigint}, {@code BigDecimal numeric}, {@code float real}, {@code double double
 * precision}, {@code String text}, {@code boolean}, {@code UUID uuid}, {@code Instant timestamptz}, {@code LocalDateTime
 * timestamp}, {@code LocalDate date}, {@code byte[] bytea}, {@link io.github.dualwrite.Json Json jsonb}, {@code List<String>
 * text[]}, {@code List<Long> bigint[]}, enums as PostgreSQL enum or text.
 */
public final class RecordTableMappingBuilder<K, V> {

    private final RecordShape<V> shape;
    private final Class<K> keyType;
    private final Map<String, String> columns = new HashMap<>();
    private final Map<String, ColumnType<?>> types = new HashMap<>();
    private final Set<String> generated = new HashSet<>();
    private TableMapping.@Nullable Target target;
    private List<String> keys = List.of();

    RecordTableMappingBuilder(Class<V> recordType, Class<K> keyType) {
        this.shape = RecordShape.of(recordType);
        this.keyType = Objects.requireNonNull(keyType, "keyType");
    }

    /**
     * The table.
     *
     * @param table {@code table} or {@code schema.table}, unquoted, in the case in which PostgreSQL has it
     */
    public RecordTableMappingBuilder<K, V> table(String table) {
        this.target = TableMapping.Target.of(table);
        return this;
    }

    /** The components that make up the key, in the order of the key's parts. */
    public RecordTableMappingBuilder<K, V> key(String... components) {
        this.keys = Arrays.stream(components).map(this::known).toList();
        return this;
    }

    /**
     * Components that the database fills in, from an identity, a sequence or a default, when the record holds {@code null}. If a
     * record is there already, they keep what is stored.
     */
    public RecordTableMappingBuilder<K, V> generated(String... components) {
        for (String component : components) {
            generated.add(known(component));
        }
        return this;
    }

    /** Stores a component in a column of another name. */
    public RecordTableMappingBuilder<K, V> column(String component, String column) {
        columns.put(known(component), Objects.requireNonNull(column, "column"));
        return this;
    }

    /** Stores a component by another column type. */
    public RecordTableMappingBuilder<K, V> type(String component, ColumnType<?> type) {
        types.put(known(component), Objects.requireNonNull(type, "type"));
        return this;
    }

    private String known(String component) {
        if (shape.components().stream().noneMatch(c -> c.name().equals(component))) {
            throw new IllegalArgumentException("record " + shape.type().getSimpleName() + " has no component '"
                    + component + "'; it has " + Sql.list(shape.components(), RecordShape.Component::name));
        }
        return component;
    }

    /**
     * The mapping.
     *
     * @throws IllegalArgumentException if table or key is missing, a type cannot be mapped or the key type does not fit; the
     *     message names the component
     */
    public TableMapping<K, V> build() {
        if (target == null) {
            throw new IllegalArgumentException("record " + shape.type().getSimpleName() + ": call table(…)");
        }
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("record " + shape.type().getSimpleName()
                    + " needs a key: call key(…) with one or more of its components");
        }
        TableMapping.Builder<K, V> builder = new TableMapping.Builder<>(target);
        Map<String, RecordShape.Component> byName = new HashMap<>();
        for (RecordShape.Component component : shape.components()) {
            byName.put(component.name(), component);
            builder.add(new TableMapping.Column<>(
                    columnOf(component),
                    typeOf(component),
                    component::valueIn,
                    keys.indexOf(component.name()),
                    generated.contains(component.name()),
                    component.primitive()));
        }
        builder.convention(convention());
        Function<RowValues, V> construct = this::construct;
        List<RecordShape.Component> keyComponents = new ArrayList<>();
        for (String key : keys) {
            keyComponents.add(Objects.requireNonNull(byName.get(key)));
        }
        return keyComponents.size() == 1
                ? single(builder, keyComponents.get(0), construct)
                : composite(builder, keyComponents, construct);
    }

    /** Names of columns and the order of the key's parts are not in it: each side may have its own. */
    private TableMapping.Convention convention() {
        List<String> names =
                shape.components().stream().map(RecordShape.Component::name).toList();
        String types =
                Sql.list(shape.components(), c -> c.name() + " " + c.type().getTypeName() + " as " + typeOf(c));
        return new TableMapping.Convention(
                "record " + shape.type().getName() + "(" + types + ") by " + keyType.getName() + " of "
                        + keys.stream().sorted().toList(),
                names);
    }

    @SuppressWarnings("NullAway") // the elements' nullness is not read from class files
    private V construct(RowValues row) {
        return shape.construct(row.values());
    }

    private TableMapping<K, V> single(
            TableMapping.Builder<K, V> builder, RecordShape.Component key, Function<RowValues, V> construct) {
        Class<?> wanted = wrapper(keyType);
        if (!(key.type() instanceof Class<?> actual) || wrapper(actual) != wanted) {
            throw new IllegalArgumentException("key component " + key.name() + " is of type "
                    + key.type().getTypeName() + ", not " + keyType.getSimpleName());
        }
        return builder.buildFromValues(List::of, parts -> cast(wanted, parts.get(0)), construct);
    }

    @SuppressWarnings("unchecked") // compared with K's class above
    private K cast(Class<?> wanted, Object part) {
        return (K) wanted.cast(part);
    }

    private TableMapping<K, V> composite(
            TableMapping.Builder<K, V> builder,
            List<RecordShape.Component> keyComponents,
            Function<RowValues, V> construct) {
        if (!keyType.isRecord()) {
            throw new IllegalArgumentException("a key of " + keyComponents.size()
                    + " components needs a record as key type, not " + keyType.getSimpleName());
        }
        RecordShape<K> keyShape = RecordShape.of(keyType);
        int[] partOf = new int[keyShape.components().size()];
        RecordShape.Component[] componentOf = new RecordShape.Component[keyComponents.size()];
        boolean fits = keyShape.components().size() == keyComponents.size();
        for (int i = 0; fits && i < partOf.length; i++) {
            RecordShape.Component component = keyShape.components().get(i);
            partOf[i] = indexOf(keyComponents, component);
            fits = partOf[i] >= 0;
            if (fits) {
                componentOf[partOf[i]] = component;
            }
        }
        if (!fits) {
            throw new IllegalArgumentException("key record " + keyType.getSimpleName()
                    + " must have exactly the key components " + keys + ", with the same types");
        }
        return builder.buildFromValues(
                key -> {
                    List<Object> parts = new ArrayList<>();
                    for (RecordShape.Component component : componentOf) {
                        Object part = component.valueIn(key);
                        if (part == null) {
                            throw new MappingException(
                                    "part " + component.name() + " of key " + key + " must not be null");
                        }
                        parts.add(part);
                    }
                    return parts;
                },
                parts -> {
                    Object[] values = new Object[partOf.length];
                    for (int i = 0; i < partOf.length; i++) {
                        values[i] = parts.get(partOf[i]);
                    }
                    return keyShape.construct(values);
                },
                construct);
    }

    private static int indexOf(List<RecordShape.Component> components, RecordShape.Component wanted) {
        for (int i = 0; i < components.size(); i++) {
            if (components.get(i).name().equals(wanted.name())
                    && components.get(i).type().equals(wanted.type())) {
                return i;
            }
        }
        return -1;
    }

    private String columnOf(RecordShape.Component component) {
        String renamed = columns.get(component.name());
        return renamed != null ? renamed : component.snakeCaseName();
    }

    private ColumnType<?> typeOf(RecordShape.Component component) {
        ColumnType<?> given = types.get(component.name());
        return given != null
                ? given
                : ColumnType.forJavaType(component.type())
                        .orElseThrow(() -> new IllegalArgumentException("component " + component.name() + " of "
                                + shape.type().getSimpleName() + " has type "
                                + component.type().getTypeName()
                                + ", which has no column type by convention; call type(\"" + component.name()
                                + "\", …), map column by column, or map by hand with AggregateMapping"));
    }

    private static Class<?> wrapper(Class<?> type) {
        return java.lang.invoke.MethodType.methodType(type).wrap().returnType();
    }
}
