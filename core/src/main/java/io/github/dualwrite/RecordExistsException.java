package io.github.dualwrite;

import org.jspecify.annotations.Nullable;

/**
 * A record to be created exists already. Nothing was written.
 */
public final class RecordExistsException extends ConflictException {

    /** An error with its context, what went wrong and what to do, and the cause. */
    public RecordExistsException(Context context, String message, @Nullable Throwable cause) {
        super(context, message, cause);
    }
}
