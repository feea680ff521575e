package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.testkit.AuthorityContract;
import io.github.dualwrite.testkit.HeldWrite;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** DynamoDB keeps the contract of an authority (DW-1). */
@Tag("DW-1")
class DynamoDbAuthorityContractTest extends AuthorityContract {

    private static final DynamoDbAsyncClient CLIENT = DynamoDbServer.shared()
            .newClient(builder -> builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(20))));

    @Override
    protected AuthorityStore<String, Sample> store() {
        return DynamoDbStore.builder(
                        CLIENT,
                        DynamoDbServer.shared().createTable("id", ScalarAttributeType.S),
                        RecordItemMapping.of(Sample.class).partitionKey("id").build(String.class))
                .schema(TestQueue.install(3))
                .authorityTimeout(Duration.ofSeconds(30))
                .build();
    }

    /** A transaction of DynamoDB is one request: there is nothing between its beginning and its commit. */
    @Override
    protected Optional<HeldWrite> holdWrite(Authority<String, Sample> authority, Sample value) {
        return Optional.empty();
    }

    @Override
    protected Optional<Sample> refusedSample() {
        return Optional.of(new Sample("too-large", "x".repeat(500 * 1024), 1));
    }

    /** What a transaction holds. */
    @Override
    protected int largeBatch() {
        return 50;
    }

    @Override
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }
}
