package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** A table of its own on DynamoDB Local. */
final class DynamoDbSecondary extends Secondary {

    private static final int CONCURRENCY = 32;

    private final DynamoDbAsyncClient client = DynamoDbServer.shared()
            .newClient(builder -> builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(30))));
    private final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.N);

    @Override
    void put(Item item) {
        BarePuts.put(client, table, item).join();
        count();
    }

    @Override
    void putIfNewer(Item item, long version) {
        try {
            BarePuts.putIfNewer(client, table, item, version).join();
            count();
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof ConditionalCheckFailedException)) { // something newer is there
                throw e;
            }
        }
    }

    @Override
    FollowerStore<Long, Item> uncounted() {
        return Ground.secondary(client, table, CONCURRENCY);
    }

    @Override
    Follower<Long, Item> reader() {
        return uncounted().openFollower(new StoreContext("bare", Duration.ZERO));
    }
}
