package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.ScanPage.Scanned;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;

/**
 * Takes a baseline: items without a version, which is lower than every version (DW-2), each on the condition that there is nothing under
 * its key, no record, no tombstone and no item of another kind.
 *
 * <ol>
 *   <li>Many records go out as {@link BaselineInserts}, 25 to a request.
 *   <li>What those do not answer for certain goes out as a conditional put of its own, which tells why a record cannot be
 *       stored. A single record goes out so at once, and all do if the client may not use PartiQL.
 * </ol>
 *
 * <p>If the client asked again after a lost answer, a refusal may come from our own item: it is there, either way.
 */
final class DynamoDbBaseline<K, V> implements Baseline<K, V> {

    private static final String IS_NOTHING = "attribute_not_exists(#key)";

    /** So many puts of one batch are in flight at once; the batches themselves are several. */
    private static final int PUTS_OF_A_BATCH = 4;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final int concurrency;
    private final BaselineInserts<K, V> inserts;
    private final DynamoDbErrors errors;
    private volatile boolean insertsAllowed = true;

    DynamoDbBaseline(
            DynamoDbAsyncClient client, String table, TableItems<K, V> items, int concurrency, DynamoDbErrors errors) {
        this.client = client;
        this.table = table;
        this.items = items;
        this.concurrency = concurrency;
        this.inserts = new BaselineInserts<>(client, table, items, errors);
        this.errors = errors;
    }

    @Override
    public CompletableFuture<List<ApplyResult>> store(List<Scanned<K, V>> records) {
        if (records.size() == 1 || !insertsAllowed) {
            return puts(records, concurrency);
        }
        List<List<Scanned<K, V>>> batches = new ArrayList<>();
        for (int from = 0; from < records.size(); from += BaselineInserts.MOST) {
            batches.add(records.subList(from, Math.min(records.size(), from + BaselineInserts.MOST)));
        }
        return Calls.answer(
                () -> InFlight.run(batches, concurrency, this::batch, DynamoDbBaseline::settled),
                results -> results.stream().flatMap(List::stream).toList(),
                DynamoDbErrors::asIs);
    }

    private CompletableFuture<List<ApplyResult>> batch(List<Scanned<K, V>> batch) {
        CompletableFuture<List<ApplyResult>> result = new CompletableFuture<>();
        CompletableFuture<List<BaselineInserts.Answer>> inserted = inserts.start(batch);
        Calls.cancelTogether(result, inserted);
        CompletableFuture<?> unused = inserted.whenComplete((answers, error) -> {
            if (error != null) {
                result.completeExceptionally(error);
                return;
            }
            List<Scanned<K, V>> rest = new ArrayList<>();
            for (int i = 0; i < batch.size(); i++) {
                if (answers.get(i).result() == null) {
                    rest.add(batch.get(i));
                    if (answers.get(i).denied()) {
                        insertsAllowed = false;
                    }
                }
            }
            CompletableFuture<List<ApplyResult>> puts = puts(rest, PUTS_OF_A_BATCH);
            Calls.cancelTogether(result, puts);
            CompletableFuture<?> ignored = puts.whenComplete((results, failure) -> {
                if (failure != null) {
                    result.completeExceptionally(failure);
                } else {
                    result.complete(merged(answers, results));
                }
            });
        });
        return result;
    }

    private static List<ApplyResult> merged(List<BaselineInserts.Answer> answers, List<ApplyResult> results) {
        List<ApplyResult> all = new ArrayList<>(answers.size());
        int next = 0;
        for (BaselineInserts.Answer answer : answers) {
            ApplyResult known = answer.result();
            all.add(known == null ? results.get(next++) : known);
        }
        return all;
    }

    private static <T> T settled(Object batch, @Nullable T answer, @Nullable Throwable error) {
        if (answer == null) {
            throw error == null ? new IllegalStateException("no answer") : DynamoDbErrors.asIs(error);
        }
        return answer;
    }

    private CompletableFuture<List<ApplyResult>> puts(List<Scanned<K, V>> records, int atOnce) {
        return InFlight.run(records, atOnce, this::put, this::settle);
    }

    private CompletableFuture<PutItemResponse> put(Scanned<K, V> record) {
        Map<String, AttributeValue> item = RecordException.guard(() -> items.unversioned(record.key(), record.value()));
        return client.putItem(PutItemRequest.builder()
                .tableName(table)
                .item(item)
                .conditionExpression(IS_NOTHING)
                .expressionAttributeNames(Map.of("#key", items.mapping().partitionKey()))
                .build());
    }

    private ApplyResult settle(Scanned<K, V> record, @Nullable PutItemResponse answer, @Nullable Throwable error) {
        if (error == null) {
            return ApplyResult.applied();
        }
        return DynamoDbErrors.unwrap(error) instanceof ConditionalCheckFailedException
                ? ApplyResult.superseded()
                : errors.applyFailure(record.key(), error);
    }
}
