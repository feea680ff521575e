package io.github.dualwrite.routing;

import java.util.Set;

/**
 * Says in which fields two records differ, for shadow reads and verification.
 *
 * <p>Implementations must find a record equal to itself, must be safe for use by many threads and must not return values. One that throws is an event; the pair
 * does not count as different.
 */
@FunctionalInterface
public interface RecordComparator<T> {

    /**
     * The names of the fields that differ; empty if the records are equal. There should be few different names: differences are
     * counted by them.
     */
    Set<String> differingFields(T authority, T follower);

    /**
     * What of the comparison can be said of one record alone, so that digests leave equal records out early. Records that are the same
     * after it must be equal for {@link #differingFields}; the reverse need not be true. Unless overridden every field counts as it is.
     */
    default Normalization normalization() {
        return Normalization.NONE;
    }

    /**
     * Names the rules: the same text means that the same records are equal. A verification does not go on with what another one has
     * digested by other rules. Unless overridden the name of the class, which says nothing of a lambda: one that is changed between two runs
     * of a resumable verification should override it.
     */
    default String rules() {
        return getClass().isHidden() || getClass().isSynthetic()
                ? "of the application"
                : getClass().getName();
    }
}
