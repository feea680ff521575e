package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** All keys that are pending are listed with a bounded number of strongly consistent requests. */
@Tag("DW-5")
class PendingKeysTest {

    private static final int SHARDS = 8;

    private final TestTable table = new TestTable();
    private final DynamoDbSchema schema = TestQueue.install(SHARDS);
    private final FakeService service = new FakeService();
    private final Authority<String, Customer> authority = table.store(service.client())
            .schema(schema)
            .concurrency(2)
            .authorityTimeout(Duration.ofSeconds(30))
            .build()
            .openAuthority(new StoreContext("customers", Duration.ZERO));

    private Set<String> save(int customers) {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < customers; i++) {
            keys.add(authority.save(Customer.of("k" + i, "Ada")).key());
        }
        service.requests().clear();
        return keys;
    }

    private List<QueryRequest> queries() {
        return service.requests(QueryRequest.class);
    }

    @Test
    void oneStronglyConsistentQueryForEachShardIsEnough() {
        Set<String> keys = save(40);

        assertThat(authority.queue().pendingKeys(100)).contains(keys);

        assertThat(queries()).hasSize(SHARDS).allMatch(query -> query.indexName() == null && query.consistentRead());
    }

    @Test
    void whatIsBeyondTheLimitIsNotRead() {
        save(40);

        assertThat(authority.queue().pendingKeys(5)).isEmpty();

        assertThat(queries()).hasSizeLessThan(SHARDS).allMatch(query -> query.limit() <= 6);
    }

    @Test
    void asManyAsTheLimitAreListed() {
        Set<String> keys = save(12);

        assertThat(authority.queue().pendingKeys(12)).contains(keys);
        assertThat(authority.queue().pendingKeys(11)).isEmpty();
    }
}
