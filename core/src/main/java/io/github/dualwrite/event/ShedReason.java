package io.github.dualwrite.event;

/** Why a shadow read was not made or not finished. */
public enum ShedReason {
    /** As many shadow reads as allowed are under way and waiting. */
    EXECUTOR_FULL,
    /** The circuit breaker for shadow reads of this kind (by key, or queries) refuses calls of the follower. */
    BREAKER_OPEN,
    /** As many shadow calls of a store as allowed are under way. */
    BULKHEAD_FULL,
    /** As many keys as allowed wait to be looked at again. */
    RECHECKS_FULL
}
