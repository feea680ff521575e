package io.github.dualwrite.examples.benchmarks;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;

/** What an application does by the plain AWS SDK. */
final class BarePuts {

    private BarePuts() {}

    /** The conditional put that our adapter makes, without anything around it. */
    static CompletableFuture<PutItemResponse> putIfNewer(
            DynamoDbAsyncClient client, String table, Item record, long version) {
        Map<String, AttributeValue> item = new HashMap<>(Ground.ITEMS.item(record));
        item.put("dw_version", AttributeValue.fromN(Long.toString(version)));
        return client.putItem(request -> request.tableName(table)
                .item(item)
                .conditionExpression("attribute_not_exists(#k) OR attribute_not_exists(#v) OR #v < :v")
                .expressionAttributeNames(Map.of("#k", "id", "#v", "dw_version"))
                .expressionAttributeValues(Map.of(":v", item.get("dw_version"))));
    }

    /** A put without a condition. */
    static CompletableFuture<PutItemResponse> put(DynamoDbAsyncClient client, String table, Item record) {
        return client.putItem(request -> request.tableName(table).item(Ground.ITEMS.item(record)));
    }
}
