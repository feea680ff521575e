package io.github.dualwrite.simulation;

/** What {@link EnumeratedChoices} leaves out. */
enum Reduction {
    /** Nothing but orders inside of one process; only for the smallest worlds. */
    NONE,
    /** What comes after a known state, and deaths that are put off. */
    KNOWN_STATES,
    /** Of steps that do not depend on each other all orders but one as well. */
    ALL
}
