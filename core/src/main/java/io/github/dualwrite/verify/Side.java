package io.github.dualwrite.verify;

/** One of the two stores that are compared. */
public enum Side {
    /** The store that decides what is true. */
    AUTHORITY,
    /** The store that is brought to the same state. */
    FOLLOWER
}
