package io.github.dualwrite.routing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** How a key shows in the sample of a mismatch. Values never show. */
public enum KeyPrivacy {
    /** The key itself. */
    PLAIN,
    /**
     * The first 16 hexadecimal digits of the SHA-256 of the repository's name, a zero character and the key's {@linkplain KeyText text}.
     * The same key always shows the same; who can guess a key can check it.
     */
    HASHED,
    /** Nothing of the key. */
    REDACTED;

    /** What to show of a key. A key without a stable text, or whose text cannot be had, is redacted if it is to be hashed. */
    public Object shown(String repository, Object key) {
        return switch (this) {
            case PLAIN -> key;
            case REDACTED -> "redacted";
            case HASHED -> hashed(repository, key);
        };
    }

    private static Object hashed(String repository, Object key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((repository + '\0' + KeyText.of(key)).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (RuntimeException | NoSuchAlgorithmException e) { // a toString of the application's may throw anything
            return "redacted";
        }
    }
}
