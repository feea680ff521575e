package io.github.dualwrite.dynamodb;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Get;
import software.amazon.awssdk.services.dynamodb.model.TransactGetItem;
import software.amazon.awssdk.services.dynamodb.model.TransactGetItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactGetItemsResponse;

/** Reads a key's entry and its item in one transaction: the only read that never sees half of a transaction's writes. */
final class EntryAndItem {

    private final DynamoDbAsyncClient client;
    private final String table;
    private final String queueTable;

    EntryAndItem(DynamoDbAsyncClient client, String table, String queueTable) {
        this.client = client;
        this.table = table;
        this.queueTable = queueTable;
    }

    /** The entry, then the item. Is cancelled by a write of either that is under way. */
    CompletableFuture<TransactGetItemsResponse> start(PendingKey<?> key) {
        return client.transactGetItems(TransactGetItemsRequest.builder()
                .transactItems(get(queueTable, key.entry()), get(table, key.attributes()))
                .build());
    }

    private static TransactGetItem get(String table, Map<String, AttributeValue> key) {
        return TransactGetItem.builder()
                .get(Get.builder().tableName(table).key(key).build())
                .build();
    }
}
