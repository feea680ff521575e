package io.github.dualwrite.dynamodb;

import io.github.dualwrite.Json;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The codecs of the types without parts, and what each of them cannot hold. */
final class ScalarCodecs {

    private static final int NUMBER_DIGITS = 38;
    private static final double SMALLEST = 1E-130;
    private static final double LARGEST = 9.99E125;

    private static final Map<Class<?>, ScalarCodec<?>> BY_CLASS = Stream.of(
                    ScalarCodec.number(Short.class, true, Object::toString, Short::valueOf),
                    ScalarCodec.number(Integer.class, true, Object::toString, Integer::valueOf),
                    ScalarCodec.number(Long.class, true, Object::toString, Long::valueOf),
                    ScalarCodec.number(
                            BigInteger.class, true, ScalarCodecs::digits, n -> new BigDecimal(n).toBigIntegerExact()),
                    ScalarCodec.number(Double.class, false, d -> floating(d, d.toString()), Double::valueOf),
                    ScalarCodec.number(
                            Float.class, false, f -> floating(f.doubleValue(), f.toString()), Float::valueOf),
                    // as text, because a number attribute forgets the scale
                    ScalarCodec.text(BigDecimal.class, false, BigDecimal::toString, BigDecimal::new),
                    ScalarCodec.text(String.class, true, ScalarCodecs::wellFormed, s -> s),
                    ScalarCodec.text(Json.class, false, json -> wellFormed(json.text()), Json::new),
                    ScalarCodec.text(UUID.class, true, UUID::toString, UUID::fromString),
                    ScalarCodec.text(Instant.class, true, TimeText::of, TimeText::instant),
                    ScalarCodec.text(LocalDateTime.class, true, TimeText::of, TimeText::dateTime),
                    ScalarCodec.text(LocalDate.class, true, TimeText::of, TimeText::date),
                    ScalarCodec.bool(),
                    ScalarCodec.bytes())
            .collect(Collectors.toUnmodifiableMap(ScalarCodec::javaType, codec -> codec));

    private static final Map<Class<?>, Class<?>> BOXES = Map.of(
            short.class, Short.class,
            int.class, Integer.class,
            long.class, Long.class,
            double.class, Double.class,
            float.class, Float.class,
            boolean.class, Boolean.class);

    private ScalarCodecs() {}

    /** The codec of a type, or {@code null} if it is none of these. */
    static @Nullable AttributeCodec of(Type type) {
        if (!(boxed(type) instanceof Class<?> c)) {
            return null;
        }
        return c.isEnum() ? constants(c.asSubclass(Enum.class)) : BY_CLASS.get(c);
    }

    static Type boxed(Type type) {
        return type instanceof Class<?> c ? BOXES.getOrDefault(c, c) : type;
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // an enum class that is known only at run time
    private static ScalarCodec<?> constants(Class<? extends Enum> type) {
        return ScalarCodec.text((Class<Enum>) type, true, Enum::name, name -> Enum.valueOf(type, name));
    }

    private static String digits(BigInteger value) {
        String digits = value.toString();
        if (digits.length() - (value.signum() < 0 ? 1 : 0) > NUMBER_DIGITS) {
            throw new AttributeException(
                    "has more than " + NUMBER_DIGITS
                            + " digits, which DynamoDB cannot hold as a number; use BigDecimal or String, which are stored as text");
        }
        return digits;
    }

    private static String floating(double value, String text) {
        String what = Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value)
                        ? "an infinity"
                        : Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(-0.0)
                                ? "negative zero"
                                : value != 0 && (Math.abs(value) < SMALLEST || Math.abs(value) > LARGEST)
                                        ? "a number beyond 1E-130 to 9.99E+125"
                                        : "";
        if (!what.isEmpty()) {
            throw new AttributeException(
                    "is " + what
                            + ", which DynamoDB cannot hold as a number; mend the record, or use a String, which is stored as text");
        }
        return text;
    }

    /** UTF-8 has no form for half a surrogate pair. */
    static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (!Character.isHighSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new AttributeException(
                            "holds half a surrogate pair, which UTF-8 and so DynamoDB cannot hold; mend the record");
                }
                i++;
            }
        }
        return text;
    }
}
