package io.github.dualwrite.dynamodb.testsupport;

import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The sides of pairs that are tables of DynamoDB. */
public final class PairSides {

    private PairSides() {}

    /** A new table with a queue of its own. */
    public static PairScenario.Side dynamoDb(String name) {
        return dynamoDb(name, DynamoDbServer.shared().createTable("id", ScalarAttributeType.S));
    }

    /** A table with a queue of its own. */
    public static PairScenario.Side dynamoDb(String name, String table) {
        DynamoDbAsyncClient client = DynamoDbServer.shared()
                .newClient(builder ->
                        builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(10))));
        DynamoDbStore<String, Sample> store = DynamoDbStore.builder(
                        client,
                        table,
                        RecordItemMapping.of(Sample.class).partitionKey("id").build(String.class))
                .schema(TestQueue.install(2))
                .authorityTimeout(Duration.ofSeconds(30))
                .build();
        return new PairScenario.Side(name, store, store, () -> records(table));
    }

    /** By a plain scan. */
    private static Map<String, Sample> records(String table) {
        Map<String, Sample> records = new ConcurrentHashMap<>();
        DynamoDbServer.shared()
                .client()
                .scanPaginator(request -> request.tableName(table).consistentRead(true))
                .items()
                .subscribe(item -> {
                    if (!item.containsKey("dw_deleted")) {
                        AttributeValue text = item.get("text");
                        String id = item.get("id").s();
                        records.put(
                                id,
                                new Sample(
                                        id,
                                        text == null ? null : text.s(),
                                        Long.parseLong(item.get("number").n())));
                    }
                })
                .join();
        return records;
    }
}
