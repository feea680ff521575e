package io.github.dualwrite.event;

/** A step of a shadow read that can fail. */
public enum ShadowStep {
    /** Reading the authority, or asking it what is pending, within the deadline. */
    AUTHORITY,
    /** Reading the follower, within the deadline. */
    FOLLOWER,
    /** Comparing. */
    COMPARATOR,
    /** Marking the key pending. */
    HEALING
}
