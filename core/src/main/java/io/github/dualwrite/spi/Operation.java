package io.github.dualwrite.spi;

/** What was being done to a store; used in events and errors. */
public enum Operation {
    /** Checks of a store when a repository is built. */
    OPEN,
    /** Insert of a record that must not exist yet. */
    CREATE,
    /** Replacement of a record that must exist. */
    UPDATE,
    /** Insert or replacement. */
    SAVE,
    /** Removal of a record. */
    DELETE,
    /** Insert or replacement of a batch. */
    SAVE_ALL,
    /** Removal of a batch. */
    DELETE_ALL,
    /** Naming keys that were changed by other means. */
    MARK_PENDING,
    /** The commit of a transaction that the caller runs. */
    COMMIT,
    /** Read of one record. */
    READ,
    /** Read of a batch. */
    READ_ALL,
    /** A query by other criteria than the key. */
    QUERY,
    /** Bringing a record or a tombstone to the follower. */
    APPLY,
    /** Read of pending versions and current states in one snapshot. */
    SNAPSHOT,
    /** Any work on the reconciliation queue. */
    QUEUE
}
