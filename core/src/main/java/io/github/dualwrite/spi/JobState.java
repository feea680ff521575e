package io.github.dualwrite.spi;

/** What the processes that work on a job are to do. */
public enum JobState {
    /** Go on. */
    RUNNING,
    /** Wait, and look again. */
    PAUSED,
    /** Stop; the job stays as it is until it runs again or is removed. */
    CANCELLED
}
