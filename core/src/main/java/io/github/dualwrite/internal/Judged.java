package io.github.dualwrite.internal;

import io.github.dualwrite.routing.ReadRoute;
import org.jspecify.annotations.Nullable;

/**
 * A step back: why the authority answers although the flag may say otherwise.
 *
 * @param route what the flag said, and what must not come into force by itself; {@code null} until it says anything
 * @param setBack whether the flag was set back already, which is done once: who sets it to the same again means it
 */
record Judged(@Nullable ReadRoute route, String why, boolean fleet, boolean setBack) {

    /** Whether this answer of the source is another one than was judged. */
    boolean endedBy(ReadRoute answer) {
        return route != null && !EffectiveRoute.same(route, answer);
    }

    Judged seen(ReadRoute answer) {
        return route != null ? this : new Judged(answer, why, fleet, setBack);
    }

    Judged written() {
        return new Judged(route, why, fleet, true);
    }
}
