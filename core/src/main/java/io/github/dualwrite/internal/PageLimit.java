package io.github.dualwrite.internal;

import io.github.dualwrite.spi.ScanPage;

/**
 * How many records to read at once: as many as are allowed, and fewer if they are large, so that pages fit into memory. What was read last
 * tells how large the next ones are; rows that suddenly become larger make one page that is larger. Safe for use by many threads.
 */
public final class PageLimit {

    private final int most;
    private final long bytes;
    private volatile int limit;

    /**
     * A limit.
     *
     * @param most never more records than these
     * @param first so many before anything is known
     * @param bytes about so many make a page
     */
    public PageLimit(int most, int first, long bytes) {
        this.most = most;
        this.bytes = bytes;
        this.limit = Math.min(most, first);
    }

    /** How many records to ask for now. */
    public int next() {
        return limit;
    }

    /** What came when so many were asked for. */
    public void saw(int asked, ScanPage<?, ?> page) {
        long found = (long) page.records().size() + page.unreadable().size();
        // a page before the last one is what was asked for, also where the store has read what it does not give:
        // tombstones
        long counted = page.last() ? found : asked;
        if (counted > 0) {
            limit = (int) Math.max(1, Math.min(most, bytes * counted / Math.max(1, page.bytes())));
        }
    }
}
