package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The statement that a verification gives to a person shows the item and no other. */
class LookupTest {

    record Key(String name, long number) {}

    record Odd(String name, long number, String text) {}

    @Test
    void theStatementShowsTheItem() {
        DynamoDbAsyncClient client = DynamoDbServer.shared().client();
        String table =
                DynamoDbServer.shared().createTable("name", ScalarAttributeType.S, "number", ScalarAttributeType.N);
        Follower<Key, Odd> follower = DynamoDbStore.builder(
                        client,
                        table,
                        RecordItemMapping.of(Odd.class)
                                .partitionKey("name")
                                .sortKey("number")
                                .build(Key.class))
                .build()
                .openFollower(new StoreContext("lookups", Duration.ofSeconds(1)));
        List<String> names = List.of("it's", "back\\slash's", "\"; DROP TABLE x; --", "? :v #k", "🔑");
        for (String name : names) {
            for (int number = -1; number < 2; number++) {
                assertThat(follower.apply(List.of(new VersionedRecord<>(
                                        new Key(name, number), 1, new Odd(name, number, name + number))))
                                .join())
                        .singleElement()
                        .satisfies(result -> assertThat(result.onFollower()).isTrue());
            }
        }

        for (String name : names) {
            String statement = follower.lookup(new Key(name, -1));

            List<Map<String, AttributeValue>> shown = client.executeStatement(request -> request.statement(statement))
                    .join()
                    .items();
            assertThat(shown)
                    .as(statement)
                    .singleElement()
                    .satisfies(item -> assertThat(item.get("text").s()).isEqualTo(name + -1));
        }
    }
}
