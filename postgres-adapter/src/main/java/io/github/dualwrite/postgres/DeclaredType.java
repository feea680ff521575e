package io.github.dualwrite.postgres;

import java.util.ArrayList;
import java.util.List;

/**
 * What a column can hold, as an authority tells its follower.
 *
 * @param type the base type with its length, precision or scale
 * @param constants those of an enum; empty for other types
 * @param nullable whether the catalog lets it be {@code NULL}; not of what is computed, of which it tells nothing
 */
record DeclaredType(String type, List<String> constants, boolean nullable) {

    private static final String NULLABLE = "NULL";

    /** No name and no constant of PostgreSQL holds it; line breaks they may. */
    private static final String BETWEEN = "\0";

    static DeclaredType of(TableLayout.Fact fact) {
        return new DeclaredType(fact.declared(), fact.constants(), fact.nullable() && !fact.computed());
    }

    /** The type, whether it can be {@code NULL}, and the constants, as one text. */
    String text() {
        List<String> parts = new ArrayList<>(List.of(type, nullable ? NULLABLE : ""));
        parts.addAll(constants);
        return String.join(BETWEEN, parts);
    }

    static DeclaredType parse(String text) {
        List<String> parts = List.of(text.split(BETWEEN, -1));
        return new DeclaredType(
                parts.get(0),
                parts.subList(Math.min(2, parts.size()), parts.size()),
                parts.size() > 1 && parts.get(1).equals(NULLABLE));
    }

    /** The constants of this enum that the other one lacks; none if one of them is no enum. */
    List<String> missingIn(DeclaredType other) {
        return other.constants.isEmpty()
                ? List.of()
                : constants.stream()
                        .filter(constant -> !other.constants.contains(constant))
                        .toList();
    }
}
