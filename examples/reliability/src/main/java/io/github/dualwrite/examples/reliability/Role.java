package io.github.dualwrite.examples.reliability;

/** What a process does. */
enum Role {
    /** Writes, waits for the secondary, reads what it wrote, reconciles beside it. */
    SYNCHRONOUS_WRITER,
    /** Writes, waits for nothing, reads what it wrote, leaves reconciling to others. */
    ASYNCHRONOUS_WRITER,
    /** Reads, from the secondary unless it must not. */
    READER,
    /** Reconciles. */
    RECONCILER,
    /** Copies the records that were there before. */
    BACKFILL
}
