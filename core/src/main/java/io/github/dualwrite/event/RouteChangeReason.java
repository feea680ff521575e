package io.github.dualwrite.event;

/** Why the effective read route changed. */
public enum RouteChangeReason {
    /** The flag has another value. */
    FLAG,
    /** The source has failed for so long that its last good route is too old. */
    STALE,
    /** Errors or mismatches went over the threshold: an automatic step back to the authority. */
    STEP_BACK,
    /** A person ended the step back. */
    RESUMED
}
