package io.github.dualwrite.verify;

import io.github.dualwrite.spi.ValueFree;
import io.github.dualwrite.spi.WithheldException;
import org.jspecify.annotations.Nullable;

/**
 * A verification could not go on. Nothing was changed by it, and nothing is known of what was not compared; run it again. Not a {@link
 * io.github.dualwrite.DualWriteException}: it is an error of the job; that of a store may be its cause.
 */
public final class VerificationException extends RuntimeException implements ValueFree {

    private static final long serialVersionUID = 1;

    private final String repository;

    VerificationException(String repository, String message, @Nullable Throwable cause) {
        super("repository '" + repository + "': " + message, WithheldException.orNull(cause));
        this.repository = repository;
    }

    /** The repository's name. */
    public String repository() {
        return repository;
    }
}
