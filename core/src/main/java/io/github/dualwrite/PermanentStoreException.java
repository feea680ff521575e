package io.github.dualwrite;

import io.github.dualwrite.spi.PermanentFailure;
import org.jspecify.annotations.Nullable;

/**
 * The store refuses this call for good: a violated constraint, a value that does not fit. Nothing was
 * written; the same call will fail again.
 */
public final class PermanentStoreException extends DualWriteException implements PermanentFailure {

    /** An error with its context, what went wrong and what to do, and the cause. */
    public PermanentStoreException(Context context, String message, @Nullable Throwable cause) {
        super(context, message, cause);
    }
}
