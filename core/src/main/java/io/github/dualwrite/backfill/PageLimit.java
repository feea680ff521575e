package io.github.dualwrite.backfill;

/**
 * How many records to read at once: as many as the settings say, and fewer if they are large, so that pages fit into memory. What was
 * read last tells how large the next ones are. Safe for use by many threads.
 */
final class PageLimit {

    /** Nothing is known before the first page. */
    static final int FIRST = 500;

    /** About so many bytes make a page; rows that suddenly become larger make one page that is larger. */
    static final long BYTES = 4 << 20;

    private final int most;
    private volatile int limit;

    PageLimit(int most) {
        this.most = most;
        this.limit = Math.min(most, FIRST);
    }

    int next() {
        return limit;
    }

    /** A page had so many records with so many bytes. */
    void saw(long records, long bytes) {
        if (records > 0) {
            limit = (int) Math.max(1, Math.min(most, BYTES * records / Math.max(1, bytes)));
        }
    }
}
