package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.testkit.ScanContract;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The contract of a scan on a table of its own for each test. */
abstract class SampleScan extends ScanContract {

    private static final DynamoDbAsyncClient CLIENT = DynamoDbServer.shared()
            .newClient(builder -> builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(20))));

    private final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);

    DynamoDbStore.Builder<String, Sample> samples() {
        return DynamoDbStore.builder(
                        CLIENT,
                        table,
                        RecordItemMapping.of(Sample.class).partitionKey("id").build(String.class))
                .authorityTimeout(Duration.ofSeconds(30));
    }

    @Override
    protected Optional<String> storeUnreadable() {
        TestTable.join(CLIENT.putItem(request -> request.tableName(table)
                .item(Map.of(
                        "id", AttributeValue.fromS("unreadable"),
                        "text", AttributeValue.fromN("1"),
                        "number", AttributeValue.fromS("x")))));
        return Optional.of("unreadable");
    }
}
