package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.Change.Expected;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
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
 *   <li>A record that may be there already is changed, so that what is not the mapping's stays: {@code SET} for what the record has,
 *       {@code REMOVE} for what it does not have, and for the marks of a tombstone. If whole items are to be replaced, it is put.
 *   <li>A record that is not there, and a tombstone, are put.
 *   <li>A record that only gets a version is changed by that.
 * </ul>
 *
 * <p>Immutable.
 */
final class RecordActions<K, V> {

    /** As many operators and functions as DynamoDB allows in an expression, and well below the 4 KB that it may be long. */
    static final int MOST_ATTRIBUTES = 300;

    private static final String IS_OLDER = "(attribute_not_exists(#version) OR #version < :version)";

    private final String table;
    private final TableItems<K, V> items;
    private final @Nullable Set<String> owned;

    /**
     * Actions.
     *
     * @param owned the attributes of the mapping; {@code null} if whole items are to be replaced
     */
    RecordActions(String table, TableItems<K, V> items, @Nullable Set<String> owned) {
        this.table = table;
        this.items = items;
        if (owned == null) {
            this.owned = null;
        } else {
            Set<String> all = new HashSet<>(owned);
            all.addAll(items.keyAttributes());
            this.owned = Set.copyOf(all);
        }
    }

    /** Refuses an item with an attribute that a later write could not take out again. */
    void check(Map<String, AttributeValue> item) {
        if (owned == null) {
            return;
        }
        for (String attribute : item.keySet()) {
            if (!owned.contains(attribute) && !items.marks().names().contains(attribute)) {
                throw new AttributeException(
                                "is not among the ownedAttributes of the mapping, which must name all that item"
                                        + " can give; mend the mapping, or let the store replace whole items with"
                                        + " unmappedAttributes(DROP)")
                        .in(attribute);
            }
        }
    }

    TransactWriteItem action(Change<K, V> change, long version) {
        String condition = IS_OLDER + change.expected().condition();
        Map<String, String> names = new HashMap<>();
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
        Map<String, AttributeValue> item = change.item();
        if (item == null || (owned != null && keeps(change))) {
            String update =
                    item == null || owned == null ? "SET #version = :version" : changing(item, owned, names, values);
            return TransactWriteItem.builder()
                    .update(Update.builder()
                            .tableName(table)
                            .key(change.keyAttributes())
                            .updateExpression(update)
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
        return change.value() != null && change.expected() != Expected.NO_RECORD;
    }

    /** The expression that makes the mapping's part of an item what it is to be, whatever it was; adds to names and values. */
    private String changing(
            Map<String, AttributeValue> item,
            Set<String> owned,
            Map<String, String> names,
            Map<String, AttributeValue> values) {
        names.put("#deleted", items.marks().deleted());
        names.put("#expiry", items.marks().expiry());
        StringBuilder set = new StringBuilder("SET #version = :version");
        StringBuilder remove = new StringBuilder(" REMOVE #deleted, #expiry");
        int next = 0;
        for (String attribute : owned) {
            if (items.keyAttributes().contains(attribute)) {
                continue;
            }
            String name = "#" + next;
            names.put(name, attribute);
            AttributeValue value = item.get(attribute);
            if (value == null) {
                remove.append(", ").append(name);
            } else {
                set.append(", ").append(name).append(" = :").append(next);
                values.put(":" + next, value);
            }
            next++;
        }
        return set.append(remove).toString();
    }

    /** Whether an item is just what the action leaves, so far as it is the mapping's. */
    boolean done(Change<K, V> change, long version, Map<String, AttributeValue> stored) {
        Map<String, AttributeValue> item = change.item();
        if (item == null) {
            return QueueTable.number(version).equals(stored.get(items.marks().version()));
        }
        Map<String, AttributeValue> ours = stored;
        if (owned != null && keeps(change)) {
            ours = new HashMap<>(stored);
            ours.keySet()
                    .removeIf(name ->
                            !owned.contains(name) && !items.marks().names().contains(name));
        }
        return SameItem.test(ours, items.withVersion(item, version));
    }
}
