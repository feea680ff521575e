package io.github.dualwrite.postgres;

import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Pieces of SQL text. Identifiers are always quoted; values never become text. */
final class Sql {

    private Sql() {}

    static String quote(String identifier) {
        if (identifier.isEmpty() || identifier.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("an SQL identifier must not be empty or contain a NUL character");
        }
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    static String qualified(String schema, String name) {
        return quote(schema) + "." + quote(name);
    }

    static <T> String list(Collection<T> items, Function<? super T, String> text) {
        return items.stream().map(text).collect(Collectors.joining(", "));
    }

    static <T> String all(List<T> items, Function<? super T, String> text) {
        return items.stream().map(text).collect(Collectors.joining(" AND "));
    }
}
