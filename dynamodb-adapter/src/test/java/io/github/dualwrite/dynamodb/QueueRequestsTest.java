package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.QueueStatistics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.Select;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** What the verbs of a write and of its queue ask of DynamoDB, whatever is in the queue. */
class QueueRequestsTest {

    private static final int SHARDS = 4;
    private static final int LEASED = 500;

    private final TestTable table = new TestTable();
    private final DynamoDbSchema schema = TestQueue.install(SHARDS);
    private final FakeService service = new FakeService();
    private final Authority<String, Customer> authority =
            AuthorityRig.open(table.store(service.client()).schema(schema).authorityTimeout(Duration.ofSeconds(30)));

    /** Entries that somebody holds under a lease. */
    private void lease() {
        AttributeValue later = QueueTable.time(Instant.now().plus(Duration.ofHours(1)));
        QueueTable queue = new QueueTable("customers", SHARDS);
        List<WriteRequest> entries = IntStream.range(0, LEASED)
                .mapToObj(i -> queue.key("k" + i))
                .map(key -> WriteRequest.builder()
                        .putRequest(put -> put.item(Map.of(
                                "queue_shard",
                                key.get("queue_shard"),
                                "record_key",
                                key.get("record_key"),
                                "due_at",
                                later,
                                "pending_since",
                                later)))
                        .build())
                .toList();
        CompletableFuture<?>[] writes = IntStream.range(0, LEASED / 25)
                .mapToObj(i -> DynamoDbServer.shared()
                        .client()
                        .batchWriteItem(batch -> batch.requestItems(
                                Map.of(schema.queueTableName(), entries.subList(25 * i, 25 * i + 25))))
                        .thenApply(BatchWriteItemResponse::hasUnprocessedItems))
                .toArray(CompletableFuture<?>[]::new);
        TestTable.join(CompletableFuture.allOf(writes));
    }

    @Test
    @Tag("DW-1")
    void aSaveIsOneTransactionOfTheItemAndItsEntryAndNothingElse() {
        service.requests().clear();

        authority.save(Customer.of("a", "Ada"));

        assertThat(service.requests()).hasSize(1);
        assertThat(service.requests(TransactWriteItemsRequest.class).get(0).transactItems())
                .hasSize(2)
                .satisfiesExactly(
                        item -> assertThat(item.toString()).contains("TableName=" + table.name()),
                        entry -> assertThat(entry.update().tableName()).isEqualTo(schema.queueTableName()));
    }

    @Test
    void aClaimAsksEachShardOnceForAFewEntriesHoweverManyAreLeased() {
        lease();
        service.requests().clear();

        assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 10)).isEmpty();

        assertThat(service.requests()).hasSize(SHARDS);
        assertThat(service.requests(QueryRequest.class)).hasSize(SHARDS).allSatisfy(query -> {
            assertThat(query.indexName()).isEqualTo("due");
            assertThat(query.keyConditionExpression()).contains("due_at <= :now");
            assertThat(query.limit()).isBetween(1, 100);
        });
    }

    @Test
    void statisticsOfAnEmptyQueueAreTwoSmallQueriesForEachShard() {
        service.requests().clear();

        assertThat(authority.queue().statistics()).hasToString("depth=0 parked=0 oldest=-");

        assertThat(service.requests()).hasSize(2 * SHARDS);
        assertThat(service.requests(QueryRequest.class))
                .hasSize(2 * SHARDS)
                .allSatisfy(query -> assertThat(query.limit()).isBetween(1, 100));
    }

    @Test
    @Tag("DW-6")
    void theAgeOfEveryShardIsAskedForBeforeAnythingIsCounted() {
        authority.saveAll(IntStream.range(0, 30)
                .mapToObj(i -> Customer.of("k" + i, "Ada"))
                .toList());
        service.requests().clear();

        QueueStatistics statistics = authority.queue().statistics();

        assertThat(statistics.depth()).isEqualTo(30);
        assertThat(statistics.oldest()).isPresent();
        List<QueryRequest> queries = service.requests(QueryRequest.class);
        assertThat(queries).hasSize(3 * SHARDS);
        assertThat(queries.subList(0, SHARDS)).allMatch(query -> query.limit() == 1 && query.select() == null);
    }

    @Test
    void aQueueThatNobodyCanCountToItsEndIsCountedToABound() {
        authority.save(Customer.of("a", "Ada"));
        service.requests().clear();
        service.after((response, count) -> {
            if (response instanceof QueryResponse page
                    && service.requests().get(count - 1) instanceof QueryRequest query
                    && query.select() == Select.COUNT
                    && "since".equals(query.indexName())) {
                return page.toBuilder()
                        .count(100_000)
                        .lastEvaluatedKey(Map.of(
                                "queue_shard", query.expressionAttributeValues().get(":shard"),
                                "record_key", AttributeValue.fromS("a"),
                                "pending_since", QueueTable.number(1)))
                        .build();
            }
            return response;
        });

        assertThat(authority.queue().statistics().depth()).isEqualTo(QueueCount.MOST_COUNTED);

        assertThat(service.requests(QueryRequest.class))
                .filteredOn(query -> query.exclusiveStartKey() != null
                        && !query.exclusiveStartKey().isEmpty())
                .hasSize(9)
                .allMatch(query -> !query.consistentRead());
    }
}
