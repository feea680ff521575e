package io.github.dualwrite.spi;

import java.time.Duration;
import java.util.Objects;

/**
 * What a store learns about the repository that opens it.
 *
 * @param repository the repository's name; pending writes of different repositories never mix
 * @param grace how long a fresh pending write is not due, so that the reconciler does not race the write that is still
 *     on its way
 */
public record StoreContext(String repository, Duration grace) {

    /** Refuses a blank repository name and a negative grace period. */
    public StoreContext {
        Objects.requireNonNull(repository, "repository");
        Objects.requireNonNull(grace, "grace");
        if (repository.isBlank()) {
            throw new IllegalArgumentException("the repository's name must not be blank");
        }
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace must not be negative, not " + grace);
        }
    }
}
