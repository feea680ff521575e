package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.ScanPage.Scanned;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;

/**
 * Takes a baseline: an item without a version, put on the condition that there is nothing under its key, no record, no
 * tombstone and no item of another kind. Such an item is lower than every version (DW-2).
 */
final class DynamoDbBaseline<K, V> implements Baseline<K, V> {

    private static final String IS_NOTHING = "attribute_not_exists(#key)";

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final int concurrency;
    private final DynamoDbErrors errors;

    DynamoDbBaseline(
            DynamoDbAsyncClient client, String table, TableItems<K, V> items, int concurrency, DynamoDbErrors errors) {
        this.client = client;
        this.table = table;
        this.items = items;
        this.concurrency = concurrency;
        this.errors = errors;
    }

    @Override
    public CompletableFuture<List<ApplyResult>> store(List<Scanned<K, V>> records) {
        return InFlight.run(records, concurrency, this::put, this::settle);
    }

    private CompletableFuture<PutItemResponse> put(Scanned<K, V> record) {
        Map<String, AttributeValue> item = RecordException.guard(() -> items.unversioned(record.key(), record.value()));
        return client.putItem(PutItemRequest.builder()
                .tableName(table)
                .item(item)
                .conditionExpression(IS_NOTHING)
                .expressionAttributeNames(Map.of("#key", items.mapping().partitionKey()))
                .build());
    }

    /** If the client asked again after a lost answer, the refusal may come from our own item: it is there, either way. */
    private ApplyResult settle(Scanned<K, V> record, @Nullable PutItemResponse answer, @Nullable Throwable error) {
        if (error == null) {
            return ApplyResult.applied();
        }
        return DynamoDbErrors.unwrap(error) instanceof ConditionalCheckFailedException
                ? ApplyResult.superseded()
                : errors.applyFailure(record.key(), error);
    }
}
