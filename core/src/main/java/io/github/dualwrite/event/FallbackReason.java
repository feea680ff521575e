package io.github.dualwrite.event;

/** Why the follower did not answer a read that the route sends to it. */
public enum FallbackReason {
    /**
     * The key may be pending, or it is not known at this moment which keys are: the follower may be behind (DW-5). The authority
     * answers, also without fallback.
     */
    PENDING,
    /** The circuit breaker refuses reads of the follower. */
    BREAKER_OPEN,
    /** As many reads of the follower as allowed are under way. */
    BULKHEAD_FULL,
    /** The threads that start reads of the follower took no more work. */
    EXECUTOR_FULL,
    /** The follower did not answer within the deadline. */
    TIMEOUT,
    /** The caller was interrupted while it waited for the follower; its interrupt status is kept. */
    INTERRUPTED,
    /** The follower failed. */
    FAILED,
    /** The follower has no record, and the backfill is not complete. The authority answers, also without fallback. */
    MISS_BEFORE_BACKFILL
}
