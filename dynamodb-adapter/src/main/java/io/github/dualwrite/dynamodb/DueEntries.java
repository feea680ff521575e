package io.github.dualwrite.dynamodb;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The due entries of all shards, roughly the longest due first, read page by page as far as they are wanted. For one thread. */
final class DueEntries {

    private static final int SMALLEST_PAGE = 10;

    private final QueueCalls calls;
    private final Instant now;
    private final int pageSize;
    private final Deadline deadline;
    private List<ShardPage.Cursor> unread;
    private List<Map<String, AttributeValue>> read = new ArrayList<>();

    DueEntries(QueueCalls calls, List<String> shards, Instant now, int limit, Deadline deadline) {
        this.calls = calls;
        this.now = now;
        this.pageSize = Math.max(SMALLEST_PAGE, Math.min(limit, 2 * limit / shards.size()));
        this.deadline = deadline;
        this.unread = shards.stream().map(ShardPage.Cursor::beginning).toList();
    }

    /** Up to so many that were not given before; fewer only if there are no more. */
    List<Map<String, AttributeValue>> next(int wanted) {
        while (read.size() < wanted && !unread.isEmpty()) {
            List<ShardPage.Cursor> more = new ArrayList<>();
            for (ShardPage page : deadline.await(calls.due(unread, now, pageSize))) {
                read.addAll(page.entries());
                if (!page.last()) {
                    more.add(page.next());
                }
            }
            unread = more;
        }
        read.sort(Comparator.comparingLong(entry -> QueueTable.number(entry, QueueTable.DUE)));
        int count = Math.min(wanted, read.size());
        List<Map<String, AttributeValue>> next = List.copyOf(read.subList(0, count));
        read = new ArrayList<>(read.subList(count, read.size()));
        return next;
    }
}
