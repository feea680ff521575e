package io.github.dualwrite.dynamodb;

import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Where a scan goes on, as text that is kept: the last key that was read, its attributes with their types, for example {@code
 * customer=S:c-17|number=N:3}. Bytes are in Base64. In names and values {@code ~} is written {@code ~0}, {@code |} is {@code ~1},
 * {@code =} is {@code ~2}, and the character zero, which PostgreSQL cannot hold, is {@code ~3}.
 */
final class PositionText {

    private PositionText() {}

    static String of(Map<String, AttributeValue> key, List<String> attributes) {
        return attributes.stream()
                .map(attribute -> escaped(attribute) + "="
                        + escaped(value(Objects.requireNonNull(key.get(attribute), attribute))))
                .collect(Collectors.joining("|"));
    }

    /**
     * The way back.
     *
     * @throws IllegalArgumentException if the text is no position in a table with these key attributes
     */
    static Map<String, AttributeValue> read(String text, List<String> attributes) {
        Map<String, AttributeValue> key = new HashMap<>();
        for (String part : text.split("\\|", -1)) {
            int equals = part.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("no attribute");
            }
            key.put(unescaped(part.substring(0, equals)), value(unescaped(part.substring(equals + 1))));
        }
        if (key.size() != attributes.size() || !key.keySet().containsAll(attributes)) {
            throw new IllegalArgumentException("other attributes than " + attributes);
        }
        return key;
    }

    private static String value(AttributeValue value) {
        return switch (value.type()) {
            case S -> "S:" + value.s();
            case N -> "N:" + value.n();
            case B -> "B:" + Base64.getEncoder().encodeToString(value.b().asByteArrayUnsafe());
            default -> throw new IllegalStateException("DynamoDB gives a key attribute of type " + value.type());
        };
    }

    private static AttributeValue value(String text) {
        if (text.length() < 2 || text.charAt(1) != ':') {
            throw new IllegalArgumentException("no type");
        }
        String value = text.substring(2);
        return switch (text.charAt(0)) {
            case 'S' -> AttributeValue.fromS(value);
            case 'N' -> AttributeValue.fromN(value);
            case 'B' ->
                AttributeValue.fromB(SdkBytes.fromByteArray(Base64.getDecoder().decode(value)));
            default -> throw new IllegalArgumentException("no type of a key");
        };
    }

    private static String escaped(String text) {
        return text.replace("~", "~0").replace("|", "~1").replace("=", "~2").replace("\0", "~3");
    }

    private static String unescaped(String text) {
        return text.replace("~3", "\0").replace("~2", "=").replace("~1", "|").replace("~0", "~");
    }
}
