package io.github.dualwrite.verify;

import io.github.dualwrite.routing.Normalization;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Normalized;
import io.github.dualwrite.spi.RecordShape;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes a record as bytes, so that two records have the same bytes only if they are equal. It knows nothing of how a store keeps
 * records, and shares no code with what copies them but the reflection that takes a Java record apart.
 *
 * <p>Every value begins with its kind and is either of fixed length or says its own, so nothing can run into its neighbour. Nothing is
 * rounded or trimmed:
 *
 * <table>
 *   <caption>What is told apart</caption>
 *   <tr><td>missing</td><td>a kind of its own: not the empty text, not zero, not the empty collection</td></tr>
 *   <tr><td>numbers</td><td>by type; {@code BigDecimal} with its scale; floating point by its bits, all NaN the same, as {@code equals}
 *       has it</td></tr>
 *   <tr><td>texts</td><td>every code unit; no normalisation of Unicode</td></tr>
 *   <tr><td>times</td><td>to the nanosecond</td></tr>
 *   <tr><td>locales</td><td>by their parts: the text of one leaves out a script or a variant that stands alone</td></tr>
 *   <tr><td>documents</td><td>class, then what they say, however it is written</td></tr>
 *   <tr><td>records</td><td>class, then each component in the order of its declaration</td></tr>
 *   <tr><td>lists, arrays</td><td>length and elements in order; {@code byte[]} apart from lists of bytes</td></tr>
 *   <tr><td>sets, maps</td><td>elements in the order of their bytes, so that the order of iteration does not count</td></tr>
 * </table>
 *
 * <p>What a {@link Normalization} takes for the same field by field gets the same bytes. Not safe for use by many threads.
 */
final class NormalForm {

    /** The first byte of a value. */
    private enum Kind {
        NULL(0),
        FALSE(1),
        TRUE(2),
        BYTE(3),
        SHORT(4),
        INT(5),
        LONG(6),
        CHAR(7),
        FLOAT(8),
        DOUBLE(9),
        BIG_INTEGER(10),
        DECIMAL(11),
        TEXT(12),
        UUID(13),
        INSTANT(14),
        DATE(15),
        DATE_TIME(16),
        SPOKEN(17),
        ENUM(18),
        BYTES(19),
        RECORD(20),
        SEQUENCE(21),
        SET(22),
        MAP(23),
        OPTIONAL(24),
        TRANSLATED(25),
        LOCALE(26),
        NORMALIZED(27);

        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /** Types of the JDK whose text is equal only for equal values. */
    private static final Set<Class<?>> SPOKEN = Set.of(URI.class, Currency.class);

    @FunctionalInterface
    private interface Writer {
        void write(FormBuffer out, String path, Object value);
    }

    private record Field(RecordShape.Component component, String path) {}

    private final Normalization rules;
    private final Map<Class<?>, Function<Object, Object>> translations;
    private final Map<Class<?>, Writer> writers = new HashMap<>();
    private final NormalForm strict;

    /**
     * A form.
     *
     * @param translations for classes that are unknown here: to something that is known; the first that fits, unless one is for exactly the class
     */
    NormalForm(Normalization rules, Map<Class<?>, Function<Object, Object>> translations) {
        this.rules = rules;
        this.translations = translations;
        this.strict = rules == Normalization.NONE ? this : new NormalForm(Normalization.NONE, translations);
    }

    /** Writes a whole record. */
    void write(FormBuffer out, Object value) {
        field(out, "", value);
    }

    private void field(FormBuffer out, String path, @Nullable Object value) {
        element(out, path, rules.of(path, value));
    }

    /** An element of a collection has its collection's path and no rule of its own. */
    private void element(FormBuffer out, String path, @Nullable Object value) {
        if (value == null) {
            kind(out, Kind.NULL);
            return;
        }
        Writer writer = writers.get(value.getClass());
        if (writer == null) {
            writer = writerOf(value.getClass(), path);
            writers.put(value.getClass(), writer);
        }
        writer.write(out, path, value);
    }

    private static void kind(FormBuffer out, Kind kind) {
        out.writeByte(kind.code);
    }

    private Writer writerOf(Class<?> type, String path) {
        Function<Object, Object> translation = translation(type);
        if (translation != null) {
            return (out, where, value) -> translated(out, where, type, translation.apply(value));
        }
        Writer scalar = scalar(type);
        if (scalar != null) {
            return scalar;
        }
        Writer several = several(type);
        if (several != null) {
            return several;
        }
        throw new MappingException("field '" + (path.isEmpty() ? "value" : path) + "' holds a " + type.getName()
                + ", of which verification knows no normal form; give one with VerificationSettings.form");
    }

    /** For exactly this class, or else the first that fits. */
    private @Nullable Function<Object, Object> translation(Class<?> type) {
        Function<Object, Object> exact = translations.get(type);
        if (exact != null) {
            return exact;
        }
        for (Map.Entry<Class<?>, Function<Object, Object>> translation : translations.entrySet()) {
            if (translation.getKey().isAssignableFrom(type)) {
                return translation.getValue();
            }
        }
        return null;
    }

    private void translated(FormBuffer out, String path, Class<?> type, @Nullable Object value) {
        if (value != null && value.getClass() == type) {
            throw new MappingException("VerificationSettings.form for " + type.getName()
                    + " must give another class, for example a text or a list of its parts");
        }
        kind(out, Kind.TRANSLATED);
        out.writeText(type.getName());
        element(out, path, value);
    }

    private static @Nullable Writer scalar(Class<?> type) {
        if (type == Boolean.class) {
            return (out, path, value) -> kind(out, (Boolean) value ? Kind.TRUE : Kind.FALSE);
        }
        if (type == Byte.class) {
            return whole(Kind.BYTE);
        }
        if (type == Short.class) {
            return whole(Kind.SHORT);
        }
        if (type == Integer.class) {
            return whole(Kind.INT);
        }
        if (type == Long.class) {
            return whole(Kind.LONG);
        }
        if (type == Character.class) {
            return (out, path, value) -> {
                kind(out, Kind.CHAR);
                out.writeInt((Character) value);
            };
        }
        if (type == Float.class) {
            return (out, path, value) -> {
                kind(out, Kind.FLOAT);
                out.writeInt(Float.floatToIntBits((Float) value));
            };
        }
        if (type == Double.class) {
            return (out, path, value) -> {
                kind(out, Kind.DOUBLE);
                out.writeLong(Double.doubleToLongBits((Double) value));
            };
        }
        if (type == BigInteger.class) {
            return (out, path, value) -> {
                kind(out, Kind.BIG_INTEGER);
                bytes(out, ((BigInteger) value).toByteArray());
            };
        }
        if (type == BigDecimal.class) {
            return (out, path, value) -> {
                BigDecimal decimal = (BigDecimal) value;
                kind(out, Kind.DECIMAL);
                out.writeInt(decimal.scale());
                bytes(out, decimal.unscaledValue().toByteArray());
            };
        }
        if (type == String.class) {
            return (out, path, value) -> {
                kind(out, Kind.TEXT);
                out.writeText((String) value);
            };
        }
        if (type == UUID.class) {
            return (out, path, value) -> {
                kind(out, Kind.UUID);
                out.writeLong(((UUID) value).getMostSignificantBits());
                out.writeLong(((UUID) value).getLeastSignificantBits());
            };
        }
        if (type == byte[].class) {
            return (out, path, value) -> {
                kind(out, Kind.BYTES);
                bytes(out, (byte[]) value);
            };
        }
        if (Enum.class.isAssignableFrom(type)) {
            return (out, path, value) -> {
                kind(out, Kind.ENUM);
                out.writeText(((Enum<?>) value).getDeclaringClass().getName());
                out.writeText(((Enum<?>) value).name());
            };
        }
        if (type == Locale.class) {
            return (out, path, value) -> locale(out, (Locale) value);
        }
        return time(type);
    }

    private static void locale(FormBuffer out, Locale locale) {
        kind(out, Kind.LOCALE);
        out.writeText(locale.getLanguage());
        out.writeText(locale.getScript());
        out.writeText(locale.getCountry());
        out.writeText(locale.getVariant());
        SortedSet<Character> extensions = new TreeSet<>(locale.getExtensionKeys());
        out.writeInt(extensions.size());
        for (char key : extensions) {
            out.writeInt(key);
            out.writeText(locale.getExtension(key));
        }
    }

    private static @Nullable Writer time(Class<?> type) {
        if (type == Instant.class) {
            return (out, path, value) -> {
                Instant time = (Instant) value;
                kind(out, Kind.INSTANT);
                out.writeLong(time.getEpochSecond());
                out.writeInt(time.getNano());
            };
        }
        if (type == LocalDate.class) {
            return (out, path, value) -> {
                kind(out, Kind.DATE);
                out.writeLong(((LocalDate) value).toEpochDay());
            };
        }
        if (type == LocalDateTime.class) {
            return (out, path, value) -> {
                LocalDateTime time = (LocalDateTime) value;
                kind(out, Kind.DATE_TIME);
                out.writeLong(time.toLocalDate().toEpochDay());
                out.writeLong(time.toLocalTime().toNanoOfDay());
            };
        }
        if (type.getPackageName().equals("java.time") || SPOKEN.contains(type)) {
            return (out, path, value) -> {
                kind(out, Kind.SPOKEN);
                out.writeText(type.getName());
                out.writeText(value.toString());
            };
        }
        return null;
    }

    private @Nullable Writer several(Class<?> type) {
        if (Normalized.class.isAssignableFrom(type)) {
            return (out, path, value) -> {
                kind(out, Kind.NORMALIZED);
                out.writeText(type.getName());
                out.writeText(((Normalized) value).normalForm());
            };
        }
        if (type.isRecord()) {
            Map<String, List<Field>> plans = new HashMap<>();
            return (out, path, value) -> record(out, path, value, plans);
        }
        if (type.isArray()) {
            return (out, path, value) -> {
                List<@Nullable Object> elements = new ArrayList<>();
                for (int i = 0; i < Array.getLength(value); i++) {
                    elements.add(Array.get(value, i));
                }
                sequence(out, path, elements);
            };
        }
        if (Set.class.isAssignableFrom(type)) {
            return (out, path, value) -> {
                kind(out, Kind.SET);
                List<byte[]> forms = new ArrayList<>();
                for (@Nullable Object element : (Set<?>) value) {
                    int from = out.length();
                    element(out, path, element);
                    forms.add(out.cut(from));
                }
                sorted(out, forms);
            };
        }
        if (Map.class.isAssignableFrom(type)) {
            return (out, path, value) -> {
                kind(out, Kind.MAP);
                List<byte[]> forms = new ArrayList<>();
                ((Map<?, ?>) value).forEach((key, held) -> {
                    int from = out.length();
                    strict.element(out, path, key); // keys are compared by equals, whatever the rules
                    element(out, path, held);
                    forms.add(out.cut(from));
                });
                sorted(out, forms);
            };
        }
        if (Collection.class.isAssignableFrom(type)) {
            return (out, path, value) -> sequence(out, path, (Collection<?>) value);
        }
        if (type == Optional.class) {
            return (out, path, value) -> {
                kind(out, Kind.OPTIONAL);
                element(out, path, ((Optional<?>) value).orElse(null));
            };
        }
        return null;
    }

    private static Writer whole(Kind kind) {
        return (out, path, value) -> {
            kind(out, kind);
            out.writeLong(((Number) value).longValue());
        };
    }

    private static void bytes(FormBuffer out, byte[] bytes) {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private void sequence(FormBuffer out, String path, Collection<? extends @Nullable Object> elements) {
        kind(out, Kind.SEQUENCE);
        out.writeInt(elements.size());
        for (@Nullable Object element : elements) {
            element(out, path, element);
        }
    }

    /** What has the same form after the rules is one element. */
    private static void sorted(FormBuffer out, List<byte[]> forms) {
        forms.sort(Comparator.comparing(Function.identity(), Arrays::compareUnsigned));
        int count = out.length();
        out.writeInt(0);
        int distinct = 0;
        byte @Nullable [] last = null;
        for (byte[] form : forms) {
            if (last == null || !Arrays.equals(last, form)) {
                out.write(form);
                distinct++;
            }
            last = form;
        }
        out.setInt(count, distinct);
    }

    private void record(FormBuffer out, String path, Object value, Map<String, List<Field>> plans) {
        Class<?> type = value.getClass();
        kind(out, Kind.RECORD);
        out.writeText(type.getName());
        for (Field field : plans.computeIfAbsent(path, where -> plan(type, where))) {
            field(out, field.path(), field.component().valueIn(value));
        }
    }

    private static List<Field> plan(Class<?> type, String path) {
        return RecordShape.of(type).components().stream()
                .map(component ->
                        new Field(component, path.isEmpty() ? component.name() : path + "." + component.name()))
                .toList();
    }
}
