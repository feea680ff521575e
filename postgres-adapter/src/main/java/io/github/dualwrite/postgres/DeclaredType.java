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

    static DeclaredType of(TableLayout.Fact fact) {
        return new DeclaredType(fact.declared(), fact.constants(), fact.nullable() && !fact.computed());
    }

    /** On lines: the type, whether it can be {@code NULL}, the constants. */
    String text() {
        List<String> lines = new ArrayList<>(List.of(type, nullable ? NULLABLE : ""));
        lines.addAll(constants);
        return String.join("\n", lines);
    }

    static DeclaredType parse(String text) {
        String[] lines = text.split("\n", -1);
        return new DeclaredType(
                lines[0],
                List.of(lines).subList(Math.min(2, lines.length), lines.length),
                lines.length > 1 && lines[1].equals(NULLABLE));
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
