package io.github.dualwrite.dynamodb;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.Select;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/** The calls that {@link DynamoDbQueue} is made of. A failed condition is an answer. Safe for use by many threads. */
final class QueueCalls {

    private static final String RETRY =
            "SET due_at = :now, pending_since = parked_since REMOVE parked_at, parked_since";
    private static final String IS_PARKED = "attribute_exists(parked_at)";

    private final DynamoDbAsyncClient client;
    private final String table;
    private final int concurrency;
    private final BatchGet entries;
    private final DynamoDbErrors errors;

    QueueCalls(DynamoDbAsyncClient client, String table, int concurrency, BatchGet entries, DynamoDbErrors errors) {
        this.client = client;
        this.table = table;
        this.concurrency = concurrency;
        this.entries = entries;
        this.errors = errors;
    }

    <E, R> CompletableFuture<List<R>> each(List<E> elements, Function<E, CompletableFuture<R>> call) {
        return InFlight.run(elements, concurrency, call, QueueCalls::settle);
    }

    private static <R> R settle(Object element, @Nullable R answer, @Nullable Throwable error) {
        if (answer == null) {
            throw error == null ? new IllegalStateException("no answer") : DynamoDbErrors.asIs(error);
        }
        return answer;
    }

    CompletableFuture<List<Map<String, AttributeValue>>> entries(Collection<Map<String, AttributeValue>> keys) {
        return entries.start(keys);
    }

    CompletableFuture<Optional<Map<String, AttributeValue>>> get(Map<String, AttributeValue> key) {
        return Calls.answer(
                () -> Retry.start(
                        () -> client.getItem(
                                request -> request.tableName(table).key(key).consistentRead(true)),
                        errors::retryable,
                        errors),
                end -> end.orThrow().hasItem() ? Optional.of(end.orThrow().item()) : Optional.empty(),
                DynamoDbErrors::asIs);
    }

    /**
     * Changes an entry.
     *
     * @param done whether the entry, found when the condition failed, is what an earlier attempt of this call made of it
     * @return whether the condition held
     */
    CompletableFuture<Boolean> update(
            Map<String, AttributeValue> key,
            String expression,
            String condition,
            Map<String, AttributeValue> values,
            Predicate<Map<String, AttributeValue>> done) {
        return Calls.answer(
                () -> tryUpdate(key, expression, condition, values), end -> held(end, done), DynamoDbErrors::asIs);
    }

    /**
     * Changes an entry.
     *
     * @param done whether the entry, found when the condition failed, is what this call would have, whoever has brought it about
     * @return whether it is
     */
    CompletableFuture<Boolean> bring(
            Map<String, AttributeValue> key,
            String expression,
            String condition,
            Map<String, AttributeValue> values,
            Predicate<Map<String, AttributeValue>> done) {
        return Calls.answer(
                () -> tryUpdate(key, expression, condition, values), end -> heldOr(end, done), DynamoDbErrors::asIs);
    }

    private CompletableFuture<Retry.End<UpdateItemResponse>> tryUpdate(
            Map<String, AttributeValue> key, String expression, String condition, Map<String, AttributeValue> values) {
        return Retry.startPatiently(
                () -> client.updateItem(update(key, expression, condition, values)), errors::retryable, errors);
    }

    /** Deletes an entry and tells whether the condition held. */
    CompletableFuture<Boolean> delete(
            Map<String, AttributeValue> key,
            String condition,
            Map<String, AttributeValue> values,
            Predicate<Map<String, AttributeValue>> done) {
        return Calls.answer(
                () -> Retry.startPatiently(
                        () -> client.deleteItem(delete(key, condition, values)), errors::retryable, errors),
                end -> held(end, done),
                DynamoDbErrors::asIs);
    }

    /**
     * Makes one change as a transaction with a token: a request that comes late, after it was repeated, changes nothing any more. Tells whether the
     * condition held.
     */
    CompletableFuture<Boolean> once(TransactWriteItem change) {
        TransactWriteItemsRequest request = TransactWriteItemsRequest.builder()
                .transactItems(change)
                .clientRequestToken(UUID.randomUUID().toString())
                .build();
        return Calls.answer(
                () -> Retry.startPatiently(() -> client.transactWriteItems(request), errors::retryable, errors),
                end -> {
                    if (end.error() instanceof TransactionCanceledException refusal
                            && Cancellations.byCondition(refusal)) {
                        return false;
                    }
                    end.orThrow();
                    return true;
                },
                DynamoDbErrors::asIs);
    }

    /** An entry that was there before a delete, and is not there now. */
    boolean isGone(Map<String, AttributeValue> old) {
        return old.isEmpty();
    }

    private static boolean held(Retry.End<?> end, Predicate<Map<String, AttributeValue>> done) {
        return heldOr(end, old -> end.unsure() && done.test(old));
    }

    private static boolean heldOr(Retry.End<?> end, Predicate<Map<String, AttributeValue>> done) {
        if (end.error() == null) {
            return true;
        }
        if (end.error() instanceof ConditionalCheckFailedException refusal) {
            return done.test(refusal.hasItem() ? refusal.item() : Map.of());
        }
        if (Cancellations.conflict(end.error())) {
            return false; // somebody writes this key all the time; what is left undone is done by the next
        }
        throw DynamoDbErrors.asIs(end.error());
    }

    /**
     * Takes entries that are as they were seen; leaves out the others. An entry that fails does not keep the others from being
     * taken.
     *
     * @param taken gets each entry that is taken, as it is then, at once and from any thread: it holds also if the whole fails
     * @return fails with the first error, after all entries have been tried
     */
    CompletableFuture<Boolean> claim(
            List<Map<String, AttributeValue>> seen,
            UUID lease,
            Instant until,
            Consumer<Map<String, AttributeValue>> taken) {
        AttributeValue holder = AttributeValue.fromS(lease.toString());
        Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        return Calls.answer(
                () -> each(
                        seen,
                        entry -> Calls.answer(
                                () -> Retry.start(
                                        () -> client.updateItem(claim(entry, holder, until)),
                                        error -> errors.retryable(error) && !Cancellations.conflict(error),
                                        errors),
                                end -> {
                                    try {
                                        claimed(end, holder).ifPresent(taken);
                                    } catch (RuntimeException e) {
                                        failures.add(e);
                                    }
                                    return true;
                                },
                                DynamoDbErrors::asIs)),
                all -> {
                    RuntimeException first = failures.peek();
                    if (first != null) {
                        throw first;
                    }
                    return true;
                },
                DynamoDbErrors::asIs);
    }

    private static UpdateItemRequest.Builder base(String table, Map<String, AttributeValue> key) {
        return UpdateItemRequest.builder()
                .tableName(table)
                .key(key)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
    }

    private UpdateItemRequest claim(Map<String, AttributeValue> entry, AttributeValue holder, Instant until) {
        return base(table, QueueTable.keyOf(entry))
                .updateExpression("SET due_at = :until, lease_id = :lease")
                .conditionExpression("due_at = :seen")
                .expressionAttributeValues(Map.of(
                        ":until", QueueTable.time(until),
                        ":lease", holder,
                        ":seen", QueueTable.present(entry, QueueTable.DUE)))
                .returnValues(ReturnValue.ALL_NEW)
                .build();
    }

    private Optional<Map<String, AttributeValue>> claimed(Retry.End<UpdateItemResponse> end, AttributeValue holder) {
        UpdateItemResponse answer = end.answer();
        if (answer != null) {
            return Optional.of(answer.attributes());
        }
        if (end.error() instanceof ConditionalCheckFailedException refusal) {
            return end.unsure()
                            && refusal.hasItem()
                            && holder.equals(refusal.item().get(QueueTable.LEASE))
                    ? Optional.of(refusal.item())
                    : Optional.empty();
        }
        if (Cancellations.conflict(Objects.requireNonNull(end.error())) || errors.retryable(end.error())) {
            return Optional
                    .empty(); // it is being written now, or throttled: what could be claimed must not be lost for that
        }
        throw DynamoDbErrors.asIs(end.error());
    }

    /**
     * One page of each cursor's shard: entries that are due. A shard that is throttled or does not answer keeps no other from being claimed: it
     * has no entries then, and no next page.
     *
     * @param failed gets the error of each such shard, from any thread
     */
    CompletableFuture<List<ShardPage>> due(
            List<ShardPage.Cursor> cursors, Instant now, int size, Consumer<RuntimeException> failed) {
        return InFlight.run(
                cursors,
                concurrency,
                cursor -> page(
                        cursor,
                        shard(cursor.shard(), QueueTable.DUE_INDEX, "due_at <= :now", QueueTable.time(now))
                                .consistentRead(false) // a hint is enough, at half the price
                                .limit(size),
                        this::quickQuery),
                (cursor, page, error) -> {
                    if (error == null || !errors.retryable(error)) {
                        return settle(cursor, page, error);
                    }
                    failed.accept(DynamoDbErrors.asIs(error));
                    return new ShardPage(ShardPage.Cursor.beginning(cursor.shard()), List.of());
                });
    }

    /** One page of each cursor's shard: entries that are parked, the longest parked first. */
    CompletableFuture<List<ShardPage>> parked(List<ShardPage.Cursor> cursors, int size) {
        return pages(
                cursors,
                cursor -> shard(cursor.shard(), QueueTable.PARKED_INDEX).limit(size));
    }

    /** Keys and times of entries that are parked, as far as they were parked by {@code last}; one page. */
    CompletableFuture<List<ShardPage>> parkedKeys(ShardPage.Cursor cursor, AttributeValue last, int size) {
        return pages(
                List.of(cursor),
                of -> shard(of.shard(), QueueTable.PARKED_INDEX, "parked_at <= :now", last)
                        .projectionExpression("queue_shard, record_key, parked_at")
                        .limit(size));
    }

    /** Of each shard that has parked entries the one that was parked last. */
    CompletableFuture<List<Map<String, AttributeValue>>> lastParked(List<String> shards) {
        return Calls.answer(
                () -> pages(
                        shards.stream().map(ShardPage.Cursor::beginning).toList(),
                        cursor -> shard(cursor.shard(), QueueTable.PARKED_INDEX)
                                .projectionExpression("queue_shard, record_key, parked_at")
                                .scanIndexForward(false)
                                .limit(1)),
                pages -> pages.stream().flatMap(page -> page.entries().stream()).toList(),
                DynamoDbErrors::asIs);
    }

    private CompletableFuture<List<ShardPage>> pages(
            List<ShardPage.Cursor> cursors, Function<ShardPage.Cursor, QueryRequest.Builder> request) {
        return each(cursors, cursor -> page(cursor, request.apply(cursor), this::query));
    }

    private CompletableFuture<ShardPage> page(
            ShardPage.Cursor cursor,
            QueryRequest.Builder request,
            Function<QueryRequest, CompletableFuture<QueryResponse>> query) {
        return Calls.answer(
                () -> query.apply(request.exclusiveStartKey(cursor.from().isEmpty() ? null : cursor.from())
                        .build()),
                response -> new ShardPage(
                        new ShardPage.Cursor(
                                cursor.shard(),
                                response.hasLastEvaluatedKey() ? response.lastEvaluatedKey() : Map.of()),
                        response.items()),
                DynamoDbErrors::asIs);
    }

    /** Repeated for about a second if it fails in a way that may pass: without this answer there is none to the whole. */
    CompletableFuture<QueryResponse> query(QueryRequest request) {
        return Calls.answer(
                () -> Retry.startPatiently(() -> client.query(request), errors::retryable, errors),
                Retry.End::orThrow,
                DynamoDbErrors::asIs);
    }

    private CompletableFuture<QueryResponse> quickQuery(QueryRequest request) {
        return Calls.answer(
                () -> Retry.start(() -> client.query(request), errors::retryable, errors),
                Retry.End::orThrow,
                DynamoDbErrors::asIs);
    }

    private QueryRequest.Builder shard(String shard, String index, String range, AttributeValue now) {
        return shard(shard, index)
                .keyConditionExpression("queue_shard = :shard AND " + range)
                .expressionAttributeValues(Map.of(":shard", AttributeValue.fromS(shard), ":now", now));
    }

    private QueryRequest.Builder shard(String shard, String index) {
        return QueryRequest.builder()
                .tableName(table)
                .indexName(index)
                .consistentRead(true)
                .keyConditionExpression("queue_shard = :shard")
                .expressionAttributeValues(Map.of(":shard", AttributeValue.fromS(shard)));
    }

    /** A page of the keys of a shard's entries, from the table itself. */
    CompletableFuture<QueryResponse> keys(String shard, Map<String, AttributeValue> from, int size) {
        return query(QueryRequest.builder()
                .tableName(table)
                .consistentRead(true)
                .keyConditionExpression("queue_shard = :shard")
                .expressionAttributeValues(Map.of(":shard", AttributeValue.fromS(shard)))
                .projectionExpression("queue_shard, record_key, record_key_attributes")
                .limit(size)
                .exclusiveStartKey(from.isEmpty() ? null : from)
                .build());
    }

    CompletableFuture<Boolean> retryParked(Map<String, AttributeValue> key, Instant now) {
        return Calls.answer(
                () -> Retry.start(
                        () -> client.updateItem(update(key, RETRY, IS_PARKED, Map.of(":now", QueueTable.time(now)))),
                        error -> errors.retryable(error) && !Cancellations.conflict(error),
                        errors),
                end -> held(end, old -> QueueTable.time(now).equals(old.get(QueueTable.DUE))),
                DynamoDbErrors::asIs);
    }

    /**
     * The entry that was deleted, if it was parked. Read before, so that a delete whose answer is lost tells what it has deleted; one that is
     * written meanwhile stays.
     */
    CompletableFuture<Optional<Map<String, AttributeValue>>> discardParked(Map<String, AttributeValue> key) {
        return Calls.then(get(key), entry -> {
            if (entry.isEmpty() || !entry.get().containsKey(QueueTable.PARKED_AT)) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            return Calls.answer(
                    () -> delete(
                            key,
                            IS_PARKED + " AND pending_version = :version",
                            Map.of(":version", QueueTable.present(entry.get(), QueueTable.VERSION)),
                            this::isGone),
                    done -> done ? entry : Optional.empty(),
                    DynamoDbErrors::asIs);
        });
    }

    private UpdateItemRequest update(
            Map<String, AttributeValue> key, String expression, String condition, Map<String, AttributeValue> values) {
        return base(table, key)
                .updateExpression(expression)
                .conditionExpression(condition)
                .expressionAttributeValues(values)
                .build();
    }

    private DeleteItemRequest delete(
            Map<String, AttributeValue> key, String condition, Map<String, AttributeValue> values) {
        return DeleteItemRequest.builder()
                .tableName(table)
                .key(key)
                .conditionExpression(condition)
                .expressionAttributeValues(values.isEmpty() ? null : values)
                .returnValues(ReturnValue.ALL_OLD)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .build();
    }

    /** Since when the oldest entry of each shard is pending that has one. */
    CompletableFuture<Map<String, Instant>> oldest(List<String> shards) {
        return Calls.answer(
                () -> each(
                        shards,
                        shard -> query(
                                shard(shard, QueueTable.SINCE_INDEX).limit(1).build())),
                answers -> answers.stream()
                        .flatMap(first -> first.items().stream())
                        .collect(Collectors.toMap(
                                entry -> QueueTable.present(entry, QueueTable.SHARD)
                                        .s(),
                                entry -> QueueTable.time(entry, QueueTable.SINCE))),
                DynamoDbErrors::asIs);
    }

    /** How many keys an index of a shard has, up to so many. */
    CompletableFuture<QueryResponse> firstKeys(String shard, String index, int most) {
        return query(shard(shard, index).select(Select.COUNT).limit(most).build());
    }

    /** How many more there are; one page. */
    CompletableFuture<QueryResponse> moreKeys(ShardPage.Cursor cursor, String index, boolean consistent) {
        return query(shard(cursor.shard(), index)
                .select(Select.COUNT)
                .consistentRead(consistent)
                .exclusiveStartKey(cursor.from())
                .build());
    }
}
