package io.github.dualwrite.verify;

/** How a key differs, after it has settled. */
public enum Difference {
    /** Both sides have a record, and some fields differ. */
    DIFFERENT,
    /** The authority has a record, the follower has none. */
    MISSING,
    /** The follower has a record, the authority has none. */
    EXTRA,
    /** Still pending, or still changing, after all looks: neither equal nor different is known of it. */
    IN_FLIGHT
}
