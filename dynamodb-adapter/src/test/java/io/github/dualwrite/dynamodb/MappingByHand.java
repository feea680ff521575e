package io.github.dualwrite.dynamodb;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A mapping of items whose key is a text {@code id}, as somebody writes it who has no more than he must. */
record MappingByHand<V>(
        Function<V, Map<String, AttributeValue>> toItem,
        Function<Map<String, AttributeValue>, V> toValue,
        Optional<Function<Map<String, AttributeValue>, String>> keyReader)
        implements ItemMapping<String, V> {

    /** Without a way back to keys. */
    static <V> MappingByHand<V> of(
            Function<V, Map<String, AttributeValue>> toItem, Function<Map<String, AttributeValue>, V> toValue) {
        return new MappingByHand<>(toItem, toValue, Optional.empty());
    }

    MappingByHand<V> withWayBack() {
        return new MappingByHand<>(
                toItem, toValue, Optional.of(key -> key.get("id").s()));
    }

    @Override
    public String partitionKey() {
        return "id";
    }

    @Override
    public Map<String, AttributeValue> key(String key) {
        return Map.of("id", AttributeValue.fromS(key));
    }

    @Override
    public Map<String, AttributeValue> item(V value) {
        return toItem.apply(value);
    }

    @Override
    public V value(Map<String, AttributeValue> item) {
        return toValue.apply(item);
    }
}
