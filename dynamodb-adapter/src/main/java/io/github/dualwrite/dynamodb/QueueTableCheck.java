package io.github.dualwrite.dynamodb;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.LocalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/** Compares a table with what {@link DynamoDbSchema#install} creates. */
final class QueueTableCheck {

    private static final String WHAT_TO_DO =
            "; it was not created by DynamoDbSchema.install: give the schema another queueTable, or, if nothing is pending in it, delete that"
                    + " table and install";

    private static final Map<String, String> INDEXES = Map.of(
            QueueTable.DUE_INDEX, QueueTable.DUE,
            QueueTable.SINCE_INDEX, QueueTable.SINCE,
            QueueTable.PARKED_INDEX, QueueTable.PARKED_AT);

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
        Map<String, LocalSecondaryIndexDescription> found = table.hasLocalSecondaryIndexes()
                ? table.localSecondaryIndexes().stream()
                        .collect(Collectors.toMap(LocalSecondaryIndexDescription::indexName, Function.identity()))
                : Map.of();
        return INDEXES.entrySet().stream()
                .flatMap(wanted -> index(wanted.getKey(), wanted.getValue(), found.get(wanted.getKey())).stream())
                .findFirst()
                .or(() -> types(table))
                .map(problem -> problem + WHAT_TO_DO);
    }

    private static Optional<String> index(
            String name, String attribute, @Nullable LocalSecondaryIndexDescription found) {
        if (found == null || !sorted(found.keySchema()).equals(List.of(QueueTable.SHARD, attribute))) {
            return Optional.of("the table of pending writes has no local secondary index " + name + " over attribute "
                    + attribute);
        }
        return name.equals(QueueTable.PARKED_INDEX) && found.projection().projectionType() != ProjectionType.ALL
                ? Optional.of("local secondary index " + name + " of the table of pending writes has the projection "
                        + found.projection().projectionTypeAsString()
                        + ", not ALL, so that parked writes would not be seen")
                : Optional.empty();
    }

    private static Optional<String> types(TableDescription table) {
        return table.attributeDefinitions().stream()
                .filter(attribute -> QueueTable.KEY_TYPES.containsKey(attribute.attributeName())
                        && QueueTable.KEY_TYPES.get(attribute.attributeName()) != attribute.attributeType())
                .findFirst()
                .map(attribute ->
                        "attribute " + attribute.attributeName() + " of the table of pending writes has the type "
                                + attribute.attributeTypeAsString() + ", not "
                                + QueueTable.KEY_TYPES.get(attribute.attributeName()));
    }

    private static List<String> sorted(List<KeySchemaElement> key) {
        return key.stream()
                .sorted((a, b) -> Boolean.compare(a.keyType() != KeyType.HASH, b.keyType() != KeyType.HASH))
                .map(KeySchemaElement::attributeName)
                .toList();
    }
}
