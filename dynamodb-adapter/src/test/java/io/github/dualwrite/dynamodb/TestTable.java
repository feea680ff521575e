package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** A new table of customers and its store. */
final class TestTable {

    static final RecordItemMapping<String, Customer> MAPPING =
            RecordItemMapping.of(Customer.class).partitionKey("id").build(String.class);

    private final String name = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);

    String name() {
        return name;
    }

    DynamoDbStore.Builder<String, Customer> store() {
        return store(DynamoDbServer.shared().client());
    }

    DynamoDbStore.Builder<String, Customer> store(DynamoDbAsyncClient client) {
        return DynamoDbStore.builder(client, name, MAPPING);
    }

    Follower<String, Customer> follower() {
        return open(store().build());
    }

    Follower<String, Customer> follower(FakeService service) {
        return open(store(service.client()).build());
    }

    static <K, V> Follower<K, V> open(DynamoDbStore<K, V> store) {
        return store.openFollower(new StoreContext("customers", Duration.ofSeconds(5)));
    }

    static VersionedRecord<String, Customer> record(String id, long version) {
        return new VersionedRecord<>(id, version, Customer.of(id, "name " + version));
    }

    static VersionedRecord<String, Customer> tombstone(String id, long version) {
        return new VersionedRecord<>(id, version, null);
    }

    static <K, V> ApplyResult applyOne(Follower<K, V> follower, VersionedRecord<K, V> record) {
        return join(follower.apply(List.of(record))).get(0);
    }

    /** The item as it is stored; empty if there is none. */
    Map<String, AttributeValue> item(String id) {
        return join(DynamoDbServer.shared()
                        .client()
                        .getItem(request -> request.tableName(name)
                                .consistentRead(true)
                                .key(Map.of("id", AttributeValue.fromS(id)))))
                .item();
    }

    void put(Map<String, AttributeValue> item) {
        join(DynamoDbServer.shared()
                .client()
                .putItem(request -> request.tableName(name).item(item)));
    }

    /** Gives an item a text attribute, as something other than the library would. */
    void set(String id, String attribute, String text) {
        join(DynamoDbServer.shared()
                .client()
                .updateItem(request -> request.tableName(name)
                        .key(Map.of("id", AttributeValue.fromS(id)))
                        .updateExpression("SET #attribute = :text")
                        .expressionAttributeNames(Map.of("#attribute", attribute))
                        .expressionAttributeValues(Map.of(":text", AttributeValue.fromS(text)))));
    }

    static <T extends @Nullable Object> T join(CompletableFuture<T> future) {
        return future.orTimeout(30, TimeUnit.SECONDS).join();
    }
}
