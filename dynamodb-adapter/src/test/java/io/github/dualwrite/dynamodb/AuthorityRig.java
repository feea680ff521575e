package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import java.time.Duration;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A new table of customers with a queue, whose pending writes are due at once. */
final class AuthorityRig {

    final TestTable table = new TestTable();
    final DynamoDbSchema schema = TestQueue.install(1);

    DynamoDbStore.Builder<String, Customer> store(DynamoDbAsyncClient client) {
        return table.store(client).schema(schema).authorityTimeout(Duration.ofSeconds(30));
    }

    Authority<String, Customer> open() {
        return open(store(DynamoDbServer.shared().client()));
    }

    Authority<String, Customer> open(FakeService service) {
        return open(store(service.client()));
    }

    static <K, V> Authority<K, V> open(DynamoDbStore.Builder<K, V> store) {
        return store.build().openAuthority(new StoreContext("customers", Duration.ZERO));
    }

    void remove(String id) {
        TestTable.join(DynamoDbServer.shared()
                .client()
                .deleteItem(request -> request.tableName(table.name()).key(Map.of("id", AttributeValue.fromS(id)))));
    }
}
