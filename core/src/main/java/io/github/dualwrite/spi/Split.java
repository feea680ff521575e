package io.github.dualwrite.spi;

import java.util.Objects;

/**
 * A part of a store's keys. Immutable; kept durably as text, so it must be understood by a later version of the same adapter.
 *
 * @param range the part, in a form that only the kind of store that made it reads; it holds keys, or bounds between them
 */
public record Split(String range) {

    /** Refuses {@code null}. */
    public Split {
        Objects.requireNonNull(range, "range");
    }
}
