package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/** What a look at the whole queue reads, when no request is answered before as many are under way as may be. */
@Tag("DW-5")
class AllEntriesTest {

    private static final int CONCURRENCY = 32;

    private record Call(QueryRequest request, CompletableFuture<QueryResponse> answer) {

        String shard() {
            return request.expressionAttributeValues().get(":shard").s();
        }
    }

    private final Queue<Call> underWay = new ArrayDeque<>();
    private final List<String> asked = new ArrayList<>();
    private int inEachShard;
    private int entriesRead;

    private final DynamoDbAsyncClient client = (DynamoDbAsyncClient) Proxy.newProxyInstance(
            DynamoDbAsyncClient.class.getClassLoader(),
            new Class<?>[] {DynamoDbAsyncClient.class},
            (p, method, args) -> {
                Call call = new Call((QueryRequest) args[0], new CompletableFuture<>());
                underWay.add(call);
                asked.add(call.shard());
                return call.answer();
            });
    private final DynamoDbErrors errors = new DynamoDbErrors("customers", "DynamoDB table pending");
    private final QueueCalls calls = new QueueCalls(
            client,
            "pending",
            CONCURRENCY,
            BatchGet.ofAuthority(client, "pending", CONCURRENCY, List.of(), Duration.ofSeconds(1), errors),
            errors);

    private CompletableFuture<Optional<List<Map<String, AttributeValue>>>> read(int shards, int limit) {
        List<String> names =
                IntStream.range(0, shards).mapToObj(i -> "customers#" + i).toList();
        return new AllEntries(calls, limit).read(names);
    }

    private Optional<List<Map<String, AttributeValue>>> readToTheEnd(int shards, int limit) {
        CompletableFuture<Optional<List<Map<String, AttributeValue>>>> read = read(shards, limit);
        while (!read.isDone()) {
            answer(underWay.remove());
        }
        return read.join();
    }

    private void answer(Call call) {
        Map<String, AttributeValue> start = call.request().exclusiveStartKey();
        int from =
                start.isEmpty() ? 0 : Integer.parseInt(start.get("record_key").s());
        int to = Math.min(inEachShard, from + call.request().limit());
        entriesRead += to - from;
        QueryResponse.Builder response = QueryResponse.builder()
                .items(IntStream.range(from, to)
                        .mapToObj(i -> Map.of("record_key", AttributeValue.fromS(call.shard() + "|" + i)))
                        .toList());
        if (to - from == call.request().limit()) { // DynamoDB does not look whether there is one more
            response.lastEvaluatedKey(Map.of("record_key", AttributeValue.fromS(Integer.toString(to))));
        }
        call.answer().complete(response.build());
    }

    @Test
    void ofALongQueueHardlyMoreThanTheLimitIsRead() {
        inEachShard = 400;

        assertThat(readToTheEnd(128, 10_000)).isEmpty();

        assertThat(entriesRead).isBetween(10_001, 10_000 + 10 * CONCURRENCY);
    }

    @Test
    void withASmallLimitTheFirstRequestsReadASmallPageEach() {
        inEachShard = 50;

        assertThat(readToTheEnd(32, 100)).isEmpty();

        assertThat(entriesRead).isBetween(101, 100 + 10 * CONCURRENCY);
    }

    @Test
    void aQueueOfNineTenthsOfTheLimitIsReadWithOneRequestForEachShard() {
        inEachShard = 70;

        assertThat(readToTheEnd(128, 10_000))
                .hasValueSatisfying(
                        all -> assertThat(all).doesNotHaveDuplicates().hasSize(128 * 70));

        assertThat(asked).hasSize(128);
    }

    @Test
    void nothingIsMissedWhereShardsHaveMoreThanAPage() {
        inEachShard = 25;

        assertThat(readToTheEnd(4, 100))
                .hasValueSatisfying(
                        all -> assertThat(all).doesNotHaveDuplicates().hasSize(100));
        assertThat(readToTheEnd(4, 99)).isEmpty();
    }

    @Test
    void itIsNotAlwaysTheSameShardsThatAreReadFirst() {
        inEachShard = 400;
        List<List<String>> first = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            asked.clear();
            CompletableFuture<?> unused = read(128, 10_000);
            first.add(List.copyOf(asked));
        }

        assertThat(first).doesNotHaveDuplicates().allMatch(shards -> shards.size() == CONCURRENCY);
    }

    @Test
    @Tag("DW-4")
    void aLookThatIsCancelledStartsNoMorePages() {
        inEachShard = 400;
        CompletableFuture<?> read = read(4, 10_000);
        answer(underWay.remove());
        assertThat(asked).hasSize(4);
        inEachShard = 100_000;
        answer(underWay.remove());
        assertThat(asked).hasSize(5);

        read.cancel(true);

        assertThat(underWay).hasSize(3).allMatch(call -> call.answer().isCancelled());
        assertThat(asked).hasSize(5);
    }
}
