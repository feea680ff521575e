package io.github.dualwrite.dynamodb;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Predicate;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.Select;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/** The calls that {@link DynamoDbJobs} is made of: those of the queue, and queries of one partition. Safe for use by many threads. */
final class JobCalls {

    /** So many entries are counted anew each time. */
    private static final int FEW = 100;

    /** So many are counted at the most. */
    static final long MOST_COUNTED = 100_000;

    private static final String IS_THERE = "attribute_exists(record_key)";

    private static final Duration COUNT_INTERVAL = Duration.ofSeconds(10);

    private record Counted(AtomicLong count, long at) {

        boolean isFresh(long now) {
            return now - at < COUNT_INTERVAL.toNanos();
        }
    }

    private final Map<String, Counted> counted = new ConcurrentHashMap<>();
    private final String table;
    private final QueueCalls entries;

    JobCalls(String table, QueueCalls entries) {
        this.table = table;
        this.entries = entries;
    }

    Optional<Map<String, AttributeValue>> get(Map<String, AttributeValue> key, Deadline deadline) {
        return deadline.await(entries.get(key));
    }

    /** Changes an entry; whether the condition held, or had when an attempt was made whose answer was lost. */
    boolean update(
            Map<String, AttributeValue> key,
            String expression,
            String condition,
            Map<String, AttributeValue> values,
            Predicate<Map<String, AttributeValue>> done,
            Deadline deadline) {
        return deadline.await(entries.update(key, expression, condition, values, done));
    }

    /** Changes an entry; whether the condition held, or the entry is {@code done} all the same. */
    boolean bring(
            Map<String, AttributeValue> key,
            String expression,
            String condition,
            Map<String, AttributeValue> values,
            Predicate<Map<String, AttributeValue>> done,
            Deadline deadline) {
        return deadline.await(entries.bring(key, expression, condition, values, done));
    }

    /** Writes an entry that nobody else would write, if it is not there: a request that comes late changes nothing any more. */
    CompletableFuture<Boolean> create(
            Map<String, AttributeValue> key, String expression, Map<String, AttributeValue> values) {
        return entries.update(key, expression, "attribute_not_exists(record_key)", values, old -> true);
    }

    /** Writes an entry, whether it is there or not. */
    CompletableFuture<Boolean> note(
            Map<String, AttributeValue> key, String expression, Map<String, AttributeValue> values) {
        return entries.once(TransactWriteItem.builder()
                .update(update -> update.tableName(table)
                        .key(key)
                        .updateExpression(expression)
                        .expressionAttributeValues(values))
                .build());
    }

    /** Deletes an entry that may be written again. */
    CompletableFuture<Boolean> settle(Map<String, AttributeValue> key) {
        return Calls.answer(
                () -> entries.once(TransactWriteItem.builder()
                        .delete(delete -> delete.tableName(table).key(key).conditionExpression(IS_THERE))
                        .build()),
                deleted -> {
                    Counted before = counted.get(
                            QueueTable.present(key, QueueTable.SHARD).s());
                    if (deleted && before != null) {
                        before.count().decrementAndGet();
                    }
                    return deleted;
                },
                DynamoDbErrors::asIs);
    }

    CompletableFuture<Boolean> delete(Map<String, AttributeValue> key) {
        return entries.delete(key, IS_THERE, Map.of(), entries::isGone);
    }

    boolean delete(
            Map<String, AttributeValue> key, String condition, Map<String, AttributeValue> values, Deadline deadline) {
        return deadline.await(entries.delete(key, condition, values, entries::isGone));
    }

    /** How many of them said yes. */
    <E> int each(List<E> elements, Function<E, CompletableFuture<Boolean>> call, Deadline deadline) {
        return (int) deadline.await(entries.each(elements, call)).stream()
                .filter(yes -> yes)
                .count();
    }

    /** Takes an entry that is due as it was seen; empty if somebody was quicker. */
    Optional<Map<String, AttributeValue>> claim(
            Map<String, AttributeValue> seen, UUID lease, Instant until, Deadline deadline) {
        Queue<Map<String, AttributeValue>> taken = new ConcurrentLinkedQueue<>();
        boolean unused = deadline.await(entries.claim(List.of(seen), lease, until, taken::add));
        return Optional.ofNullable(taken.peek());
    }

    /** Keys and due times of entries that are due, the longest due first. */
    List<Map<String, AttributeValue>> due(String partition, Instant now, int limit, Deadline deadline) {
        return deadline.await(entries.query(QueryRequest.builder()
                        .tableName(table)
                        .indexName(QueueTable.DUE_INDEX)
                        .consistentRead(true)
                        .keyConditionExpression("queue_shard = :partition AND due_at <= :now")
                        .expressionAttributeValues(
                                Map.of(":partition", AttributeValue.fromS(partition), ":now", QueueTable.time(now)))
                        .limit(limit)
                        .build()))
                .items();
    }

    /** The entries of a kind, or with an empty prefix of every kind, in the order of their sort keys, at most so many. */
    List<Map<String, AttributeValue>> entries(String partition, String prefix, int limit, Deadline deadline) {
        return entries(partition, prefix, Map.of(), limit, deadline);
    }

    /** The same from behind an entry, whose key is given. */
    List<Map<String, AttributeValue>> entries(
            String partition, String prefix, Map<String, AttributeValue> after, int limit, Deadline deadline) {
        List<Map<String, AttributeValue>> found = new ArrayList<>();
        Map<String, AttributeValue> from = after;
        while (found.size() < limit) {
            QueryResponse page = deadline.await(entries.query(ofKind(partition, prefix)
                    .limit(limit - found.size())
                    .exclusiveStartKey(from.isEmpty() ? null : from)
                    .build()));
            found.addAll(page.items());
            if (!page.hasLastEvaluatedKey()) {
                break;
            }
            from = page.lastEvaluatedKey();
        }
        return found;
    }

    /**
     * How many entries of a kind there are in a partition: exactly, as long as they are few. Many are counted now and then, less what this process
     * has deleted since, and not beyond {@link #MOST_COUNTED}, for it is asked before every verb of a job and once a second.
     */
    long count(String partition, String prefix, Deadline deadline) {
        QueryResponse first = deadline.await(entries.query(
                ofKind(partition, prefix).select(Select.COUNT).limit(FEW).build()));
        if (!first.hasLastEvaluatedKey()) {
            return first.count();
        }
        Counted before = counted.get(partition);
        if (before != null && before.isFresh(System.nanoTime())) {
            return Math.max(first.count() + 1, before.count().get());
        }
        long count = first.count();
        Map<String, AttributeValue> from = first.lastEvaluatedKey();
        while (!from.isEmpty() && count < MOST_COUNTED) {
            QueryResponse page = deadline.await(entries.query(ofKind(partition, prefix)
                    .select(Select.COUNT)
                    .exclusiveStartKey(from)
                    .build()));
            count += page.count();
            from = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : Map.of();
        }
        long now = System.nanoTime();
        counted.values().removeIf(old -> !old.isFresh(now)); // a job that begins anew has a partition of its own
        counted.put(partition, new Counted(new AtomicLong(count), now));
        return count;
    }

    private QueryRequest.Builder ofKind(String partition, String prefix) {
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":partition", AttributeValue.fromS(partition));
        if (!prefix.isEmpty()) {
            values.put(":prefix", AttributeValue.fromS(prefix));
        }
        return QueryRequest.builder()
                .tableName(table)
                .consistentRead(true)
                .keyConditionExpression(
                        "queue_shard = :partition" + (prefix.isEmpty() ? "" : " AND begins_with(record_key, :prefix)"))
                .expressionAttributeValues(values);
    }
}
