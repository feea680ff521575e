package io.github.dualwrite.dynamodb;

import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Which marked items of a table are those of a mapping. In doubt one is not: a table can hold those of several repositories.
 *
 * <ul>
 *   <li>A record is if the mapping recognises it, gives its key back and can read it.
 *   <li>A tombstone, which has a key and nothing else, is if the mapping gives its key back and recognises it.
 * </ul>
 */
final class OwnItems<K, V> implements Predicate<Map<String, AttributeValue>> {

    private final TableItems<K, V> items;

    OwnItems(TableItems<K, V> items) {
        this.items = items;
    }

    @Override
    public boolean test(Map<String, AttributeValue> item) {
        try {
            return RecordException.guard(() -> items.marks().tombstone(item) ? ownTombstone(item) : ownRecord(item));
        } catch (RecordException e) { // a mapping does not have to bear what belongs to another one
            return false;
        }
    }

    private boolean ownRecord(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> attributes = items.marks().takenFrom(item);
        if (!items.mapping().recognises(attributes)) {
            return false;
        }
        items.mapping().keyReader().ifPresent(reader -> requireKey(reader, item));
        items.present(item);
        return true;
    }

    private boolean ownTombstone(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> key = items.keyOf(item);
        return items.mapping()
                .keyReader()
                .map(reader -> requireKey(reader, item))
                .filter(own -> items.mapping().recognisesKey(key))
                .isPresent();
    }

    private K requireKey(Function<Map<String, AttributeValue>, K> reader, Map<String, AttributeValue> item) {
        return new ScannedItems<>(items, reader).key(item);
    }
}
