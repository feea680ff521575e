package io.github.dualwrite.dynamodb;

import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * The codec of a type without parts.
 *
 * @param javaType the boxed type
 * @param stored the attribute's type
 * @param key whether equal keys have equal attributes, so that it can be a key
 */
record ScalarCodec<T>(
        Class<T> javaType,
        AttributeValue.Type stored,
        boolean key,
        Function<T, AttributeValue> encoder,
        Function<AttributeValue, T> decoder)
        implements AttributeCodec {

    static <T> ScalarCodec<T> text(Class<T> type, boolean key, Function<T, String> encode, Function<String, T> decode) {
        return new ScalarCodec<>(
                type,
                AttributeValue.Type.S,
                key,
                value -> AttributeValue.fromS(encode.apply(value)),
                attribute -> decode.apply(attribute.s()));
    }

    static <T> ScalarCodec<T> number(
            Class<T> type, boolean key, Function<T, String> encode, Function<String, T> decode) {
        return new ScalarCodec<>(
                type,
                AttributeValue.Type.N,
                key,
                value -> AttributeValue.fromN(encode.apply(value)),
                attribute -> decode.apply(attribute.n()));
    }

    static ScalarCodec<Boolean> bool() {
        return new ScalarCodec<>(
                Boolean.class, AttributeValue.Type.BOOL, false, AttributeValue::fromBool, AttributeValue::bool);
    }

    static ScalarCodec<byte[]> bytes() {
        return new ScalarCodec<>(
                byte[].class,
                AttributeValue.Type.B,
                false, // arrays are not equal by content, and keys are used as map keys
                value -> AttributeValue.fromB(SdkBytes.fromByteArray(value)),
                attribute -> attribute.b().asByteArray());
    }

    @Override
    public AttributeValue encode(Object value) {
        return encoder.apply(javaType.cast(value));
    }

    @Override
    public Object decode(AttributeValue attribute) {
        AttributeCodec.expect(stored, attribute);
        try {
            return decoder.apply(attribute);
        } catch (RuntimeException e) { // its message would show the value
            throw new AttributeException("holds something that is no " + javaType.getSimpleName()
                    + "; something other than this mapping wrote it, or the mapping has changed");
        }
    }

    @Override
    public Optional<ScalarAttributeType> keyType() {
        return key ? Optional.of(ScalarAttributeType.fromValue(stored.name())) : Optional.empty();
    }
}
