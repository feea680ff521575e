package io.github.dualwrite;

import org.jspecify.annotations.Nullable;

/**
 * A record to be updated does not exist. Nothing was written.
 */
public final class RecordNotFoundException extends ConflictException {

    /** An error with its context, what went wrong and what to do, and the cause. */
    public RecordNotFoundException(Context context, String message, @Nullable Throwable cause) {
        super(context, message, cause);
    }
}
