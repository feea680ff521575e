package io.github.dualwrite.routing;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Says whether two values of a field are the same; neither is {@code null}. Refuses values of a type that it is not made for. */
@FunctionalInterface
interface FieldRule {

    /** Also for a value that is missing on one side. */
    FieldRule IGNORE = (walk, authority, follower) -> true;

    List<Class<?>> NUMBERS = List.of(Number.class);
    List<Class<?>> CUT_TIMES =
            List.of(Instant.class, LocalDateTime.class, OffsetDateTime.class, ZonedDateTime.class, LocalTime.class);
    List<Class<?>> TIMES = List.of(
            Instant.class,
            LocalDateTime.class,
            OffsetDateTime.class,
            ZonedDateTime.class,
            LocalTime.class,
            OffsetTime.class);
    List<Class<?>> SEVERAL = List.of(
            Collection.class,
            Object[].class,
            byte[].class,
            int[].class,
            long[].class,
            short[].class,
            char[].class,
            float[].class,
            double[].class,
            boolean[].class);

    boolean same(FieldWalk walk, Object authority, Object follower);

    /** What stands for a value; the same only for values that are the same by this rule. */
    default @Nullable Object normal(Object value) {
        return value;
    }

    /** Whether {@link #normal} changes anything. */
    default boolean normalizes() {
        return false;
    }

    /** A rule that can also be applied to one value alone. */
    static FieldRule normalizing(FieldRule rule, Function<Object, @Nullable Object> normal) {
        return new FieldRule() {
            @Override
            public boolean same(FieldWalk walk, Object authority, Object follower) {
                return rule.same(walk, authority, follower);
            }

            @Override
            public @Nullable Object normal(Object value) {
                return normal.apply(value);
            }

            @Override
            public boolean normalizes() {
                return true;
            }
        };
    }

    /** What a number is worth; anything else as it is, for the rule to refuse. */
    static Object worth(Object value) {
        return value instanceof Number && !notFinite(value) ? number(value).stripTrailingZeros() : value;
    }

    static boolean near(Object a, Object b, BigDecimal tolerance) {
        if (notFinite(a) || notFinite(b)) { // has no distance
            return a.equals(b);
        }
        return number(a).subtract(number(b)).abs().compareTo(tolerance) <= 0;
    }

    private static boolean notFinite(Object value) {
        return (value instanceof Double || value instanceof Float) && !Double.isFinite(((Number) value).doubleValue());
    }

    private static BigDecimal number(Object value) {
        if (value instanceof BigDecimal decimal) {
            return decimal;
        }
        if (value instanceof Number) {
            return new BigDecimal(value.toString());
        }
        throw unfit("numbers", value);
    }

    static boolean near(Object a, Object b, Duration tolerance) {
        if (a instanceof Temporal x && b instanceof Temporal y) {
            return Duration.between(x, y).abs().compareTo(tolerance) <= 0;
        }
        throw unfit("times", a);
    }

    static Object cut(Object time, ChronoUnit unit) {
        if (time instanceof Instant t) {
            return t.truncatedTo(unit);
        }
        if (time instanceof LocalDateTime t) {
            return t.truncatedTo(unit);
        }
        if (time instanceof OffsetDateTime t) {
            return t.truncatedTo(unit).toInstant();
        }
        if (time instanceof ZonedDateTime t) {
            return t.truncatedTo(unit).toInstant();
        }
        if (time instanceof LocalTime t) {
            return t.truncatedTo(unit);
        }
        throw unfit("times", time);
    }

    static List<@Nullable Object> elements(Object several) {
        List<@Nullable Object> elements = elementsOrNull(several);
        if (elements == null) {
            throw unfit("collections and arrays", several);
        }
        return elements;
    }

    /** {@code null} if it is neither a collection nor an array. */
    static @Nullable List<@Nullable Object> elementsOrNull(Object several) {
        if (several instanceof Collection<?> collection) {
            return new ArrayList<@Nullable Object>(collection);
        }
        if (!several.getClass().isArray()) {
            return null;
        }
        List<@Nullable Object> elements = new ArrayList<>();
        for (int i = 0; i < Array.getLength(several); i++) {
            elements.add(Array.get(several, i));
        }
        return elements;
    }

    private static IllegalArgumentException unfit(String fit, Object value) {
        return new IllegalArgumentException(
                "a rule for " + fit + " met a " + value.getClass().getName());
    }
}
