package io.github.dualwrite;

import org.jspecify.annotations.Nullable;

/**
 * The store could not do it now: no connection, a lock or statement time-out, a deadlock, a serialization failure. Nothing was
 * written; the same call may succeed later.
 */
public final class TransientStoreException extends DualWriteException {

    /** An error with its context, what went wrong and what to do, and the cause. */
    public TransientStoreException(Context context, String message, @Nullable Throwable cause) {
        super(context, message, cause);
    }
}
