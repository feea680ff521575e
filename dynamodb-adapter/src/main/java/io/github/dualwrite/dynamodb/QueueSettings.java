package io.github.dualwrite.dynamodb;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;

/**
 * What a table of pending writes says of itself.
 *
 * @param shards how many shards it has
 * @param generation another one for each table that was ever installed; {@code null} in tables of versions that wrote none
 */
record QueueSettings(int shards, @Nullable String generation) {

    static GetItemRequest request(String queueTable) {
        return GetItemRequest.builder()
                .tableName(queueTable)
                .key(QueueTable.SETTINGS)
                .consistentRead(true)
                .build();
    }

    /** Empty if the table says nothing. */
    static Optional<QueueSettings> of(GetItemResponse answer) {
        if (!answer.hasItem() || !answer.item().containsKey(QueueTable.SHARDS)) {
            return Optional.empty();
        }
        Map<String, AttributeValue> item = answer.item();
        AttributeValue generation = item.get(QueueTable.GENERATION);
        return Optional.of(new QueueSettings(
                (int) QueueTable.number(item, QueueTable.SHARDS), generation == null ? null : generation.s()));
    }
}
