package io.github.dualwrite.spi;

import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/**
 * The right of one reconciler to work on the pending writes of one claim.
 *
 * @param id unique for each claim
 * @param duration how long the claimed writes are hidden from other claims
 */
public record Lease(UUID id, Duration duration) {

    /** Refuses a duration that is not positive. */
    public Lease {
        Objects.requireNonNull(id, "id");
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException("a lease must last longer than " + duration);
        }
    }

    /** A lease for a new claim. */
    public static Lease of(Duration duration) {
        return new Lease(UUID.randomUUID(), duration);
    }
}
