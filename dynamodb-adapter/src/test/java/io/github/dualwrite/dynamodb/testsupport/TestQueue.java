package io.github.dualwrite.dynamodb.testsupport;

import io.github.dualwrite.dynamodb.DynamoDbSchema;
import java.util.concurrent.atomic.AtomicInteger;

/** Tables of pending writes that no other test has. */
public final class TestQueue {

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private TestQueue() {}

    /** The description of a table that is not there. */
    public static DynamoDbSchema missing(int shards) {
        return DynamoDbSchema.defaults()
                .queueTable("pending-" + NUMBERS.incrementAndGet())
                .shards(shards);
    }

    public static DynamoDbSchema install(int shards) {
        DynamoDbSchema schema = missing(shards);
        schema.install(DynamoDbServer.shared().client());
        return schema;
    }
}
