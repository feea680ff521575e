package io.github.dualwrite.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows in the text format of {@code COPY}, in UTF-8. */
final class CopyText {

    /** The first character that takes more than one byte. */
    private static final char BEYOND_ASCII = 0x80;

    private byte[] rows = new byte[1 << 16];
    private int length;
    private boolean begun;

    /** Adds a value to the row. */
    void value(@Nullable String text) {
        if (begun) {
            room(1);
            rows[length++] = '\t';
        }
        begun = true;
        if (text == null) {
            room(2);
            rows[length++] = '\\';
            rows[length++] = 'N';
            return;
        }
        room(2 * text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= BEYOND_ASCII) {
                rest(text.substring(i));
                return;
            }
            ascii(c);
        }
    }

    /** Escapes are ASCII, and no byte of a longer character is. */
    private void rest(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        room(2 * bytes.length);
        for (byte b : bytes) {
            if (b < 0) {
                rows[length++] = b;
            } else {
                ascii((char) b);
            }
        }
    }

    /** Adds a character for which, and for its escape, there is room. */
    private void ascii(char c) {
        if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
            rows[length++] = '\\';
            rows[length++] = letter(c);
        } else {
            rows[length++] = (byte) c;
        }
    }

    private static byte letter(char c) {
        return switch (c) {
            case '\t' -> 't';
            case '\n' -> 'n';
            case '\r' -> 'r';
            default -> (byte) c;
        };
    }

    /** Ends the row. */
    void endRow() {
        room(1);
        rows[length++] = '\n';
        begun = false;
    }

    private void room(int bytes) {
        if (rows.length - length < bytes) {
            rows = Arrays.copyOf(rows, Math.max(2 * rows.length, length + bytes));
        }
    }

    /** What there is, up to {@link #length}. */
    byte[] bytes() {
        return rows;
    }

    int length() {
        return length;
    }
}
