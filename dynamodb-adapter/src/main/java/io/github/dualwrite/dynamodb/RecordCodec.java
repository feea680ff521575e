package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.RecordShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A Java record as the attributes of an item, or as a map attribute inside one. */
final class RecordCodec<R> implements AttributeCodec {

    /** A component, and how it is stored. */
    private record Field(String name, RecordShape.Component component, AttributeCodec codec) {}

    private final RecordShape<R> shape;
    private final Map<String, AttributeCodec> codecs = new LinkedHashMap<>();
    private final List<Field> fields = new ArrayList<>();

    /**
     * A codec.
     *
     * @param codecs one for each component, in their order
     */
    RecordCodec(RecordShape<R> shape, List<AttributeCodec> codecs) {
        this.shape = shape;
        for (int i = 0; i < codecs.size(); i++) {
            RecordShape.Component component = shape.components().get(i);
            fields.add(new Field(component.snakeCaseName(), component, codecs.get(i)));
            if (this.codecs.put(component.snakeCaseName(), codecs.get(i)) != null) {
                throw new IllegalArgumentException(
                        "two components of " + shape.type().getName() + " would be stored as attribute "
                                + component.snakeCaseName() + "; rename component " + component.name());
            }
        }
    }

    RecordShape<R> shape() {
        return shape;
    }

    /** The codecs by attribute name, in the order of the components. */
    Map<String, AttributeCodec> codecs() {
        return codecs;
    }

    Map<String, AttributeValue> attributes(Object record) {
        Map<String, AttributeValue> attributes = new HashMap<>();
        for (Field field : fields) {
            try {
                attributes.put(
                        field.name(),
                        field.codec().encodeNullable(field.component().valueIn(record)));
            } catch (AttributeException e) {
                throw e.in(field.name());
            }
        }
        return attributes;
    }

    @SuppressWarnings("NullAway") // that elements may be null is not seen in the class file of another module
    R record(Map<String, AttributeValue> attributes) {
        @Nullable Object[] values = new @Nullable Object[fields.size()];
        for (int i = 0; i < values.length; i++) {
            Field field = fields.get(i);
            try {
                values[i] = field.codec().decodeNullable(attributes.get(field.name()));
            } catch (AttributeException e) {
                throw e.in(field.name());
            }
        }
        return shape.construct(values);
    }

    AttributeCodec codec(String attribute) {
        AttributeCodec codec = codecs.get(attribute);
        if (codec == null) {
            throw new IllegalStateException("no codec for attribute " + attribute);
        }
        return codec;
    }

    @Override
    public AttributeValue.Type stored() {
        return AttributeValue.Type.M;
    }

    @Override
    public AttributeValue encode(Object value) {
        return AttributeValue.fromM(attributes(value));
    }

    @Override
    public Object decode(AttributeValue attribute) {
        AttributeCodec.expect(AttributeValue.Type.M, attribute);
        return record(attribute.m());
    }
}
