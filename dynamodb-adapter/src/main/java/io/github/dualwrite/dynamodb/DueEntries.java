package io.github.dualwrite.dynamodb;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The due entries of all shards, roughly the longest due first, read page by page as far as they are wanted. For one thread.
 *
 * <p>Of a backlog everybody who claims reads the same beginning. So more is read than is wanted, and of the longest due ones some are given by
 * chance; otherwise all would try the same entries, and one would get them. Of a few entries the order is kept.
 */
final class DueEntries {

    private static final int SMALLEST_PAGE = 10;

    /** Up to so many entries keep their order. */
    private static final int FEW = 50;

    private static final int MOST = 10_000;

    /** Chance decides among so many times as many as are wanted. */
    private static final int SPREAD = 8;

    private final QueueCalls calls;
    private final Instant now;
    private final int spread;
    private final int pageSize;
    private final Deadline deadline;
    private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
    private List<ShardPage.Cursor> unread;
    private List<Map<String, AttributeValue>> read = new ArrayList<>();

    DueEntries(QueueCalls calls, List<String> shards, Instant now, int limit, Deadline deadline) {
        this.calls = calls;
        this.now = now;
        this.spread = (int) Math.min(MOST, (long) SPREAD * limit);
        this.pageSize = Math.max(SMALLEST_PAGE, spread / shards.size());
        this.deadline = deadline;
        this.unread = shards.stream().map(ShardPage.Cursor::beginning).toList();
    }

    /**
     * Up to so many that were not given before; fewer only if there are no more, or shards cannot be read now.
     *
     * @throws RuntimeException the error of such a shard, when there is nothing else to give
     */
    List<Map<String, AttributeValue>> next(int wanted) {
        while (read.size() < wanted && !unread.isEmpty()) {
            List<ShardPage.Cursor> more = new ArrayList<>();
            for (ShardPage page : deadline.await(calls.due(unread, now, pageSize, failures::add))) {
                read.addAll(page.entries());
                if (!page.last()) {
                    more.add(page.next());
                }
            }
            unread = more;
        }
        read.sort(Comparator.comparingLong(entry -> QueueTable.number(entry, QueueTable.DUE)));
        if (read.size() > Math.max(FEW, 2L * wanted)) {
            Collections.shuffle(read.subList(0, Math.min(read.size(), spread)));
        }
        RuntimeException failure = failures.peek();
        if (wanted > 0 && read.isEmpty() && failure != null) {
            throw failure;
        }
        int count = Math.min(wanted, read.size());
        List<Map<String, AttributeValue>> next = List.copyOf(read.subList(0, count));
        read = new ArrayList<>(read.subList(count, read.size()));
        return next;
    }
}
