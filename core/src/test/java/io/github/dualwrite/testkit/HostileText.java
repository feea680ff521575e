package io.github.dualwrite.testkit;

import java.util.List;
import java.util.Random;

/** Texts that somebody will send one day. */
public final class HostileText {

    /** Pieces with a meaning to somebody: SQL, formats, escapes, look-alikes, and what is no character. */
    private static final List<String> PIECES = List.of(
            "'",
            "\"",
            "''",
            "\"\"",
            ";",
            "--",
            "/*",
            "*/",
            "\\",
            "\\\\",
            "$$",
            "$1",
            "${x}",
            "%s",
            "%1$s",
            "%",
            "?",
            "??",
            "{fn now()}",
            "{",
            "}",
            "|",
            "||",
            "~",
            "~0",
            "~1",
            "~2",
            "~3",
            "~h",
            "=",
            ":",
            ",",
            "/",
            "(",
            ")",
            "[",
            "]",
            ".",
            "#",
            "&",
            "_",
            "*",
            "+",
            "-",
            "<",
            ">",
            "!",
            " ",
            "  ",
            "\t",
            "\n",
            "\r",
            "\r\n",
            "\u0001",
            "\u001f",
            "\u007f",
            "\u0085",
            "\u00a0",
            "\u2028",
            "\ufeff",
            "\u200b",
            "\u202e",
            "\ufffd",
            "\uffff",
            "a",
            "A",
            "b",
            "0",
            "1",
            "null",
            "NULL",
            "true",
            "infinity",
            "NaN",
            "primary",
            "secondary",
            "shadow",
            "allow",
            "deny",
            "100%",
            "\\.",
            "\\N",
            "\\x00",
            "\\u0000",
            "é",
            "e\u0301",
            "\u0430",
            "\u03bf",
            "ﬁ",
            "İ",
            "ı",
            "ß",
            "ẞ",
            "漢",
            "🔑",
            "👩‍👩‍👧",
            "\udbff\udfff",
            "DROP TABLE x",
            "SELECT");

    /** What no UTF-8 holds, and what PostgreSQL does not hold. */
    private static final List<String> UNSTORABLE =
            List.of("\0", "\ud800", "\udfff", "\ud83d", "\udd11\ud83d", "a\ud800b", "\0\0");

    private HostileText() {}

    /** Anything but what cannot be stored; at most so many pieces, maybe none. */
    public static String storable(Random random, int pieces) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(pieces + 1); i > 0; i--) {
            text.append(
                    random.nextInt(8) > 0
                            ? PIECES.get(random.nextInt(PIECES.size()))
                            : Character.toString(codePoint(random)));
        }
        return text.toString();
    }

    /** Anything at all. */
    public static String any(Random random, int pieces) {
        String text = storable(random, pieces);
        return random.nextInt(4) > 0 ? text : unstorable(random, text);
    }

    /** The text with a NUL, or half a surrogate pair, somewhere in it. */
    public static String unstorable(Random random, String text) {
        int at = random.nextInt(text.length() + 1);
        if (at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at))) {
            at--;
        }
        String piece = UNSTORABLE.get(random.nextInt(UNSTORABLE.size()));
        String after = text.substring(at);
        boolean wouldPair = !after.isEmpty() && Character.isLowSurrogate(after.charAt(0));
        return text.substring(0, at) + piece + (wouldPair ? "x" : "") + after;
    }

    /** A code point that is a character of its own, from anywhere. */
    private static int codePoint(Random random) {
        int point = 1 + random.nextInt(random.nextBoolean() ? 0xffff : Character.MAX_CODE_POINT);
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE ? 'x' : point;
    }
}
