package io.github.dualwrite.event;

/** What the comparison of a shadow read found. */
public enum ShadowResult {
    /** Both stores gave the same. */
    EQUAL,
    /**
     * They differ because the follower is behind: the key is pending, was written meanwhile, or, before the backfill is complete,
     * has not been copied. Also a difference that was gone when it was looked at again.
     */
    LAGGING,
    /** The follower lacks a record that the authority has. */
    MISSING,
    /** The follower has a record that the authority has not. */
    EXTRA,
    /** Both have a record, or both answered the query, and some fields differ. */
    DIFFERENT;

    /** Whether the stores really differ. */
    public boolean mismatch() {
        return this != EQUAL && this != LAGGING;
    }
}
