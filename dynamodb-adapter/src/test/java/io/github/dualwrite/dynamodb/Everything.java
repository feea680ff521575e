package io.github.dualwrite.dynamodb;

import io.github.dualwrite.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Every type that has a convention. */
@SuppressWarnings("ArrayRecordComponent") // arrays of bytes are one of the types
record Everything(
        String id,
        short primitiveShort,
        int primitiveInt,
        long primitiveLong,
        float primitiveFloat,
        double primitiveDouble,
        boolean primitiveBoolean,
        @Nullable Short boxedShort,
        @Nullable Integer boxedInt,
        @Nullable Long boxedLong,
        @Nullable Float boxedFloat,
        @Nullable Double boxedDouble,
        @Nullable Boolean boxedBoolean,
        @Nullable BigInteger bigInteger,
        @Nullable BigDecimal bigDecimal,
        @Nullable String text,
        @Nullable UUID uuid,
        @Nullable Instant instant,
        @Nullable LocalDate localDate,
        @Nullable LocalDateTime localDateTime,
        byte @Nullable [] bytes,
        @Nullable Colour colour,
        @Nullable Json json,
        @Nullable List<@Nullable String> list,
        @Nullable Set<Long> set,
        @Nullable Map<String, @Nullable List<Address>> map,
        @Nullable Address address,
        @Nullable List<@Nullable List<@Nullable BigDecimal>> nested) {

    enum Colour {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "a constant with a body";
            }
        }
    }

    record Address(
            String streetName,
            @Nullable String zip2Code,
            @Nullable Position position) {}

    record Position(double latitude, double longitude) {}

    /** All that can be {@code null} is. */
    static Everything empty(String id) {
        return new Everything(
                id, (short) 0, 0, 0, 0, 0, false, null, null, null, null, null, null, null, null, null, null, null,
                null, null, null, null, null, null, null, null, null, null);
    }

    /** All that there is, at the edges of what can be stored. */
    static Everything full(String id) {
        Map<String, List<Address>> map = new HashMap<>();
        map.put("home", List.of(new Address("Main Street", null, new Position(1.5, -2.25)), new Address("", "", null)));
        map.put("none", null);
        map.put(" ", List.of());
        return new Everything(
                id,
                Short.MIN_VALUE,
                Integer.MIN_VALUE,
                Long.MIN_VALUE,
                Float.MIN_VALUE,
                0.1,
                true,
                Short.MAX_VALUE,
                Integer.MAX_VALUE,
                Long.MAX_VALUE,
                -Float.MAX_VALUE,
                1e125,
                false,
                new BigInteger("-" + "9".repeat(38)),
                new BigDecimal("-0012.3400"),
                "a\u0000b\n\"ключ-鍵-🔑",
                UUID.fromString("00000000-0000-0000-0000-00000000000f"),
                Instant.parse("2026-01-02T03:04:05.123456Z"),
                LocalDate.of(9999, 12, 31),
                LocalDateTime.of(1, 1, 1, 0, 0),
                new byte[] {0, -1, 127, -128},
                Colour.GREEN,
                new Json("{\"b\": 1, \"a\": [1.0]}"),
                Arrays.asList("b", null, "", "a"),
                new LinkedHashSet<>(List.of(3L, 1L, 2L)),
                map,
                new Address("x", "y", new Position(0, 0)),
                Arrays.asList(null, List.of(), Arrays.asList(new BigDecimal("1.0"), null)));
    }
}
