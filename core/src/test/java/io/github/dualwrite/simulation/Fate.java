package io.github.dualwrite.simulation;

/** What becomes of one call of a store. */
enum Fate {
    ANSWERED,
    /** An error, and nothing was done. */
    FAILS_BEFORE,
    /** An error, and yet it was done. */
    FAILS_AFTER,
    /** No answer, and nothing was done. */
    LOST_BEFORE,
    /** No answer, and yet it was done. */
    LOST_AFTER,
    /** An error, and then it is done: the connection breaks, and the server goes on. */
    DONE_LATER;

    boolean takesEffect() {
        return this == ANSWERED || this == FAILS_AFTER || this == LOST_AFTER;
    }

    boolean lost() {
        return this == LOST_BEFORE || this == LOST_AFTER;
    }
}
