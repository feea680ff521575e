package io.github.dualwrite.dynamodb;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A map from strings as a map attribute, which has no order. */
record MapCodec(AttributeCodec element) implements AttributeCodec {

    private static final String ENTRY = "[*]"; // the entry's own name is data

    @Override
    public AttributeValue.Type stored() {
        return AttributeValue.Type.M;
    }

    @Override
    public AttributeValue encode(Object value) {
        Map<?, ?> entries = (Map<?, ?>) value;
        Map<String, AttributeValue> encoded = new HashMap<>();
        entries.forEach((name, each) -> {
            if (name == null || name.equals("")) {
                throw new AttributeException(
                        "is a map with a null or empty key, which DynamoDB cannot hold; mend the record");
            }
            try {
                encoded.put(ScalarCodecs.wellFormed((String) name), element.encodeNullable(each));
            } catch (AttributeException e) {
                throw e.in(ENTRY);
            }
        });
        return AttributeValue.fromM(encoded);
    }

    @Override
    public Object decode(AttributeValue attribute) {
        AttributeCodec.expect(AttributeValue.Type.M, attribute);
        Map<String, @Nullable Object> decoded = new HashMap<>();
        attribute.m().forEach((name, each) -> {
            try {
                decoded.put(name, element.decodeNullable(Objects.requireNonNull(each)));
            } catch (AttributeException e) {
                throw e.in(ENTRY);
            }
        });
        return Collections.unmodifiableMap(decoded);
    }
}
