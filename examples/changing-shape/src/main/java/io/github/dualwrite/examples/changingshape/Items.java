package io.github.dualwrite.examples.changingshape;

import io.github.dualwrite.dynamodb.ItemMapping;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What both mappings of the item collection share: partition and sort key, each a text with a prefix. */
abstract class Items<K, V> implements ItemMapping<K, V> {

    static final String CUSTOMER = "CUSTOMER#";
    static final String ORDER = "ORDER#";
    static final String PROFILE = "PROFILE";

    @Override
    public String partitionKey() {
        return "PK";
    }

    @Override
    public Optional<String> sortKey() {
        return Optional.of("SK");
    }

    @Override
    public Map<String, ScalarAttributeType> keyTypes() {
        return Map.of("PK", ScalarAttributeType.S, "SK", ScalarAttributeType.S);
    }

    /** How the sort keys of such records begin: the table holds others beside them, which a scan leaves out. */
    abstract String sortKeyPrefix();

    @Override
    public boolean recognises(Map<String, AttributeValue> item) {
        return required(item, "SK").s().startsWith(sortKeyPrefix());
    }

    static Map<String, AttributeValue> key(long customerId, String sortKey) {
        return Map.of("PK", text(CUSTOMER + customerId), "SK", text(sortKey));
    }

    static AttributeValue text(String value) {
        return AttributeValue.fromS(value);
    }

    /** The number behind a prefix; the way back from a key, so that no two keys become one. */
    static long number(Map<String, AttributeValue> item, String attribute, String prefix) {
        String key = required(item, attribute).s();
        if (key == null || !key.startsWith(prefix)) {
            throw new IllegalArgumentException(attribute + " does not begin with " + prefix);
        }
        return Long.parseLong(key.substring(prefix.length()));
    }

    static AttributeValue required(Map<String, AttributeValue> item, String attribute) {
        AttributeValue value = item.get(attribute);
        if (value == null) {
            throw new IllegalArgumentException("there is no attribute " + attribute);
        }
        return value;
    }

    static Map<String, AttributeValue> with(Map<String, AttributeValue> key, Map<String, AttributeValue> attributes) {
        Map<String, AttributeValue> item = new HashMap<>(key);
        item.putAll(attributes);
        return item;
    }
}
