package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.BaselineContract;
import io.github.dualwrite.testkit.Sample;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

class DynamoDbBaselineContractTest extends BaselineContract {

    private static final RecordItemMapping<String, Sample> MAPPING =
            RecordItemMapping.of(Sample.class).partitionKey("id").build(String.class);

    private final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);

    @Override
    protected FollowerStore<String, Sample> store() {
        return DynamoDbStore.builder(DynamoDbServer.shared().client(), table, MAPPING)
                .build();
    }

    @Override
    protected void storeByOtherMeans(Sample record) {
        TestTable.join(DynamoDbServer.shared()
                .client()
                .putItem(request -> request.tableName(table).item(MAPPING.item(record))));
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.of(new Sample("too-large", "x".repeat(500 * 1024), 1));
    }

    /** One condition on the item decides, so there is no gap that many keys would find. */
    @Override
    protected int racedKeys() {
        return 50;
    }
}
