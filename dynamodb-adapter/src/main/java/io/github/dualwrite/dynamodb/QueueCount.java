package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.QueueStatistics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/**
 * How old and how full the queue is. For one thread and one look.
 *
 * <ol>
 *   <li><b>The age</b>: the first entry of every shard. It comes before all counting: an entry that is parked meanwhile was seen then.
 *   <li><b>The first keys</b> of every shard: of pending writes where there are any, then of parked ones. A few are counted exactly with that, and
 *       neither number is zero if there are some.
 *   <li><b>The rest</b>, up to {@link #MOST_COUNTED} and as far as there is time for it. Where that
 *       does not do, at least so many are pending, and the age is told all the same. Pending writes are counted eventually consistent, at half the
 *       price; parked ones are not: who has read them all tells by their number that none is missing (DW-5).
 * </ol>
 */
final class QueueCount {

    /** So many pending writes are counted at the most, and as many parked ones; and a page more for each shard. */
    static final long MOST_COUNTED = 1_000_000;

    private static final Logger log = LoggerFactory.getLogger(QueueCount.class);

    /** So many keys cost a few read units. */
    private static final int FEW = 100;

    private final QueueCalls calls;
    private final DynamoDbErrors errors;
    private final Deadline deadline;

    QueueCount(QueueCalls calls, DynamoDbErrors errors, Deadline deadline) {
        this.calls = calls;
        this.errors = errors;
        this.deadline = deadline;
    }

    /** Where the keys of a shard in an index are counted next, and with those of which shards. */
    private record Rest(String index, ShardPage.Cursor cursor, AtomicLong count) {}

    QueueStatistics read(List<String> shards) {
        Map<String, Instant> oldest = deadline.await(calls.oldest(shards));
        List<Rest> rest = new ArrayList<>();
        AtomicLong depth = first(QueueTable.SINCE_INDEX, oldest.keySet(), rest);
        AtomicLong parked = first(QueueTable.PARKED_INDEX, shards, rest);
        try {
            List<?> unused = deadline.await(calls.each(rest, this::count));
        } catch (RuntimeException e) {
            if (!(e instanceof Deadline.NoAnswer) && !errors.retryable(e)) {
                throw e;
            }
            log.debug("there was no time to count all pending writes", ServiceCause.of(e));
        }
        return new QueueStatistics(
                depth.get(),
                parked.get(),
                oldest.values().stream().min(Instant::compareTo).orElse(null));
    }

    private AtomicLong first(String index, Collection<String> shards, List<Rest> rest) {
        AtomicLong count = new AtomicLong();
        for (Rest more : deadline.await(calls.each(
                List.copyOf(shards),
                shard -> counted(
                        new Rest(index, ShardPage.Cursor.beginning(shard), count),
                        calls.firstKeys(shard, index, FEW))))) {
            if (!more.cursor().from().isEmpty()) {
                rest.add(more);
            }
        }
        return count;
    }

    private CompletableFuture<Rest> count(Rest from) {
        return from.count().get() >= MOST_COUNTED
                ? CompletableFuture.completedFuture(from)
                : Calls.then(
                        counted(
                                from,
                                calls.moreKeys(
                                        from.cursor(),
                                        from.index(),
                                        from.index().equals(QueueTable.PARKED_INDEX))),
                        next -> next.cursor().from().isEmpty() ? CompletableFuture.completedFuture(next) : count(next));
    }

    private static CompletableFuture<Rest> counted(Rest from, CompletableFuture<QueryResponse> page) {
        return Calls.answer(
                () -> page,
                response -> {
                    from.count().addAndGet(response.count());
                    return new Rest(
                            from.index(),
                            new ShardPage.Cursor(
                                    from.cursor().shard(),
                                    response.hasLastEvaluatedKey() ? response.lastEvaluatedKey() : Map.of()),
                            from.count());
                },
                DynamoDbErrors::asIs);
    }
}
