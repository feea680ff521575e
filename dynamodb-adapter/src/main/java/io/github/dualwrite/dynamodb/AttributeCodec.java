package io.github.dualwrite.dynamodb;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** How one Java type is stored in an attribute, without loss. Immutable. */
interface AttributeCodec {

    AttributeValue NULL = AttributeValue.fromNul(true);

    /** Throws {@link AttributeException} if DynamoDB cannot hold the value. */
    AttributeValue encode(Object value);

    /** Throws {@link AttributeException} if the attribute does not hold such a value. */
    Object decode(AttributeValue attribute);

    /** The type of the attribute; {@code null} values aside. */
    AttributeValue.Type stored();

    /** The type of a key attribute of this kind; empty if it cannot be one. */
    default Optional<ScalarAttributeType> keyType() {
        return Optional.empty();
    }

    default AttributeValue encodeNullable(@Nullable Object value) {
        return value == null ? NULL : encode(value);
    }

    default @Nullable Object decodeNullable(@Nullable AttributeValue attribute) {
        return attribute == null || attribute.type() == AttributeValue.Type.NUL ? null : decode(attribute);
    }

    /** The attribute's content as a value of the expected type. */
    static void expect(AttributeValue.Type expected, AttributeValue attribute) {
        if (attribute.type() != expected) {
            throw new AttributeException("holds the type " + attribute.type() + ", not " + expected
                    + "; something other than this mapping wrote it, or the mapping has changed");
        }
    }
}
