package io.github.dualwrite.event;

/** Which part a store plays. */
public enum StoreRole {
    /** It is written first and decides what is true. */
    AUTHORITY,
    /** It is brought to the authority's state. */
    FOLLOWER
}
