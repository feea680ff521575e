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
        int plain = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
                rows.append(text, plain, i).append('\\').append(letter(c));
                plain = i + 1;
            }
        }
        rows.append(text, plain, text.length());
    }

    private static char letter(char c) {
        return switch (c) {
            case '\t' -> 't';
            case '\n' -> 'n';
            case '\r' -> 'r';
            default -> c;
        };
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
