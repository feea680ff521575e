package io.github.dualwrite.routing;

import io.github.dualwrite.spi.ValueFree;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The text of a key: the same in every process and on every JVM. Routes compare keys by it and hash it.
 *
 * <table>
 *   <caption>Which text</caption>
 *   <tr><td>strings, whole numbers, booleans, characters, {@code UUID}, {@code URI}</td><td>{@code toString}</td></tr>
 *   <tr><td>types of {@code java.time}</td><td>{@code toString}, which is ISO 8601</td></tr>
 *   <tr><td>{@code BigDecimal}</td><td>without trailing zeros and, up to a thousand digits,
 *       without exponent: 1.50 and 1.5 have the same text, and 1E+2 has {@code 100}</td></tr>
 *   <tr><td>enums</td><td>the name</td></tr>
 *   <tr><td>{@code byte[]}</td><td>hexadecimal</td></tr>
 *   <tr><td>records, other arrays, lists</td><td>the texts of the parts with {@code /} between them, nested ones in
 *       parentheses; a backslash before {@code / ( ) \} in a part; a missing part is {@code \null}. One part stands for
 *       itself.</td></tr>
 *   <tr><td>any other class that is not the JDK's and has its own {@code toString}</td><td>{@code toString}, which has to
 *       be stable</td></tr>
 * </table>
 *
 * <p>Refused is everything else: floating point (its text changed between JDKs), {@code java.util.Date} (its text depends on
 * the time zone), sets and maps (no order), classes with {@code Object}'s {@code toString} (another one in each process).
 */
public final class KeyText {

    /** Names a class, and nothing of a key. */
    private static final class NoStableText extends IllegalArgumentException implements ValueFree {
        private static final long serialVersionUID = 1L;

        NoStableText(String message) {
            super(message);
        }
    }

    private static final Set<Class<?>> AS_IT_IS = Set.of(
            String.class,
            Long.class,
            Integer.class,
            Short.class,
            Byte.class,
            Boolean.class,
            Character.class,
            BigInteger.class,
            UUID.class,
            URI.class);

    private enum Kind {
        OWN_TEXT,
        ENUM,
        DECIMAL,
        BYTES,
        ARRAY,
        LIST,
        RECORD,
        NONE
    }

    private static final ClassValue<Kind> KINDS = new ClassValue<>() {
        @Override
        protected Kind computeValue(Class<?> type) {
            return kindOf(type);
        }
    };

    private static final int LONGEST_SCALE = 1000;

    private KeyText() {}

    /**
     * The text of a key.
     *
     * @throws IllegalArgumentException if the key, or a part of it, is of a type without a stable text
     */
    public static String of(Object key) {
        if (key instanceof String text) {
            return text;
        }
        List<@Nullable Object> parts = parts(key);
        if (parts == null) {
            return simple(key);
        }
        return parts.size() == 1 && parts.get(0) != null
                ? of(parts.get(0))
                : parts.stream().map(KeyText::part).collect(Collectors.joining("/"));
    }

    private static String part(@Nullable Object part) {
        if (part == null) {
            return "\\null";
        }
        List<@Nullable Object> parts = parts(part);
        if (parts == null) {
            return simple(part).replaceAll("[\\\\/()]", "\\\\$0");
        }
        return parts.stream().map(KeyText::part).collect(Collectors.joining("/", "(", ")"));
    }

    private static String simple(Object key) {
        return switch (KINDS.get(key.getClass())) {
            case ENUM -> ((Enum<?>) key).name();
            case DECIMAL -> decimal(((BigDecimal) key).stripTrailingZeros());
            case BYTES -> HexFormat.of().formatHex((byte[]) key);
            default -> key.toString();
        };
    }

    /** As a person types it, so that {@code deny 100} means 100; a monster would be a text of gigabytes. */
    private static String decimal(BigDecimal number) {
        return Math.abs((long) number.scale()) <= LONGEST_SCALE ? number.toPlainString() : number.toString();
    }

    /** The parts of a composite key, or {@code null}. */
    private static @Nullable List<@Nullable Object> parts(Object key) {
        return switch (KINDS.get(key.getClass())) {
            case RECORD -> Components.of(key.getClass()).valuesIn(key);
            case LIST -> new ArrayList<@Nullable Object>((List<?>) key);
            case ARRAY -> {
                List<@Nullable Object> parts = new ArrayList<>();
                for (int i = 0; i < Array.getLength(key); i++) {
                    parts.add(Array.get(key, i));
                }
                yield parts;
            }
            case NONE ->
                throw new NoStableText("a key of " + key.getClass().getName()
                        + " has no text that is the same in every process; use a string, a whole number, a UUID, an"
                        + " enum, a type of java.time, a record or list of these, or a class with its own toString");
            default -> null;
        };
    }

    private static Kind kindOf(Class<?> type) {
        if (AS_IT_IS.contains(type)) {
            return Kind.OWN_TEXT;
        }
        if (Enum.class.isAssignableFrom(type)) {
            return Kind.ENUM;
        }
        if (type.isRecord()) {
            return Kind.RECORD;
        }
        if (type.isArray()) {
            return type == byte[].class ? Kind.BYTES : Kind.ARRAY;
        }
        if (List.class.isAssignableFrom(type)) {
            return Kind.LIST;
        }
        if (BigDecimal.class.isAssignableFrom(type)) {
            return Kind.DECIMAL;
        }
        if (type.getPackageName().equals("java.time")) {
            return Kind.OWN_TEXT;
        }
        try {
            Class<?> speaker = type.getMethod("toString").getDeclaringClass();
            return speaker.getClassLoader() == null || speaker.getName().startsWith("java.")
                    ? Kind.NONE
                    : Kind.OWN_TEXT;
        } catch (NoSuchMethodException e) { // there is always one
            return Kind.NONE;
        }
    }
}
