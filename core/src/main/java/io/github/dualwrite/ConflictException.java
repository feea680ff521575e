package io.github.dualwrite;

import org.jspecify.annotations.Nullable;

/**
 * A record exists that must not, or is missing although it must be there; or other writes of the same record were quicker until
 * the deadline. Nothing was written.
 */
public class ConflictException extends DualWriteException {

    /** An error with its context, what went wrong and what to do, and the cause. */
    public ConflictException(Context context, String message, @Nullable Throwable cause) {
        super(context, message, cause);
    }
}
