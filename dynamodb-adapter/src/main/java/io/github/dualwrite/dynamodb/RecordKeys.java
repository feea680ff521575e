package io.github.dualwrite.dynamodb;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The way from a key to its attributes and back, which an authority needs: the queue gives back keys, and a record has to
 * tell its own. Each way is gone both times, so that a mapping that is not reversible rejects the record instead of losing it. What is written comes
 * back as DynamoDB writes it.
 */
final class RecordKeys<K, V> {

    private final TableItems<K, V> items;
    private final Function<Map<String, AttributeValue>, K> reader;

    RecordKeys(TableItems<K, V> items, Function<Map<String, AttributeValue>, K> reader) {
        this.items = items;
        this.reader = reader;
    }

    /** The key of a record. */
    K of(V value) {
        return RecordException.guard(() -> {
            Map<String, AttributeValue> attributes =
                    new HashMap<>(items.mapping().item(value));
            attributes.keySet().retainAll(items.keyAttributes());
            for (String attribute : items.keyAttributes()) {
                if (!attributes.containsKey(attribute)) {
                    throw new AttributeException(
                                    "is not among the attributes that the mapping's item gives for a record; an authority takes"
                                            + " the record's key from there; mend the mapping")
                            .in(attribute);
                }
            }
            K key = reader.apply(attributes);
            if (!items.identity(items.key(key)).equals(items.identity(attributes))) {
                throw irreversible();
            }
            return key;
        });
    }

    /** The attributes of a key. */
    Map<String, AttributeValue> attributes(K key) {
        return RecordException.guard(() -> {
            Map<String, AttributeValue> attributes = items.key(key);
            if (!key.equals(reader.apply(attributes))) {
                throw irreversible();
            }
            return attributes;
        });
    }

    /**
     * The attributes of a key that is to be written. They must give it back as {@link #attributes} asks for it, or its record could not be read
     * any more. Its numbers come back from DynamoDB in a form of their own, and a key that they do not give then would be claimed as another one, of
     * which nobody knows that it is pending (DW-5).
     */
    Map<String, AttributeValue> written(K key) {
        Map<String, AttributeValue> attributes = attributes(key);
        return RecordException.guard(() -> {
            if (!key.equals(reader.apply(TableItems.asGivenBack(attributes)))) {
                throw irreversible();
            }
            return attributes;
        });
    }

    /** The key that was written into the queue. */
    K read(Map<String, AttributeValue> entry) {
        return RecordException.guard(() -> reader.apply(
                QueueTable.present(entry, QueueTable.KEY_ATTRIBUTES).m()));
    }

    String text(Map<String, AttributeValue> attributes) {
        return RecordException.guard(() -> KeyText.of(attributes, items.keyAttributes()));
    }

    private AttributeException irreversible() {
        return new AttributeException("the key attributes " + items.keyAttributes()
                + " do not give this key back: what the mapping's keyReader makes of key(...), with numbers as they are there or as DynamoDB gives them back,"
                + " is another key; mend the mapping");
    }

    /** The same for the entries of a queue. */
    DynamoDbQueue.Keys<K> entriesOf(QueueTable queue) {
        return new DynamoDbQueue.Keys<>() {
            @Override
            public Map<String, AttributeValue> entry(K key) {
                return queue.key(text(attributes(key)));
            }

            @Override
            public K read(Map<String, AttributeValue> entry) {
                return RecordKeys.this.read(entry);
            }
        };
    }
}
