package io.github.dualwrite.backfill;

/**
 * How many records the follower is given in one call. A call that is too much for it makes the next ones half as large, one that is easy
 * twice as large. A size that was tried and was too much is tried again after one easy call, then after two, four and so on, so that a follower
 * that can do no more is not overloaded again and again. Safe for use by many threads.
 */
final class CallSize {

    private static final int MOST_EASY_CALLS = 64;

    private final int largest;
    private int size;
    private boolean tried;
    private int easyCalls;
    private int easyCallsNeeded = 1;

    CallSize(int first, int largest) {
        this.largest = largest;
        this.size = Math.min(first, largest);
    }

    synchronized int next() {
        return size;
    }

    /** A call with so many records took little time, and all of them. Fewer than are allowed say nothing. */
    synchronized void easy(int sent) {
        if (sent < size) {
            return;
        }
        if (tried) {
            tried = false;
            easyCallsNeeded = Math.max(1, easyCallsNeeded / 2);
        }
        easyCalls++;
        if (easyCalls >= easyCallsNeeded && size < largest) {
            size = Math.min(largest, size * 2);
            tried = true;
            easyCalls = 0;
        }
    }

    /**
     * A call with so many records was not answered in time, or much of it was not done.
     *
     * @param least what is no longer too many, unless it is already less
     */
    synchronized void tooMuch(int sent, int least) {
        if (tried) {
            tried = false;
            easyCallsNeeded = Math.min(MOST_EASY_CALLS, easyCallsNeeded * 2);
        }
        easyCalls = 0;
        size = Math.max(Math.min(size, least), Math.min(size, sent) / 2);
    }
}
