package io.github.dualwrite.internal;

import java.util.function.LongSupplier;

/** Whether any of the writes without a mark may be committed later. Safe for use by many threads. */
final class CommittedLater {

    private final LongSupplier nanos;
    private int writes;
    private long until;

    CommittedLater(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** There is one more, which may be committed until then. */
    synchronized void add(long mayUntil) {
        until = writes == 0 || mayUntil - until > 0 ? mayUntil : until;
        writes++;
    }

    /** One that was added is committed. After its time it counts no more, and others may have come. */
    synchronized void committed(long mayUntil) {
        if (mayUntil - nanos.getAsLong() > 0) {
            writes--;
        }
    }

    synchronized boolean any() {
        if (writes > 0 && until - nanos.getAsLong() <= 0) { // nobody tells of a rollback
            writes = 0;
        }
        return writes > 0;
    }
}
