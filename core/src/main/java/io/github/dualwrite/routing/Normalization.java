package io.github.dualwrite.routing;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Brings a field's value to a form that all values share which a comparison takes for the same. Safe for use by many threads. */
@FunctionalInterface
public interface Normalization {

    /** Changes nothing. */
    Normalization NONE = new Normalization() {
        @Override
        public @Nullable Object of(String path, @Nullable Object value) {
            return value;
        }

        @Override
        public Optional<Set<String>> leavesOutOnly() {
            return Optional.of(Set.of());
        }
    };

    /**
     * The value that stands for this one.
     *
     * @param path the field, as {@link FieldComparison} names it
     * @return {@code null} for every value of a field that is ignored; a {@link java.util.Set} where order and repetition do not count
     */
    @Nullable
    Object of(String path, @Nullable Object value);

    /**
     * The fields that are left out, if that is all that happens: then a store can do the same. Empty if it does more, or may.
     */
    default Optional<Set<String>> leavesOutOnly() {
        return Optional.empty();
    }
}
