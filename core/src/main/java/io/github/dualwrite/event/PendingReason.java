package io.github.dualwrite.event;

/** Why a committed write is not known to be on the follower yet. In every case the pending write is durable (DW-1). */
public enum PendingReason {
    /** Asynchronous mode: it is on its way. */
    ASYNCHRONOUS,
    /** It belongs to a transaction that the caller has not committed yet. */
    AWAITING_COMMIT,
    /** The circuit breaker refuses calls to the follower. */
    BREAKER_OPEN,
    /** As many calls to the follower as allowed are under way. */
    BULKHEAD_FULL,
    /** The executor of the asynchronous mode took no more work. */
    EXECUTOR_FULL,
    /** The follower did not answer within the deadline. */
    TIMEOUT,
    /** The caller was interrupted while it waited for the follower; its interrupt status is kept. */
    INTERRUPTED,
    /** The follower failed in a way that may pass. */
    FAILED,
    /** The follower rejects this record for good; the reconciler will park it. */
    REJECTED
}
