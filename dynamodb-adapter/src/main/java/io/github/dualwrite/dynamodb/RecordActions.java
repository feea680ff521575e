package io.github.dualwrite.dynamodb;

import java.util.HashMap;
import java.util.Map;
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

    RecordActions(String table, TableItems<K, V> items) {
        this.table = table;
        this.items = items;
        this.own = items.own();
    }

    TransactWriteItem action(Change<K, V> change, long version) {
        String condition = IS_OLDER + change.expected().condition();
        Map<String, AttributeValue> item = change.item();
        OwnAttributes changed = item != null && keeps(change) ? own : null;
        Map<String, String> names = changed == null ? new HashMap<>() : changed.names();
        names.put("#version", items.marks().version());
        if (condition.contains("#key")) {
            names.put("#key", items.mapping().partitionKey());
        }
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":version", QueueTable.number(version));
        if (condition.contains("#deleted")) {
            names.put("#deleted", items.marks().deleted());
            values.put(":true", AttributeValue.fromBool(true));
        }
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
                            .expressionAttributeNames(names)
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
                        .expressionAttributeNames(names)
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
