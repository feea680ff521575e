package io.github.dualwrite;

import org.jspecify.annotations.Nullable;

/**
 * A store, a mapping or a privilege is not as it must be. The message names what is wrong and what to do. Thrown when a repository
 * is built, wherever that is possible; later if a table, column or privilege goes away. Nothing was written.
 */
public final class ConfigurationException extends DualWriteException {

    /** An error with its context, what went wrong and what to do, and the cause. */
    public ConfigurationException(Context context, String message, @Nullable Throwable cause) {
        super(context, message, cause);
    }
}
