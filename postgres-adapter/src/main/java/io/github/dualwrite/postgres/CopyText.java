package io.github.dualwrite.postgres;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Rows in the text format of {@code COPY}. */
final class CopyText {

    private final StringBuilder rows = new StringBuilder(1 << 16);
    private boolean begun;

    /** Adds a value to the row. */
    void value(@Nullable String text) {
        if (begun) {
            rows.append('\t');
        }
        begun = true;
        if (text == null) {
            rows.append("\\N");
            return;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> rows.append("\\\\");
                case '\t' -> rows.append("\\t");
                case '\n' -> rows.append("\\n");
                case '\r' -> rows.append("\\r");
                default -> rows.append(c);
            }
        }
    }

    /** Ends the row. */
    void endRow() {
        rows.append('\n');
        begun = false;
    }

    byte[] bytes() {
        return rows.toString().getBytes(StandardCharsets.UTF_8);
    }
}
