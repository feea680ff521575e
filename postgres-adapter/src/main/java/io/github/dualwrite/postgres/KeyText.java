package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;
import java.util.ArrayList;
import java.util.List;

/**
 * The text of a key of several parts: the parts joined by {@code |}; within a part {@code ~} is written {@code ~0} and {@code
 * |} is written {@code ~1}. A key of one part is that part, unchanged.
 */
final class KeyText {

    private KeyText() {}

    static String join(List<String> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        return String.join(
                "|",
                parts.stream()
                        .map(part -> part.replace("~", "~0").replace("|", "~1"))
                        .toList());
    }

    static List<String> split(String text, int parts) {
        if (parts == 1) {
            return List.of(text);
        }
        List<String> result = new ArrayList<>();
        for (String part : text.split("\\|", -1)) {
            result.add(part.replace("~1", "|").replace("~0", "~"));
        }
        if (result.size() != parts) {
            throw new MappingException("a key of " + parts + " parts cannot be read from '" + text + "'");
        }
        return result;
    }

    /** The same in SQL, from expressions that give the parts as text. */
    static String sql(List<String> parts) {
        return parts.size() == 1
                ? parts.get(0)
                : String.join(
                        " || '|' || ",
                        parts.stream()
                                .map(part -> "replace(replace(" + part + ", '~', '~0'), '|', '~1')")
                                .toList());
    }
}
