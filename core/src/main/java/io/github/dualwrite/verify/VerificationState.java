package io.github.dualwrite.verify;

/** What a verification has shown. */
public enum VerificationState {
    /** Everything was compared, and all of it is equal. */
    CONSISTENT,
    /** What was asked for was compared and is equal; a sample or a filter left the rest out. */
    CONSISTENT_IN_PART,
    /** No difference was found, but something could not be compared: in flight, unreadable, or left for lack of time or passes. */
    INCOMPLETE,
    /** There is a difference. */
    DIFFERENT
}
