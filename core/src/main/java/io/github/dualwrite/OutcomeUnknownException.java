package io.github.dualwrite;

import org.jspecify.annotations.Nullable;

/**
 * The authority's answer was lost, for instance because the connection broke during the commit: the write may or may not be
 * committed. If it is, its pending write is committed with it, and the follower will get it (DW-1). Read the key to find out.
 * Also thrown when a write is committed and its stored row cannot be made into a record.
 */
public final class OutcomeUnknownException extends DualWriteException {

    /** An error with its context, what went wrong and what to do, and the cause. */
    public OutcomeUnknownException(Context context, String message, @Nullable Throwable cause) {
        super(context, message, cause);
    }
}
