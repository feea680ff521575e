package io.github.dualwrite.routing;

import org.jspecify.annotations.Nullable;

/** Brings a field's value to a form that all values share which a comparison takes for the same. Safe for use by many threads. */
@FunctionalInterface
public interface Normalization {

    /** Changes nothing. */
    Normalization NONE = (path, value) -> value;

    /**
     * The value that stands for this one.
     *
     * @param path the field, as {@link FieldComparison} names it
     * @return {@code null} for every value of a field that is ignored; a {@link java.util.Set} where order and repetition do not count
     */
    @Nullable
    Object of(String path, @Nullable Object value);
}
