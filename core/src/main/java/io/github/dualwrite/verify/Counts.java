package io.github.dualwrite.verify;

import java.util.Map;

/**
 * What was counted among some keys. Immutable.
 *
 * @param fields how many keys differ in a field
 * @param whole whether all keys were read and looked at as often as was asked for
 */
record Counts(
        long matching,
        long undecided,
        Map<Difference, Long> differences,
        Map<Cause, Long> causes,
        Map<String, Long> fields,
        boolean whole) {

    Counts {
        differences = Map.copyOf(differences);
        causes = Map.copyOf(causes);
        fields = Map.copyOf(fields);
    }

    /** Whether all of them were compared and are equal, so that nobody needs to look again. */
    boolean clean() {
        return whole && undecided == 0 && differences.isEmpty();
    }

    /** Keys that differ, or may. */
    long found() {
        return undecided
                + differences.values().stream().mapToLong(Long::longValue).sum();
    }
}
