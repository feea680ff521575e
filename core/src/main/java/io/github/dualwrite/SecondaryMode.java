package io.github.dualwrite;

/** Whether a write waits for the secondary. */
public enum SecondaryMode {
    /** The caller waits for the secondary, at most for the configured time-out, and learns whether it has the write. */
    SYNCHRONOUS,
    /** The caller does not wait. The write is sent by an executor; whatever it cannot take waits for the reconciler. */
    ASYNCHRONOUS
}
