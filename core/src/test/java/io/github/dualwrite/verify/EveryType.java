package io.github.dualwrite.verify;

import io.github.dualwrite.Json;
import io.github.dualwrite.spi.RecordShape;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A record with a component of every type that the mappings of stores know. */
@SuppressWarnings("ArrayRecordComponent") // applications have such records
record EveryType(
        boolean flag,
        @Nullable Boolean boxedFlag,
        byte tiny,
        short small,
        int whole,
        @Nullable Integer boxedWhole,
        long large,
        @Nullable Long boxedLarge,
        @Nullable BigInteger huge,
        float real,
        double precise,
        @Nullable Double boxedPrecise,
        @Nullable BigDecimal amount,
        char letter,
        @Nullable String text,
        @Nullable UUID id,
        @Nullable Instant at,
        @Nullable LocalDate on,
        @Nullable LocalDateTime local,
        @Nullable OffsetDateTime offset,
        byte @Nullable [] bytes,
        int @Nullable [] numbers,
        @Nullable Json json,
        @Nullable Colour colour,
        @Nullable Inner inner,
        @Nullable List<@Nullable String> texts,
        @Nullable List<@Nullable Long> longs,
        @Nullable List<Inner> inners,
        @Nullable Set<@Nullable String> tags,
        @Nullable Map<String, @Nullable Integer> counters,
        @Nullable Map<String, Inner> named,
        Optional<String> maybe) {

    enum Colour {
        RED,
        GREEN {
            @Override
            boolean warm() {
                return false;
            }
        };

        boolean warm() {
            return true;
        }
    }

    record Inner(
            @Nullable String name,
            @Nullable BigDecimal price,
            @Nullable List<@Nullable String> parts) {}

    /** The same content, and another class. */
    record OtherInner(
            @Nullable String name,
            @Nullable BigDecimal price,
            @Nullable List<@Nullable String> parts) {}

    static final RecordShape<EveryType> SHAPE = RecordShape.of(EveryType.class);

    static EveryType base() {
        return new EveryType(
                true,
                true,
                (byte) 1,
                (short) 1,
                1,
                1,
                1,
                1L,
                BigInteger.ONE,
                1f,
                1d,
                1d,
                new BigDecimal("1.50"),
                'a',
                "a",
                new UUID(1, 1),
                Instant.ofEpochSecond(1, 1_000),
                LocalDate.of(2024, 2, 29),
                LocalDateTime.of(2024, 2, 29, 1, 2, 3, 4_000),
                OffsetDateTime.parse("2024-02-29T01:02:03+01:00"),
                new byte[] {1, 2},
                new int[] {1, 2},
                new Json("{\"a\": 1}"),
                Colour.RED,
                inner("a"),
                list("a", "b"),
                List.of(1L, 2L),
                List.of(inner("a"), inner("b")),
                set("a", "b"),
                map("a", 1, "b", 2),
                Map.of("a", inner("a")),
                Optional.of("a"));
    }

    static Inner inner(String name) {
        return new Inner(name, new BigDecimal("1.0"), list("x"));
    }

    private static List<@Nullable String> list(@Nullable String... elements) {
        return new ArrayList<@Nullable String>(Arrays.asList(elements));
    }

    private static Set<@Nullable String> set(@Nullable String... elements) {
        return new LinkedHashSet<@Nullable String>(Arrays.asList(elements));
    }

    private static Map<String, @Nullable Integer> map(@Nullable Object... entries) {
        Map<String, @Nullable Integer> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put(String.valueOf(entries[i]), (Integer) entries[i + 1]);
        }
        return map;
    }

    /** For each component, values that differ from the base's and from each other, however little. */
    static Map<String, List<@Nullable Object>> others() {
        Map<String, List<@Nullable Object>> others = new LinkedHashMap<>();
        others.put("flag", values(false));
        others.put("boxedFlag", values(false, null));
        others.put("tiny", values((byte) 0, (byte) -1, Byte.MIN_VALUE));
        others.put("small", values((short) 0, (short) -1, (short) 257));
        others.put("whole", values(0, -1, 257, Integer.MIN_VALUE));
        others.put("boxedWhole", values(0, 2, null));
        others.put("large", values(0L, -1L, 1L << 32 | 1, Long.MIN_VALUE));
        others.put("boxedLarge", values(0L, null));
        others.put("huge", values(BigInteger.ZERO, BigInteger.TWO, BigInteger.ONE.shiftLeft(128), null));
        others.put("real", values(0f, -0f, Float.NaN, Math.nextUp(1f)));
        others.put("precise", values(0d, -0d, Double.NaN, Double.POSITIVE_INFINITY, Math.nextUp(1d)));
        others.put("boxedPrecise", values(0d, null));
        others.put(
                "amount",
                values(
                        new BigDecimal("1.5"),
                        new BigDecimal("1.500"),
                        new BigDecimal("15"),
                        new BigDecimal("0.00"),
                        new BigDecimal("0"),
                        null));
        others.put("letter", values('b', '\0', '\ud800'));
        others.put(
                "text", values("", " ", "a ", "A", "b", "\0", "ä", "a\u0308", "\ud800", "\udc00", "?", "null", null));
        others.put("id", values(new UUID(1, 2), new UUID(2, 1), null));
        others.put(
                "at",
                values(
                        Instant.ofEpochSecond(1),
                        Instant.ofEpochSecond(1, 2_000),
                        Instant.ofEpochSecond(1, 1_001),
                        Instant.ofEpochSecond(-1, 1_000),
                        null));
        others.put("on", values(LocalDate.of(2024, 3, 1), LocalDate.of(-2024, 2, 28), null));
        others.put(
                "local",
                values(
                        LocalDateTime.of(2024, 2, 29, 1, 2, 3, 5_000),
                        LocalDateTime.of(2024, 2, 28, 1, 2, 3, 4_000),
                        null));
        others.put(
                "offset",
                values(
                        OffsetDateTime.parse("2024-02-29T00:02:03Z"),
                        OffsetDateTime.parse("2024-02-29T01:02:03Z"),
                        null));
        others.put("bytes", values(new byte[0], new byte[] {1}, new byte[] {2, 1}, new byte[] {1, 2, 0}, null));
        others.put("numbers", values(new int[0], new int[] {1}, new int[] {2, 1}, null));
        others.put("json", values(new Json("{\"a\": 1.0}"), new Json("{}"), new Json("null"), new Json(""), null));
        others.put("colour", values(Colour.GREEN, null));
        others.put(
                "inner",
                values(
                        inner("b"),
                        new Inner(null, new BigDecimal("1.0"), list("x")),
                        new Inner("a", new BigDecimal("1.00"), list("x")),
                        new Inner("a", null, list("x")),
                        new Inner("a", new BigDecimal("1.0"), list()),
                        new Inner("a", new BigDecimal("1.0"), null),
                        new Inner("a", new BigDecimal("1.0"), list((String) null)),
                        null));
        others.put(
                "texts",
                values(
                        list(),
                        list("a"),
                        list("b", "a"),
                        list("ab"),
                        list("a", "b", ""),
                        list("a", null),
                        list(null, "a"),
                        list("a", "b", null),
                        null));
        others.put("longs", values(List.of(), List.of(1L), List.of(2L, 1L), List.of(12L), null));
        others.put(
                "inners",
                values(
                        List.of(),
                        List.of(inner("a")),
                        List.of(inner("b"), inner("a")),
                        List.of(inner("a"), inner("c")),
                        null));
        others.put("tags", values(set(), set("a"), set("ab"), set("a", "b", "c"), set("a", null), null));
        others.put(
                "counters",
                values(
                        map(),
                        map("a", 1),
                        map("a", 2, "b", 1),
                        map("a", 1, "b", null),
                        map("b", 1, "a", 2, "c", 3),
                        null));
        others.put("named", values(Map.of(), Map.of("b", inner("a")), Map.of("a", inner("b")), null));
        others.put("maybe", values(Optional.empty(), Optional.of(""), Optional.of("b")));
        return others;
    }

    private static List<@Nullable Object> values(@Nullable Object... values) {
        return Collections.unmodifiableList(new ArrayList<@Nullable Object>(Arrays.asList(values)));
    }

    private static List<@Nullable Object> values(@Nullable Boolean value) {
        return Collections.singletonList(value);
    }

    /** The base with another value in one component. */
    static EveryType with(String component, @Nullable Object value) {
        List<RecordShape.Component> components = SHAPE.components();
        @Nullable Object[] values = new Object[components.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = components.get(i).name().equals(component)
                    ? value
                    : components.get(i).valueIn(base());
        }
        return SHAPE.construct(values);
    }
}
