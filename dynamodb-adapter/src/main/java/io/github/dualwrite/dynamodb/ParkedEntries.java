package io.github.dualwrite.dynamodb;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The parked entries of all shards, the longest parked first. Holds one page of each shard, and reads a shard's next page when its last one is
 * used up. For one thread.
 */
final class ParkedEntries {

    private static final int SMALLEST_PAGE = 10;
    private static final int LARGEST_PAGE = 200;

    /** What is read of a shard and not given yet. */
    private static final class Head {

        private final int number;
        private final Queue<Map<String, AttributeValue>> entries;
        private final ShardPage.Cursor next;

        Head(int number, ShardPage page) {
            this.number = number;
            this.entries = new ArrayDeque<>(page.entries());
            this.next = page.next();
        }

        long parkedAt() {
            return QueueTable.number(entries.element(), QueueTable.PARKED_AT);
        }
    }

    private final QueueCalls calls;
    private final List<String> shards;
    private final int pageSize;
    private final Deadline deadline;
    private final PriorityQueue<Head> heads =
            new PriorityQueue<>(Comparator.comparingLong(Head::parkedAt).thenComparingInt(head -> head.number));

    /**
     * The entries of some shards.
     *
     * @param wanted about how many will be asked for
     */
    ParkedEntries(QueueCalls calls, List<String> shards, long wanted, Deadline deadline) {
        this.calls = calls;
        this.shards = shards;
        this.pageSize = (int) Math.min(LARGEST_PAGE, SMALLEST_PAGE + wanted / shards.size());
        this.deadline = deadline;
    }

    /** Leaves out the first {@code skipped} and gives up to {@code limit}; fewer only if there are no more. */
    List<Map<String, AttributeValue>> read(long skipped, int limit) {
        List<Map<String, AttributeValue>> found = new ArrayList<>();
        if (limit < 1) {
            return found;
        }
        int number = 0;
        for (ShardPage page : deadline.await(
                calls.parked(shards.stream().map(ShardPage.Cursor::beginning).toList(), pageSize))) {
            add(number++, page);
        }
        for (long given = 0; !heads.isEmpty() && found.size() < limit; given++) {
            Head head = heads.remove();
            Map<String, AttributeValue> entry = head.entries.remove();
            if (given >= skipped) {
                found.add(entry);
            }
            if (!head.entries.isEmpty()) {
                heads.add(head);
            } else if (!head.next.from().isEmpty() && found.size() < limit) {
                add(
                        head.number,
                        deadline.await(calls.parked(List.of(head.next), pageSize))
                                .get(0));
            }
        }
        return found;
    }

    /** A page can be empty although it is not the last one. */
    private void add(int number, ShardPage page) {
        ShardPage filled = page;
        while (filled.entries().isEmpty() && !filled.last()) {
            filled = deadline.await(calls.parked(List.of(filled.next()), pageSize))
                    .get(0);
        }
        if (!filled.entries().isEmpty()) {
            heads.add(new Head(number, filled));
        }
    }
}
