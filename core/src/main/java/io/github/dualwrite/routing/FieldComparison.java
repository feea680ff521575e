package io.github.dualwrite.routing;

import io.github.dualwrite.spi.RecordFields;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Compares records field by field: nested records by their fields, arrays and collections by content, lists with their order.
 * Strict unless a rule for a field says otherwise: {@code 1.0} and {@code 1.00} differ, and so do a missing and an empty
 * collection. Documents ({@link io.github.dualwrite.spi.Normalized}) are compared as a whole, by what they say.
 *
 * <p>A nested field is named by its path; elements of collections, arrays, {@code Optional} and values of maps have no step
 * of their own: {@code lines.price} is the price of every line. A rule is asked only if both sides have a value there. A field that
 * the record cannot have, and a rule for values that the field cannot hold, are refused when the rule is added. Immutable.
 */
public final class FieldComparison<V> implements RecordComparator<V> {

    private final FieldWalk walk;
    private final @Nullable RecordFields<V> mapped;
    private final String rules;

    private FieldComparison(Map<String, FieldRule> rules, @Nullable RecordFields<V> mapped, Collection<String> names) {
        this.walk = new FieldWalk(Map.copyOf(rules));
        this.mapped = mapped;
        this.rules = names.isEmpty() ? "strict" : String.join(", ", names);
    }

    /**
     * Without rules, for values of any class; one that is not a record is compared by {@code equals}, as field {@code value}. A
     * class without {@code equals} is refused when two of its objects are compared: read separately they would always differ.
     */
    public static <V> FieldComparison<V> strict() {
        return new FieldComparison<>(Map.of(), null, List.of());
    }

    /** Without rules; a value that is not a Java record is compared by these fields. */
    public static <V> FieldComparison<V> strict(RecordFields<V> fields) {
        return new FieldComparison<>(
                Map.of(),
                Objects.requireNonNull(fields, "fields"),
                List.of("strict by " + new TreeSet<>(fields.names()))); // the same text in every process
    }

    /**
     * Starts from the strict comparison of a record class.
     *
     * @throws IllegalArgumentException if the class is not a record
     */
    public static <V> Builder<V> of(Class<V> type) {
        return new Builder<>(type);
    }

    @Override
    public Set<String> differingFields(V authority, V follower) {
        Set<String> names = new TreeSet<>();
        RecordFields<V> fields = mapped;
        if (fields == null || Components.areRecords(authority.getClass())) {
            walk.compare("", authority, follower, names);
        } else {
            fields.names()
                    .forEach(name ->
                            walk.compare(name, fields.valueIn(authority, name), fields.valueIn(follower, name), names));
        }
        return names;
    }

    /** The fields that have rules, and which; of a predicate there is no more to say. */
    @Override
    public String rules() {
        return rules;
    }

    /**
     * Ignored fields, numbers by what they are worth, times cut to a unit and collections without order have a form of their own. Fields
     * with a tolerance or a predicate count as they are: nearness to another value is nothing that one value can tell.
     */
    @Override
    public Normalization normalization() {
        return new Normalization() {
            @Override
            public @Nullable Object of(String path, @Nullable Object value) {
                return walk.normal(path, value);
            }

            @Override
            public Optional<Set<String>> leavesOutOnly() {
                return walk.leavesOutOnly();
            }
        };
    }

    /** Collects rules, at most one for each field. Not safe for use by many threads. */
    public static final class Builder<V> {
        private final FieldNames known;
        private final Map<String, FieldRule> rules = new HashMap<>();
        private final Set<String> names = new TreeSet<>();

        private Builder(Class<V> type) {
            this.known = FieldNames.of(type);
        }

        /** Does not look at a field. */
        public Builder<V> ignore(String field) {
            return rule(field, "ignored", FieldRule.IGNORE);
        }

        /** Takes numbers for equal that are at most this far apart, whatever their type and scale. */
        public Builder<V> tolerance(String field, BigDecimal tolerance) {
            Objects.requireNonNull(tolerance, "tolerance");
            if (tolerance.signum() < 0) {
                throw new IllegalArgumentException("the tolerance of " + field + " must not be negative");
            }
            return rule(
                    field,
                    "within " + tolerance,
                    "numbers",
                    FieldRule.NUMBERS,
                    (walk, a, b) -> FieldRule.near(a, b, tolerance));
        }

        /** Compares numbers by what they are worth: {@code 1.0} and {@code 1.00} are equal. */
        public Builder<V> byNumericValue(String field) {
            return rule(
                    field,
                    "by worth",
                    "numbers",
                    FieldRule.NUMBERS,
                    FieldRule.normalizing((walk, a, b) -> FieldRule.near(a, b, BigDecimal.ZERO), FieldRule::worth));
        }

        /** Compares times after cutting them to a unit, of at most days. */
        public Builder<V> timePrecision(String field, ChronoUnit unit) {
            if (unit.compareTo(ChronoUnit.DAYS) > 0) {
                throw new IllegalArgumentException("times cannot be cut to " + unit + "; the largest unit is days");
            }
            return rule(
                    field,
                    "in " + unit,
                    "times",
                    FieldRule.CUT_TIMES,
                    FieldRule.normalizing(
                            (walk, a, b) -> FieldRule.cut(a, unit).equals(FieldRule.cut(b, unit)),
                            value -> FieldRule.cut(value, unit)));
        }

        /** Takes times for equal that are at most this far apart. */
        public Builder<V> timeTolerance(String field, Duration tolerance) {
            if (tolerance.isNegative()) {
                throw new IllegalArgumentException("the tolerance of " + field + " must not be negative");
            }
            return rule(
                    field,
                    "within " + tolerance,
                    "times",
                    FieldRule.TIMES,
                    (walk, a, b) -> FieldRule.near(a, b, tolerance));
        }

        /** Compares collections or arrays without order and repetition. Meant for some hundreds of elements. */
        public Builder<V> asSet(String field) {
            return rule(
                    field,
                    "as set",
                    "collections and arrays",
                    FieldRule.SEVERAL,
                    FieldRule.normalizing(
                            (walk, a, b) -> walk.sameElements(field, FieldRule.elements(a), FieldRule.elements(b)),
                            value -> new HashSet<>(FieldRule.elements(value))));
        }

        /** Asks a predicate whether two values of a field are the same; neither is {@code null}. */
        public Builder<V> sameWhen(String field, BiPredicate<Object, Object> same) {
            Objects.requireNonNull(same, "same");
            return rule(field, "by a predicate", (walk, a, b) -> same.test(a, b));
        }

        private Builder<V> rule(String field, String name, String wanted, List<Class<?>> fit, FieldRule rule) {
            known.require(field);
            known.requireType(field, wanted, fit);
            return rule(field, name, rule);
        }

        private Builder<V> rule(String field, String name, FieldRule rule) {
            known.require(field);
            if (rules.putIfAbsent(field, rule) != null) {
                throw new IllegalArgumentException("there are two rules for field '" + field + "'; leave one");
            }
            names.add(field + " " + name);
            return this;
        }

        /** The comparison. */
        public FieldComparison<V> build() {
            return new FieldComparison<>(rules, null, names);
        }
    }
}
