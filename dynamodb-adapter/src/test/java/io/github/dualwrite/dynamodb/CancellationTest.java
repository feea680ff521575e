package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.VersionedRecord;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/** A cancelled future stops the work behind it, down to the calls of the client. */
@Tag("DW-4")
class CancellationTest {

    private final List<CompletableFuture<Object>> calls = new ArrayList<>();
    private final Queue<QueryResponse> answers = new ArrayDeque<>();
    private final DynamoDbAsyncClient hanging = (DynamoDbAsyncClient) Proxy.newProxyInstance(
            DynamoDbAsyncClient.class.getClassLoader(),
            new Class<?>[] {DynamoDbAsyncClient.class},
            (p, method, args) -> {
                CompletableFuture<Object> call = new CompletableFuture<>();
                calls.add(call);
                QueryResponse answer = answers.poll();
                if (answer != null) {
                    call.complete(answer);
                }
                return call;
            });
    private Follower<String, Customer> follower = open(3);

    private Follower<String, Customer> open(int concurrency) {
        return TestTable.open(DynamoDbStore.builder(hanging, "customers", TestTable.MAPPING)
                .concurrency(concurrency)
                .build());
    }

    @BeforeEach
    void forget() {
        calls.clear();
    }

    @Test
    void applyStartsNothingMoreAndAbortsWhatIsInFlight() {
        List<VersionedRecord<String, Customer>> batch = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            batch.add(record("k" + i, 1));
        }

        CompletableFuture<?> apply = follower.apply(batch);
        assertThat(apply).isNotDone();
        assertThat(calls).hasSize(3);
        apply.cancel(true);

        assertThat(calls).hasSize(3).allMatch(CompletableFuture::isCancelled);
    }

    @Test
    void readAbortsItsCall() {
        follower.read("a").cancel(true);

        assertThat(calls).singleElement().matches(CompletableFuture::isCancelled);
    }

    @Test
    void checkAbortsItsCall() {
        follower.check().cancel(true);

        assertThat(calls).singleElement().matches(CompletableFuture::isCancelled);
    }

    @Test
    void readAllAbortsItsCallsAndDoesNotRepeatThem() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            keys.add("k" + i);
        }
        CompletableFuture<?> read = follower.readAll(keys);
        assertThat(calls).hasSize(3);
        calls.get(0)
                .complete(BatchGetItemResponse.builder()
                        .unprocessedKeys(Map.of(
                                "customers",
                                KeysAndAttributes.builder()
                                        .keys(List.of(TestTable.MAPPING.key("k0")))
                                        .build()))
                        .build());

        read.cancel(true);

        assertThat(calls.subList(1, 3)).allMatch(CompletableFuture::isCancelled);
    }

    @Test
    void appliedVersionsStartsNothingMoreAndAbortsWhatIsInFlight() {
        CompletableFuture<?> versions = follower.appliedVersions().orElseThrow().of(List.of("a", "b", "c", "d", "e"));
        assertThat(calls).hasSize(3);

        versions.cancel(true);

        assertThat(calls).hasSize(3).allMatch(CompletableFuture::isCancelled);
    }

    private QueueCalls queue() {
        DynamoDbErrors errors = new DynamoDbErrors("customers", "DynamoDB table pending");
        return new QueueCalls(
                hanging,
                "pending",
                3,
                BatchGet.ofAuthority(hanging, "pending", 3, List.of(), Duration.ofSeconds(1), errors),
                errors);
    }

    private static QueryResponse page(boolean last) {
        QueryResponse.Builder page = QueryResponse.builder()
                .count(1)
                .items(List.of(Map.of(
                        "queue_shard",
                        AttributeValue.fromS("customers#0"),
                        "pending_since",
                        AttributeValue.fromN("1767225600000000"))));
        return last
                ? page.build()
                : page.lastEvaluatedKey(Map.of("record_key", AttributeValue.fromS("k")))
                        .build();
    }

    @Test
    @Tag("DW-6")
    void statisticsThatCannotCountInTimeTellTheAgeAndCountNoMorePages() {
        answers.addAll(List.of(page(true), page(false), page(true)));

        QueueStatistics statistics = new QueueCount(
                        queue(),
                        new DynamoDbErrors("customers", "DynamoDB table pending"),
                        new Deadline(Duration.ofMillis(30)))
                .read(List.of("customers#0"));

        assertThat(statistics.oldest()).contains(Instant.parse("2026-01-01T00:00:00Z"));
        assertThat(statistics.depth()).isEqualTo(1);
        assertThat(calls).hasSize(4).last().matches(CompletableFuture::isCancelled);
    }

    @Test
    void aDiscardOfWhatIsParkedAbortsTheDelete() {
        CompletableFuture<?> discard = queue().discardParked(Map.of("record_key", AttributeValue.fromS("k")));
        calls.get(0)
                .complete(GetItemResponse.builder()
                        .item(Map.of(
                                "parked_at", AttributeValue.fromN("1"), "pending_version", AttributeValue.fromN("1")))
                        .build());
        assertThat(calls).hasSize(2);

        discard.cancel(true);

        assertThat(calls).last().matches(CompletableFuture::isCancelled);
    }
}
