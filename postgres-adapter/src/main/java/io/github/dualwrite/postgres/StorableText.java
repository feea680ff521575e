package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;

/** Texts that PostgreSQL holds as they are. */
final class StorableText {

    private static final int MOST = 2_000;

    private StorableText() {}

    /** A text that stands for itself, such as that of an error, without what PostgreSQL has no NUL for. */
    static String cleaned(String text) {
        return text.replace('\0', ' ');
    }

    /** The same for a text of which nobody knows how long it is. */
    static String shortened(String text) {
        int end = text.length() > MOST && Character.isHighSurrogate(text.charAt(MOST - 1)) ? MOST - 1 : MOST;
        return cleaned(text.length() > MOST ? text.substring(0, end) + "…" : text);
    }

    /** The text; refuses what the server would refuse without saying where, and what the driver would replace by question marks. */
    static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\0') {
                throw new MappingException(
                        "holds the character NUL, which PostgreSQL cannot hold in a text; mend the record");
            }
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new MappingException(
                            "holds half a surrogate pair, which UTF-8 and so PostgreSQL cannot hold; mend the record");
                }
                i++;
            }
        }
        return text;
    }
}
