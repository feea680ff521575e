package io.github.dualwrite.dynamodb;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A collection as a list attribute, which keeps the order, allows {@code null} and may be empty; DynamoDB's sets may not. */
record ListCodec(AttributeCodec element, Function<List<@Nullable Object>, Object> collection)
        implements AttributeCodec {

    @Override
    public AttributeValue.Type stored() {
        return AttributeValue.Type.L;
    }

    @Override
    public AttributeValue encode(Object value) {
        Collection<?> elements = (Collection<?>) value;
        List<AttributeValue> encoded = new ArrayList<>(elements.size());
        for (Object each : elements) {
            try {
                encoded.add(element.encodeNullable(each));
            } catch (AttributeException e) {
                throw e.in("[" + encoded.size() + "]");
            }
        }
        return AttributeValue.fromL(encoded);
    }

    @Override
    public Object decode(AttributeValue attribute) {
        AttributeCodec.expect(AttributeValue.Type.L, attribute);
        List<@Nullable Object> decoded = new ArrayList<>(attribute.l().size());
        for (AttributeValue each : attribute.l()) {
            try {
                decoded.add(element.decodeNullable(each));
            } catch (AttributeException e) {
                throw e.in("[" + decoded.size() + "]");
            }
        }
        return collection.apply(decoded);
    }
}
