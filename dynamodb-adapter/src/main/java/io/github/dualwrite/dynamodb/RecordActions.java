package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.Change.Expected;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The record's half of a transaction.
 *
 * <ul>
 *   <li>A record is changed, so that what is not the mapping's stays, also where it is created over a tombstone: {@code SET} for what the
 *       record has, {@code REMOVE} for what it does not have, and for the marks of a tombstone. If whole items are to be replaced, it is put.
 *   <li>A tombstone is put.
 *   <li>A record that only gets a version is changed by that.
 * </ul>
 *
 * <p>Immutable.
 */
final class RecordActions<K, V> {

    private static final String IS_OLDER = "(attribute_not_exists(#version) OR #version < :version)";

    private final String table;
    private final TableItems<K, V> items;
    private final @Nullable OwnAttributes own;
    private final Map<Expected, Map<String, String>> names = new EnumMap<>(Expected.class); // of conditions alone

    RecordActions(String table, TableItems<K, V> items) {
        this.table = table;
        this.items = items;
        this.own = items.own();
        for (Expected expected : Expected.values()) {
            Map<String, String> used = new HashMap<>();
            used.put("#version", items.marks().version());
            if (namesKey(expected)) {
                used.put("#key", items.mapping().partitionKey());
            }
            if (namesDeleted(expected)) {
                used.put("#deleted", items.marks().deleted());
            }
            names.put(expected, Map.copyOf(used));
        }
    }

    private static boolean namesKey(Expected expected) {
        return expected.condition().contains("#key");
    }

    private static boolean namesDeleted(Expected expected) {
        return expected.condition().contains("#deleted");
    }

    TransactWriteItem action(Change<K, V> change, long version) {
        Expected expected = change.expected();
        Map<String, AttributeValue> item = change.item();
        OwnAttributes changed = item != null && keeps(change) ? own : null;
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":version", QueueTable.number(version));
        if (namesDeleted(expected)) {
            values.put(":true", AttributeValue.fromBool(true));
        }
        String condition = IS_OLDER + expected.condition();
        Map<String, String> used =
                changed == null ? Objects.requireNonNull(names.get(expected)) : changed.names(namesKey(expected));
        if (item == null || changed != null) {
            return TransactWriteItem.builder()
                    .update(Update.builder()
                            .tableName(table)
                            .key(change.keyAttributes())
                            .updateExpression(
                                    item == null || changed == null
                                            ? "SET #version = :version"
                                            : changed.change(item, values))
                            .conditionExpression(condition)
                            .expressionAttributeNames(used)
                            .expressionAttributeValues(values)
                            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                            .build())
                    .build();
        }
        return TransactWriteItem.builder()
                .put(Put.builder()
                        .tableName(table)
                        .item(items.withVersion(item, version))
                        .conditionExpression(condition)
                        .expressionAttributeNames(used)
                        .expressionAttributeValues(values)
                        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                        .build())
                .build();
    }

    /** Whether there may be attributes that a write must leave. */
    private static boolean keeps(Change<?, ?> change) {
        return change.value() != null;
    }

    /** Whether an item is just what the action leaves, so far as it is the mapping's. */
    boolean done(Change<K, V> change, long version, Map<String, AttributeValue> stored) {
        Map<String, AttributeValue> item = change.item();
        if (item == null) {
            return QueueTable.number(version).equals(stored.get(items.marks().version()));
        }
        Map<String, AttributeValue> ours = own != null && keeps(change) ? own.withMarks(stored) : stored;
        return SameItem.test(ours, items.withVersion(item, version));
    }
}
