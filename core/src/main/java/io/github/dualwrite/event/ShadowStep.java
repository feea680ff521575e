package io.github.dualwrite.event;

/** A step of a shadow read that can fail. */
public enum ShadowStep {
    /** Reading the authority, or asking it whether the key is pending. */
    AUTHORITY,
    /** Reading the follower, within the deadline. */
    FOLLOWER,
    /** Comparing. */
    COMPARATOR,
    /** Marking the key pending. */
    HEALING
}
