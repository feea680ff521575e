package io.github.dualwrite.dynamodb;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/** Compares a table with what {@link DynamoDbSchema#install} creates. */
final class QueueTableCheck {

    private static final String WHAT_TO_DO =
            "; it was not created by DynamoDbSchema.install: give the schema another queueTable, or delete that table and install";

    private QueueTableCheck() {}

    /** What is wrong and what to do; empty if nothing is. */
    static Optional<String> of(TableDescription table) {
        if (table.tableStatus() != TableStatus.ACTIVE && table.tableStatus() != TableStatus.UPDATING) {
            return Optional.of("the table is " + table.tableStatusAsString() + ", not ACTIVE; wait for it, or mend it");
        }
        Optional<String> replicated = Replicas.problem(table);
        if (replicated.isPresent()) {
            return replicated;
        }
        List<String> key = sorted(table.keySchema());
        if (!key.equals(List.of(QueueTable.SHARD, QueueTable.KEY))) {
            return Optional.of("the key of the table of pending writes is " + key + ", not [" + QueueTable.SHARD + ", "
                    + QueueTable.KEY + "]" + WHAT_TO_DO);
        }
        Map<String, List<String>> found = new HashMap<>();
        if (table.hasLocalSecondaryIndexes()) {
            table.localSecondaryIndexes().forEach(index -> found.put(index.indexName(), sorted(index.keySchema())));
        }
        Map<String, String> wanted = Map.of(
                QueueTable.DUE_INDEX, QueueTable.DUE,
                QueueTable.SINCE_INDEX, QueueTable.SINCE,
                QueueTable.PARKED_INDEX, QueueTable.PARKED_AT);
        return wanted.entrySet().stream()
                .filter(index -> !List.of(QueueTable.SHARD, index.getValue()).equals(found.get(index.getKey())))
                .findFirst()
                .map(index -> "the table of pending writes has no local secondary index " + index.getKey()
                        + " over attribute " + index.getValue() + WHAT_TO_DO);
    }

    private static List<String> sorted(List<KeySchemaElement> key) {
        return key.stream()
                .sorted((a, b) -> Boolean.compare(a.keyType() != KeyType.HASH, b.keyType() != KeyType.HASH))
                .map(KeySchemaElement::attributeName)
                .toList();
    }
}
