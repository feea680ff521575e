package io.github.dualwrite.dynamodb;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The text under which a key is pending: different for different keys, the same for the same key. The parts are joined by
 * {@code |}; within a part {@code ~} is written {@code ~0} and {@code |} is written {@code ~1}. Of a text that is too long for a sort
 * key there is a digest, after {@code ~h}. It is not read back: the entry holds the key's attributes.
 */
final class KeyText {

    /** DynamoDB's limit for a sort key. */
    static final int MOST_BYTES = 1024;

    private KeyText() {}

    static String of(Map<String, AttributeValue> key, List<String> attributes) {
        String text = attributes.stream()
                .map(attribute -> part(key.getOrDefault(attribute, AttributeValue.fromNul(true))))
                .map(part -> part.replace("~", "~0").replace("|", "~1"))
                .collect(Collectors.joining("|"));
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= MOST_BYTES ? text : "~h" + digest(bytes);
    }

    private static String part(AttributeValue value) {
        return switch (value.type()) {
            case S -> value.s();
            case N -> new BigDecimal(value.n()).stripTrailingZeros().toString();
            case B -> HexFormat.of().formatHex(value.b().asByteArrayUnsafe());
            default ->
                throw new AttributeException(
                        "has the type " + value.type() + ", and a key of DynamoDB is S, N or B; mend the mapping");
        };
    }

    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) { // every Java has it
            throw new IllegalStateException(e);
        }
    }
}
