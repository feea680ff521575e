package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.JobStoreContract;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** All tests share one table; each has repositories of its own. */
class DynamoDbJobStoreContractTest extends JobStoreContract {

    private static final AtomicInteger TESTS = new AtomicInteger();
    private static final DynamoDbStore<String, Customer> STORE = DynamoDbStore.builder(
                    DynamoDbServer.shared()
                            .newClient(builder -> builder.overrideConfiguration(
                                    DynamoDbStore.clientOverrides(Duration.ofSeconds(20)))),
                    DynamoDbServer.shared().createTable("id", ScalarAttributeType.S),
                    TestTable.MAPPING)
            .schema(TestQueue.install(1))
            .authorityTimeout(Duration.ofSeconds(30))
            .build();

    private final int test = TESTS.incrementAndGet();

    @Override
    protected JobStore open(String repository) {
        return STORE.openAuthority(new StoreContext(repository + "-" + test, Duration.ZERO))
                .jobs()
                .orElseThrow();
    }
}
