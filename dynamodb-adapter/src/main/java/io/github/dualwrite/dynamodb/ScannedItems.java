package io.github.dualwrite.dynamodb;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What a mapping makes of the items of a scan. A mapping of somebody else's gets maps of its own; one by convention looks up what it knows
 * by name and changes nothing, so that nothing has to be copied for it. Immutable.
 */
final class ScannedItems<K, V> {

    private final TableItems<K, V> items;
    private final Function<Map<String, AttributeValue>, K> keyReader;
    private final @Nullable RecordItemMapping<K, V> byConvention;

    ScannedItems(TableItems<K, V> items, Function<Map<String, AttributeValue>, K> keyReader) {
        this.items = items;
        this.keyReader = keyReader;
        this.byConvention = items.mapping() instanceof RecordItemMapping<K, V> mapping ? mapping : null;
    }

    /** An item as the mapping is to see it: without marks, if they could be seen. */
    Map<String, AttributeValue> withoutMarks(Map<String, AttributeValue> item) {
        return byConvention != null && byConvention.recognisesAll()
                ? item
                : items.marks().takenFrom(item);
    }

    /** The record in such an item, that is without marks. */
    V value(Map<String, AttributeValue> attributes) {
        return byConvention != null ? byConvention.value(attributes) : items.present(attributes);
    }

    /** The key of an item; refuses one that would be written as another key. */
    K key(Map<String, AttributeValue> item) {
        if (byConvention != null) {
            K key = byConvention.keyIn(item);
            return byConvention.hasKey(key, item) ? key : checked(key, item);
        }
        Map<String, AttributeValue> attributes = new HashMap<>();
        for (String attribute : items.keyAttributes()) {
            AttributeValue value = item.get(attribute);
            if (value != null) {
                attributes.put(attribute, value);
            }
        }
        return checked(keyReader.apply(attributes), item);
    }

    private K checked(K key, Map<String, AttributeValue> item) {
        if (!items.identity(items.key(key)).equals(items.identity(item))) {
            throw new AttributeException("what the mapping's keyReader makes of the key attributes "
                    + items.keyAttributes() + " is another key; mend the mapping");
        }
        return key;
    }
}
