package io.github.dualwrite.event;

/** How a call of a store ended. */
public enum CallOutcome {
    /** It answered. A follower that already had a version or a newer one has answered too. */
    SUCCESS,
    /** The authority refused the write because of what is there already. */
    CONFLICT,
    /** It failed and may succeed later. For a batch: at least one of its records did. */
    TRANSIENT,
    /** It rejects what it was given, for good. For a batch: at least one of its records, and none failed otherwise. */
    PERMANENT,
    /** It is not known whether the authority has committed. */
    OUTCOME_UNKNOWN,
    /** The store is not as it must be: privileges, tables. */
    CONFIGURATION,
    /** There was no answer within the deadline, and nobody waits for it any more. */
    TIMEOUT,
    /** Anything else. */
    ERROR
}
