package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;

/** Texts that PostgreSQL holds as they are. */
final class StorableText {

    private StorableText() {}

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
