package io.github.dualwrite.dynamodb;

import io.github.dualwrite.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
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
}
