package io.github.dualwrite.dynamodb;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The entries of all shards, read once from the table itself: what has become pending is there whichever index it is in, and a strongly
 * consistent read shows what was acknowledged before.
 *
 * <p>Of a long queue no more is read than the limit and a small page for each request that is under way: each request takes what it asks for
 * out of the room that there is, and gives back what it did not find. The shards are read in an order of chance, so that no few of them bear it all.
 */
final class AllEntries {

    /** A page of so many costs a read unit or two, and one of a single entry costs one. */
    private static final int SMALLEST_PAGE = 10;

    private final QueueCalls calls;
    private final int limit;
    private final AtomicLong room;
    private final Queue<Map<String, AttributeValue>> found = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();

    AllEntries(QueueCalls calls, int limit) {
        this.calls = calls;
        this.limit = limit;
        this.room = new AtomicLong(limit + 1L);
    }

    /**
     * One request for each shard, as a rule: a page has room for twice a shard's part of the limit.
     *
     * @return empty if there are more than the limit; then reading ends early
     */
    CompletableFuture<Optional<List<Map<String, AttributeValue>>>> read(List<String> shards) {
        List<String> order = new ArrayList<>(shards);
        Collections.shuffle(order);
        long page = Math.max(SMALLEST_PAGE, 2L * limit / shards.size());
        return Calls.answer(
                () -> calls.each(order, shard -> read(shard, Map.of(), page)),
                read -> tooMany() ? Optional.empty() : Optional.of(List.copyOf(found)),
                DynamoDbErrors::asIs);
    }

    private boolean tooMany() {
        return count.get() > limit;
    }

    private CompletableFuture<Boolean> read(String shard, Map<String, AttributeValue> from, long page) {
        if (tooMany()) {
            return CompletableFuture.completedFuture(false);
        }
        int size = size(page, room.getAndUpdate(left -> left - size(page, left)));
        return Calls.then(calls.keys(shard, from, size), response -> {
            found.addAll(response.items());
            count.addAndGet(response.items().size());
            room.addAndGet(size - response.items().size());
            return response.hasLastEvaluatedKey()
                    ? read(shard, response.lastEvaluatedKey(), page)
                    : CompletableFuture.completedFuture(true);
        });
    }

    private int size(long page, long left) {
        return (int) Math.min(limit + 1L, Math.max(SMALLEST_PAGE, Math.min(page, left)));
    }
}
