package io.github.dualwrite.backfill;

import io.github.dualwrite.spi.ValueFree;
import io.github.dualwrite.spi.WithheldException;
import org.jspecify.annotations.Nullable;

/**
 * A backfill cannot begin or cannot go on. The message names repository, job and, where there is one, the split with the position in it,
 * and says what to do. What was noted is kept: the next run goes on from there.
 * Not a {@link io.github.dualwrite.DualWriteException}: it is an error of the job; that of a store may be its cause.
 */
public final class BackfillException extends RuntimeException implements ValueFree {

    private static final long serialVersionUID = 1;

    private final String repository;
    private final String job;

    BackfillException(String repository, String job, String message, @Nullable Throwable cause) {
        super("repository '" + repository + "', job '" + job + "': " + message, WithheldException.orNull(cause));
        this.repository = repository;
        this.job = job;
    }

    /** The repository's name. */
    public String repository() {
        return repository;
    }

    /** The job's name. */
    public String job() {
        return job;
    }
}
