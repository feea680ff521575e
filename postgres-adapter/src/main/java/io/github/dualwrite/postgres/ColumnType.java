package io.github.dualwrite.postgres;

import io.github.dualwrite.Json;
import io.github.dualwrite.spi.MappingException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a Java type is stored in a PostgreSQL column. Immutable and safe for use by many threads.
 *
 * <p>Values travel to the server as bind parameters in PostgreSQL's text form, which the statement casts to the column's type;
 * so one form serves single rows and batches, and every type of the server can be reached.
 */
public final class ColumnType<T> {

    /** {@code smallint}. */
    public static final ColumnType<Short> SMALLINT =
            key("smallint", Set.of("int2"), Object::toString, (r, i) -> nullable(r, r.getShort(i)), Short::valueOf);

    /** {@code integer}. */
    public static final ColumnType<Integer> INTEGER = key(
            "integer", Set.of("int2", "int4"), Object::toString, (r, i) -> nullable(r, r.getInt(i)), Integer::valueOf);

    /** {@code bigint}. */
    public static final ColumnType<Long> BIGINT = key(
            "bigint",
            Set.of("int2", "int4", "int8"),
            Object::toString,
            (r, i) -> nullable(r, r.getLong(i)),
            Long::valueOf);

    /** {@code numeric}; keeps the scale that the column keeps. */
    public static final ColumnType<BigDecimal> NUMERIC =
            plain("numeric", Set.of("numeric"), ColumnType::decimal, ResultSet::getBigDecimal);

    /** {@code real}. */
    public static final ColumnType<Float> REAL =
            plain("real", Set.of("float4"), Object::toString, (r, i) -> nullable(r, r.getFloat(i)));

    /** {@code double precision}, or {@code real}, of which the value is the {@code float} that it holds. */
    public static final ColumnType<Double> DOUBLE = plain(
            "double precision",
            Set.of("float4", "float8"),
            Object::toString,
            (r, i) -> r.getObject(i) instanceof Number number ? (Double) number.doubleValue() : null);

    /** {@code text} and its relatives. The character NUL and halves of surrogate pairs are refused: PostgreSQL cannot hold them. */
    public static final ColumnType<String> TEXT = key(
            "text",
            Set.of("text", "varchar", "bpchar", "citext"),
            StorableText::of,
            ResultSet::getString,
            Function.identity());

    /** {@code boolean}. */
    public static final ColumnType<Boolean> BOOLEAN =
            key("boolean", Set.of("bool"), Object::toString, (r, i) -> nullable(r, r.getBoolean(i)), Boolean::valueOf);

    /** {@code uuid}. */
    public static final ColumnType<UUID> UUID_TYPE =
            key("uuid", Set.of("uuid"), Object::toString, (r, i) -> r.getObject(i, UUID.class), UUID::fromString);

    /**
     * {@code timestamptz}; PostgreSQL rounds to the microsecond. A finer time from another store is applied rounded, and differs from the
     * authority's in a verification: cut it to microseconds before it is written. What is infinite there is {@code OffsetDateTime.MAX} or {@code MIN} as an
     * instant here; the same goes for the two types below.
     */
    public static final ColumnType<Instant> TIMESTAMPTZ = new ColumnType<>(
            "timestamptz",
            Set.of("timestamptz"),
            TimeText::of,
            (r, i) -> {
                OffsetDateTime value = time(r, i, OffsetDateTime.class, Function.identity());
                return value == null ? null : value.toInstant();
            },
            new KeyForm<>(
                    // before PostgreSQL 14 both are floating-point numbers, which do not hold so many digits together
                    finiteOr("(extract(epoch from date_trunc('second', %1$s))::bigint * 1000000"
                            + " + extract(microseconds from %1$s)::bigint %% 1000000)::text"),
                    ColumnType::micros,
                    ColumnType::fromMicros));

    /** {@code timestamp} without time zone; PostgreSQL rounds to the microsecond. */
    public static final ColumnType<LocalDateTime> TIMESTAMP = plain(
            "timestamp",
            Set.of("timestamp"),
            TimeText::of,
            (r, i) -> time(r, i, LocalDateTime.class, OffsetDateTime::toLocalDateTime));

    /** {@code date}. */
    public static final ColumnType<LocalDate> DATE = new ColumnType<>(
            "date",
            Set.of("date"),
            TimeText::of,
            (r, i) -> time(r, i, LocalDate.class, OffsetDateTime::toLocalDate),
            new KeyForm<>(finiteOr("(%1$s - date '1970-01-01')::text"), ColumnType::days, ColumnType::fromDays));

    /** {@code bytea}. */
    public static final ColumnType<byte[]> BYTEA =
            plain("bytea", Set.of("bytea"), bytes -> "\\x" + HexFormat.of().formatHex(bytes), ResultSet::getBytes);

    /** {@code jsonb} or {@code json}. PostgreSQL gives {@code jsonb} back in its own normal form, which is an equal {@link Json}. */
    public static final ColumnType<Json> JSON =
            plain("jsonb", Set.of("jsonb", "json"), json -> StorableText.of(json.text()), (r, i) -> {
                String text = r.getString(i);
                return text == null ? null : new Json(text);
            });

    /** {@code text[]}; elements may be {@code null}. */
    public static final ColumnType<List<@Nullable String>> TEXT_ARRAY =
            plain("text[]", Set.of("_text", "_varchar"), ColumnType::arrayText, (r, i) -> list(r.getArray(i)));

    /** {@code bigint[]}; elements may be {@code null}. */
    public static final ColumnType<List<@Nullable Long>> BIGINT_ARRAY =
            plain("bigint[]", Set.of("_int8"), ColumnType::arrayText, (r, i) -> list(r.getArray(i)));

    private static final int MOST_SCALE = 16_383;

    private static final Map<Type, ColumnType<?>> BY_CLASS = Map.ofEntries(
            Map.entry(short.class, SMALLINT),
            Map.entry(Short.class, SMALLINT),
            Map.entry(int.class, INTEGER),
            Map.entry(Integer.class, INTEGER),
            Map.entry(long.class, BIGINT),
            Map.entry(Long.class, BIGINT),
            Map.entry(BigDecimal.class, NUMERIC),
            Map.entry(float.class, REAL),
            Map.entry(Float.class, REAL),
            Map.entry(double.class, DOUBLE),
            Map.entry(Double.class, DOUBLE),
            Map.entry(String.class, TEXT),
            Map.entry(boolean.class, BOOLEAN),
            Map.entry(Boolean.class, BOOLEAN),
            Map.entry(UUID.class, UUID_TYPE),
            Map.entry(Instant.class, TIMESTAMPTZ),
            Map.entry(LocalDateTime.class, TIMESTAMP),
            Map.entry(LocalDate.class, DATE),
            Map.entry(byte[].class, BYTEA),
            Map.entry(Json.class, JSON));

    /** Reads a column of the current row. */
    @FunctionalInterface
    interface Reader<T> {
        @Nullable
        T read(ResultSet row, int column) throws SQLException;
    }

    /** How a key column becomes part of the key's text: in SQL and in Java, with the same outcome. */
    private record KeyForm<T>(String sql, Function<T, String> encode, Function<String, T> decode) {}

    private final String name;
    private final Set<String> accepts;
    private final Function<T, String> text;
    private final Reader<T> reader;
    private final @Nullable KeyForm<T> keyForm;

    private ColumnType(
            String name,
            Set<String> accepts,
            Function<T, String> text,
            Reader<T> reader,
            @Nullable KeyForm<T> keyForm) {
        this.name = name;
        this.accepts = accepts;
        this.text = text;
        this.reader = reader;
        this.keyForm = keyForm;
    }

    /** A Java enum, stored by constant name in a PostgreSQL enum or a text column. */
    public static <E extends Enum<E>> ColumnType<E> enumOf(Class<E> type) {
        return new ColumnType<>(
                "enum " + type.getName(),
                Set.of("enum", "text", "varchar"),
                Enum::name,
                (r, i) -> {
                    String constant = r.getString(i);
                    return constant == null ? null : constant(type, constant);
                },
                new KeyForm<>("%s::text COLLATE \"C\"", Enum::name, constant -> constant(type, constant)));
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String name) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equals(name)) {
                return constant;
            }
        }
        throw new MappingException("holds no constant of " + type.getName() + ", which another version may know");
    }

    /** The column type that a Java type is stored in by convention; empty if there is none. */
    static Optional<ColumnType<?>> forJavaType(Type type) {
        ColumnType<?> byClass = BY_CLASS.get(type);
        if (byClass != null) {
            return Optional.of(byClass);
        }
        if (type instanceof Class<?> c && c.isEnum()) {
            return Optional.of(enumOfUnchecked(c));
        }
        if (type instanceof ParameterizedType p && p.getRawType() == List.class) {
            if (p.getActualTypeArguments()[0] == String.class) {
                return Optional.of(TEXT_ARRAY);
            }
            if (p.getActualTypeArguments()[0] == Long.class) {
                return Optional.of(BIGINT_ARRAY);
            }
        }
        return Optional.empty();
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // the class is known to be an enum
    private static ColumnType<?> enumOfUnchecked(Class<?> type) {
        return enumOf((Class) type);
    }

    boolean accepts(String typeName) {
        return accepts.contains(typeName);
    }

    /** PostgreSQL's text form of a value. */
    @SuppressWarnings("unchecked") // the mapping's getters give values of this type
    @Nullable
    String text(@Nullable Object value) {
        return value == null ? null : text.apply((T) value);
    }

    @Nullable
    T read(ResultSet row, int column) throws SQLException {
        return reader.read(row, column);
    }

    boolean usableAsKey() {
        return keyForm != null;
    }

    private KeyForm<T> keyForm() {
        if (keyForm == null) {
            throw new IllegalStateException("a column of type " + name + " cannot be part of a key");
        }
        return keyForm;
    }

    String keySql(String column) {
        return String.format(keyForm().sql(), column);
    }

    @SuppressWarnings("unchecked") // the mapping's key parts are values of this type
    String keyText(Object value) {
        return keyForm().encode().apply((T) value);
    }

    T fromKeyText(String keyText) {
        return keyForm().decode().apply(keyText);
    }

    @Override
    public String toString() {
        return name;
    }

    private static <T> ColumnType<T> plain(
            String name, Set<String> accepts, Function<T, String> text, Reader<T> reader) {
        return new ColumnType<>(name, accepts, text, reader, null);
    }

    private static <T> ColumnType<T> key(
            String name, Set<String> accepts, Function<T, String> text, Reader<T> reader, Function<String, T> decode) {
        return new ColumnType<>(name, accepts, text, reader, new KeyForm<>("%s::text COLLATE \"C\"", text, decode));
    }

    private static <T> @Nullable T nullable(ResultSet row, T value) throws SQLException {
        return row.wasNull() ? null : value;
    }

    private static <T> @Nullable T time(ResultSet row, int column, Class<T> type, Function<OffsetDateTime, T> of)
            throws SQLException {
        try {
            return row.getObject(column, type);
        } catch (DateTimeException e) { // the driver makes no 29 February of a leap year BC
            return of.apply(TimeText.beforeChrist(row.getString(column)));
        }
    }

    /** PostgreSQL would round without a word what has more digits after the point. */
    private static String decimal(BigDecimal value) {
        if (value.stripTrailingZeros().scale() > MOST_SCALE) {
            throw new MappingException("has more than " + MOST_SCALE
                    + " digits after the decimal point, which PostgreSQL cannot hold; mend the record");
        }
        return value.toString();
    }

    /** Infinity has no number; as a text it is written alike whatever the settings are. */
    private static String finiteOr(String number) {
        return "CASE WHEN pg_catalog.isfinite(%1$s) THEN " + number + " ELSE %1$s::text END";
    }

    private static String micros(Instant instant) {
        if (TimeText.infinite(instant)) {
            return TimeText.of(instant);
        }
        if (instant.getNano() % 1000 != 0) {
            throw new MappingException(
                    "has a part of a microsecond, and a timestamptz in a key has microseconds; truncate " + instant
                            + " before it is used as a key");
        }
        try {
            return Long.toString(
                    Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000));
        } catch (ArithmeticException e) {
            throw new MappingException("lies outside the times that can be in a key", e);
        }
    }

    private static Instant fromMicros(String micros) {
        if (micros.endsWith(TimeText.INFINITY)) {
            return TimeText.infinity(micros);
        }
        long value = Long.parseLong(micros);
        return Instant.ofEpochSecond(Math.floorDiv(value, 1_000_000L), Math.floorMod(value, 1_000_000L) * 1000L);
    }

    private static String days(LocalDate date) {
        return TimeText.infinite(date) ? TimeText.of(date) : Long.toString(date.toEpochDay());
    }

    private static LocalDate fromDays(String days) {
        return switch (days) {
            case TimeText.INFINITY -> LocalDate.MAX;
            case "-" + TimeText.INFINITY -> LocalDate.MIN;
            default -> LocalDate.ofEpochDay(Long.parseLong(days));
        };
    }

    private static String arrayText(List<?> elements) {
        StringBuilder text = new StringBuilder("{");
        for (Object element : elements) {
            if (text.length() > 1) {
                text.append(',');
            }
            if (element == null) {
                text.append("NULL");
            } else {
                text.append('"')
                        .append(StorableText.of(element.toString())
                                .replace("\\", "\\\\")
                                .replace("\"", "\\\""))
                        .append('"');
            }
        }
        return text.append('}').toString();
    }

    @SuppressWarnings("unchecked") // the driver gives arrays of the column's element type
    private static <E> @Nullable List<@Nullable E> list(@Nullable Array array) throws SQLException {
        if (array == null) {
            return null;
        }
        List<@Nullable E> elements = new ArrayList<>();
        for (@Nullable Object element : (@Nullable Object[]) array.getArray()) {
            if (element != null && element.getClass().isArray()) {
                throw new MappingException(
                        "holds an array of more than one dimension, which a List cannot hold; map it by hand");
            }
            elements.add((E) element);
        }
        return Collections.<@Nullable E>unmodifiableList(elements);
    }
}
