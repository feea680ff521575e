package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.FollowerContract;
import io.github.dualwrite.testkit.Sample;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

class DynamoDbFollowerContractTest extends FollowerContract {

    private static final int KILOBYTES_500 = 500 * 1024;

    @Override
    protected FollowerStore<String, Sample> store() {
        return store(DynamoDbServer.shared().createTable("id", ScalarAttributeType.S));
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.of(new Sample("too-large", "x".repeat(KILOBYTES_500), 1));
    }

    @Override
    protected Optional<FollowerStore<String, Sample>> unfitStore() {
        return Optional.of(store("no-such-table"));
    }

    private FollowerStore<String, Sample> store(String table) {
        return configured(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        table,
                        RecordItemMapping.of(Sample.class).partitionKey("id").build(String.class)))
                .build();
    }

    DynamoDbStore.Builder<String, Sample> configured(DynamoDbStore.Builder<String, Sample> store) {
        return store;
    }
}
