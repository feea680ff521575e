package io.github.dualwrite.verify;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key that differs or is in flight. Immutable if the key is. {@link #toString()} shows the key as it may be shown, never values.
 *
 * @param key the key itself, for repair
 * @param shown the key as {@code keyPrivacy} allows it
 * @param difference how it differs
 * @param fields the names of the fields that differ; empty unless both sides have a record
 * @param cause what the follower's bookkeeping says
 * @param authorityValue the authority's record as text, if values were asked for and there is one
 * @param followerValue the follower's, likewise
 * @param lookAt how to look at it by hand on both sides; empty if the key may not be shown
 */
public record Finding<K>(
        K key,
        Object shown,
        Difference difference,
        Set<String> fields,
        Cause cause,
        @Nullable String authorityValue,
        @Nullable String followerValue,
        String lookAt) {

    /** Copies the set. */
    public Finding {
        fields = Set.copyOf(fields);
    }

    @Override
    public String toString() {
        return difference + " " + shown + (fields.isEmpty() ? "" : " " + fields) + " (" + cause.text() + ")";
    }
}
