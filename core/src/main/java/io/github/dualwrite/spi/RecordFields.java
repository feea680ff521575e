package io.github.dualwrite.spi;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a record by name, as a store's mapping knows them: for comparing records of a class that says nothing about
 * itself. Immutable and safe for use by many threads.
 */
public final class RecordFields<V> {

    private final Map<String, Function<? super V, ? extends @Nullable Object>> getters;

    private RecordFields(Map<String, Function<? super V, ? extends @Nullable Object>> getters) {
        this.getters = getters;
    }

    /** Fields with their getters, each safe for use by many threads; together all that is stored of a record. */
    public static <V> RecordFields<V> of(
            Map<String, ? extends Function<? super V, ? extends @Nullable Object>> getters) {
        if (getters.isEmpty()) {
            throw new IllegalArgumentException("a record without fields has nothing to compare");
        }
        return new RecordFields<>(new LinkedHashMap<>(getters));
    }

    /** The names of the fields. */
    public Set<String> names() {
        return Set.copyOf(getters.keySet());
    }

    /** The value of a field in a record. */
    public @Nullable Object valueIn(V record, String name) {
        Function<? super V, ? extends @Nullable Object> getter = getters.get(name);
        return Objects.requireNonNull(getter, () -> "no field " + name).apply(record);
    }
}
