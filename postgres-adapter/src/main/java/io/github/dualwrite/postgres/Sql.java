package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Pieces of SQL text. Identifiers are always quoted; values never become text. */
final class Sql {

    private static final int LONGEST = 63;

    private Sql() {}

    static String quote(String identifier) {
        if (identifier.isEmpty()) {
            throw new IllegalArgumentException("an SQL identifier must not be empty");
        }
        if (identifier.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
            throw new IllegalArgumentException(
                    "PostgreSQL cuts SQL identifiers at " + LONGEST + " bytes, and this one is longer: "
                            + identifier.substring(0, Math.min(LONGEST, identifier.length())) + "…");
        }
        try {
            StorableText.of(identifier);
        } catch (MappingException e) {
            throw new IllegalArgumentException("an SQL identifier " + e.getMessage(), e);
        }
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    static String qualified(String schema, String name) {
        return quote(schema) + "." + quote(name);
    }

    /**
     * A text as a literal, whatever {@code standard_conforming_strings} is. For names in expressions and for what a person
     * is shown; values are bind parameters.
     */
    static String literal(String text) {
        String quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'";
        return text.indexOf('\\') < 0 ? quoted : " E" + quoted;
    }

    static <T> String list(Collection<T> items, Function<? super T, String> text) {
        return items.stream().map(text).collect(Collectors.joining(", "));
    }

    static <T> String all(List<T> items, Function<? super T, String> text) {
        return items.stream().map(text).collect(Collectors.joining(" AND "));
    }
}
