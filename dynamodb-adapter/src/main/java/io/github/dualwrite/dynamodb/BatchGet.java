package io.github.dualwrite.dynamodb;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException;

/**
 * Reads items strongly consistent: in requests of 100 distinct keys, several at once, each repeated with growing pauses for the
 * keys that DynamoDB leaves unprocessed in an otherwise successful answer. Reads of an authority are repeated also if they fail in a way
 * that may pass; those of a follower are not, so that its circuit breaker sees them.
 */
final class BatchGet {

    private static final int KEYS_PER_REQUEST = 100;
    private static final int ATTEMPTS = 8;
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final int concurrency;
    private final List<String> attributes;
    private final Predicate<Throwable> repeated;
    private final @Nullable Duration longest;

    private BatchGet(
            DynamoDbAsyncClient client,
            String table,
            int concurrency,
            List<String> attributes,
            Predicate<Throwable> repeated,
            @Nullable Duration longest) {
        this.client = client;
        this.table = table;
        this.concurrency = concurrency;
        this.attributes = attributes;
        this.repeated = repeated;
        this.longest = longest;
    }

    /** Reads of a follower's table, all attributes. */
    static BatchGet ofFollower(DynamoDbAsyncClient client, String table, int concurrency) {
        return new BatchGet(client, table, concurrency, List.of(), error -> false, null);
    }

    /**
     * Reads of an authority's table.
     *
     * @param attributes which attributes to read; empty for all
     * @param timeout that of the store: so long may a request take that is repeated, whatever the client allows, for one that is slow would
     *     not end within the client's time the next time either
     */
    static BatchGet ofAuthority(
            DynamoDbAsyncClient client,
            String table,
            int concurrency,
            List<String> attributes,
            Duration timeout,
            DynamoDbErrors errors) {
        return new BatchGet(client, table, concurrency, attributes, errors::retryable, timeout);
    }

    /**
     * The items that exist under the given keys, in no particular order.
     *
     * @param keys distinct
     */
    CompletableFuture<List<Map<String, AttributeValue>>> start(Collection<Map<String, AttributeValue>> keys) {
        List<Map<String, AttributeValue>> all = List.copyOf(keys);
        List<List<Map<String, AttributeValue>>> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += KEYS_PER_REQUEST) {
            chunks.add(all.subList(from, Math.min(all.size(), from + KEYS_PER_REQUEST)));
        }
        return Calls.answer(
                () -> InFlight.run(chunks, concurrency, this::chunk, BatchGet::settle),
                found -> {
                    List<Map<String, AttributeValue>> items = new ArrayList<>();
                    found.forEach(items::addAll);
                    return items;
                },
                DynamoDbErrors::asIs);
    }

    private static <T> T settle(Object chunk, @Nullable T answer, @Nullable Throwable error) {
        if (answer == null) {
            throw error == null ? new IllegalStateException("no answer") : DynamoDbErrors.asIs(error);
        }
        return answer;
    }

    private CompletableFuture<List<Map<String, AttributeValue>>> chunk(List<Map<String, AttributeValue>> keys) {
        CompletableFuture<List<Map<String, AttributeValue>>> result = new CompletableFuture<>();
        attempt(keys, 1, new ArrayList<>(), result);
        return result;
    }

    private void attempt(
            Collection<Map<String, AttributeValue>> keys,
            int attempt,
            List<Map<String, AttributeValue>> found,
            CompletableFuture<List<Map<String, AttributeValue>>> result) {
        if (result.isDone()) {
            return;
        }
        try {
            CompletableFuture<BatchGetItemResponse> call = client.batchGetItem(request(keys, attempt));
            Calls.cancelTogether(result, call);
            CompletableFuture<?> unused = call.whenComplete((response, error) -> {
                if (error != null) {
                    if (attempt < ATTEMPTS && repeated.test(error)) {
                        later(attempt).execute(() -> attempt(keys, attempt + 1, found, result));
                    } else {
                        result.completeExceptionally(error);
                    }
                    return;
                }
                try {
                    take(response, attempt, found, result);
                } catch (Throwable e) { // whatever it is, the future must end
                    result.completeExceptionally(e);
                }
            });
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
    }

    private void take(
            BatchGetItemResponse response,
            int attempt,
            List<Map<String, AttributeValue>> found,
            CompletableFuture<List<Map<String, AttributeValue>>> result) {
        found.addAll(ofTable(response.responses()).orElse(List.of()));
        List<Map<String, AttributeValue>> unprocessed =
                ofTable(response.unprocessedKeys()).map(KeysAndAttributes::keys).orElse(List.of());
        if (unprocessed.isEmpty()) {
            result.complete(found);
        } else if (attempt == ATTEMPTS) {
            result.completeExceptionally(leftUnprocessed());
        } else {
            later(attempt).execute(() -> attempt(unprocessed, attempt + 1, found, result));
        }
    }

    /**
     * What is said of the table, which is the only one that was asked about. One of the two may call it by its name and the other by its ARN; what is
     * said of any other table must not be taken for nothing.
     */
    private <T> Optional<T> ofTable(Map<String, T> said) {
        for (String name : said.keySet()) {
            if (!name.equals(table) && !name.endsWith("/" + table) && !table.endsWith("/" + name)) {
                throw new IllegalStateException(
                        "DynamoDB was asked about table " + table + " and answers about " + name);
            }
        }
        return said.values().stream().findFirst();
    }

    /** What DynamoDB answers itself if it processes none of the keys. */
    private static RuntimeException leftUnprocessed() {
        return ProvisionedThroughputExceededException.builder()
                .message("BatchGetItem left keys unprocessed " + ATTEMPTS + " times")
                .statusCode(400)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode("ProvisionedThroughputExceededException")
                        .build())
                .build();
    }

    private BatchGetItemRequest request(Collection<Map<String, AttributeValue>> keys, int attempt) {
        KeysAndAttributes.Builder wanted =
                KeysAndAttributes.builder().keys(keys).consistentRead(true);
        if (!attributes.isEmpty()) {
            Map<String, String> names = new LinkedHashMap<>();
            attributes.forEach(attribute -> names.put("#a" + names.size(), attribute));
            wanted.projectionExpression(String.join(",", names.keySet())).expressionAttributeNames(names);
        }
        BatchGetItemRequest.Builder request = BatchGetItemRequest.builder().requestItems(Map.of(table, wanted.build()));
        if (attempt > 1 && longest != null) {
            request.overrideConfiguration(Calls.allowing(longest));
        }
        return request.build();
    }

    private static Executor later(int attempt) {
        long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << attempt);
        long jittered = ThreadLocalRandom.current().nextLong(pause / 2, pause + 1);
        return CompletableFuture.delayedExecutor(jittered, TimeUnit.MILLISECONDS);
    }
}
