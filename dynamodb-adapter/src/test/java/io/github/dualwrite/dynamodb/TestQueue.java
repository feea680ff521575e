package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import java.util.concurrent.atomic.AtomicInteger;

/** Tables of pending writes that no other test has. */
final class TestQueue {

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private TestQueue() {}

    /** The description of a table that is not there. */
    static DynamoDbSchema missing(int shards) {
        return DynamoDbSchema.defaults()
                .queueTable("pending-" + NUMBERS.incrementAndGet())
                .shards(shards);
    }

    static DynamoDbSchema install(int shards) {
        DynamoDbSchema schema = missing(shards);
        schema.install(DynamoDbServer.shared().client());
        return schema;
    }
}
