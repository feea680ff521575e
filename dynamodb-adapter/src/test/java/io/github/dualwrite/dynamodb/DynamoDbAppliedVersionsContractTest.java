package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.AppliedVersionsContract;
import io.github.dualwrite.testkit.Sample;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

class DynamoDbAppliedVersionsContractTest extends AppliedVersionsContract {

    private static final RecordItemMapping<String, Sample> MAPPING =
            RecordItemMapping.of(Sample.class).partitionKey("id").build(String.class);

    private final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);

    @Override
    protected FollowerStore<String, Sample> store() {
        return DynamoDbStore.builder(DynamoDbServer.shared().client(), table, MAPPING)
                .build();
    }

    /** A whole item replaces the marks with it. */
    @Override
    protected void storeByHand(Sample record) {
        Map<String, AttributeValue> item = new HashMap<>(MAPPING.item(record));
        TestTable.join(DynamoDbServer.shared()
                .client()
                .putItem(request -> request.tableName(table).item(item)));
    }

    /** The marks go with the item. */
    @Override
    protected boolean removeByHand(String key) {
        TestTable.join(DynamoDbServer.shared()
                .client()
                .deleteItem(request -> request.tableName(table).key(Map.of("id", AttributeValue.fromS(key)))));
        return false;
    }
}
