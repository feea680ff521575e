package io.github.dualwrite.dynamodb;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException;

/**
 * Reads many keys: in requests of 100 distinct keys, several at once, each repeated with growing pauses for the keys that
 * DynamoDB leaves unprocessed in an otherwise successful answer.
 */
final class BatchRead<K, V> {

    private static final int KEYS_PER_REQUEST = 100;
    private static final int ATTEMPTS = 8;
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final int concurrency;

    BatchRead(DynamoDbAsyncClient client, String table, TableItems<K, V> items, int concurrency) {
        this.client = client;
        this.table = table;
        this.items = items;
        this.concurrency = concurrency;
    }

    CompletableFuture<Map<K, V>> start(Collection<? extends K> keys) {
        Map<List<Object>, Set<K>> wanted = new HashMap<>(); // two keys may be stored as one
        Map<List<Object>, Map<String, AttributeValue>> distinct = new LinkedHashMap<>();
        for (K key : keys) {
            Map<String, AttributeValue> attributes = RecordException.guard(() -> items.key(key));
            List<Object> identity = items.identity(attributes);
            wanted.computeIfAbsent(identity, i -> new LinkedHashSet<>()).add(key);
            distinct.put(identity, attributes);
        }
        List<Map<String, AttributeValue>> all = List.copyOf(distinct.values());
        List<List<Map<String, AttributeValue>>> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += KEYS_PER_REQUEST) {
            chunks.add(all.subList(from, Math.min(all.size(), from + KEYS_PER_REQUEST)));
        }
        return Calls.answer(
                () -> InFlight.run(chunks, concurrency, this::chunk, BatchRead::settle),
                found -> records(found, wanted),
                BatchRead::asIs);
    }

    private Map<K, V> records(List<List<Map<String, AttributeValue>>> found, Map<List<Object>, Set<K>> wanted) {
        Map<K, V> records = new HashMap<>();
        for (List<Map<String, AttributeValue>> chunk : found) {
            for (Map<String, AttributeValue> item : chunk) {
                V value = RecordException.guard(() -> items.value(item));
                if (value != null) {
                    wanted.getOrDefault(items.identity(item), Set.of()).forEach(key -> records.put(key, value));
                }
            }
        }
        return records;
    }

    private static <T> T settle(Object chunk, @Nullable T answer, @Nullable Throwable error) {
        if (answer == null) {
            throw error == null ? new IllegalStateException("no answer") : asIs(error);
        }
        return answer;
    }

    private static RuntimeException asIs(Throwable error) {
        Throwable cause = DynamoDbErrors.unwrap(error);
        return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
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
            CompletableFuture<BatchGetItemResponse> call = client.batchGetItem(request(keys));
            Calls.cancelTogether(result, call);
            CompletableFuture<?> unused = call.whenComplete((response, error) -> {
                if (error != null) {
                    result.completeExceptionally(error);
                    return;
                }
                found.addAll(response.responses().getOrDefault(table, List.of()));
                KeysAndAttributes unprocessed = response.unprocessedKeys().get(table);
                if (unprocessed == null || unprocessed.keys().isEmpty()) {
                    result.complete(found);
                } else if (attempt == ATTEMPTS) {
                    result.completeExceptionally(leftUnprocessed());
                } else {
                    later(attempt).execute(() -> attempt(unprocessed.keys(), attempt + 1, found, result));
                }
            });
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
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

    private BatchGetItemRequest request(Collection<Map<String, AttributeValue>> keys) {
        return BatchGetItemRequest.builder()
                .requestItems(Map.of(
                        table,
                        KeysAndAttributes.builder()
                                .keys(keys)
                                .consistentRead(true)
                                .build()))
                .build();
    }

    private static Executor later(int attempt) {
        long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << attempt);
        long jittered = ThreadLocalRandom.current().nextLong(pause / 2, pause + 1);
        return CompletableFuture.delayedExecutor(jittered, TimeUnit.MILLISECONDS);
    }
}
