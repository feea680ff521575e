package io.github.dualwrite.verify;

import java.util.Optional;

/**
 * What a repair did, or would do. Immutable.
 *
 * @param dryRun whether nothing was written
 * @param stored keys whose record is brought to the follower
 * @param removed keys of which the follower gets a tombstone, because the authority has no record
 * @param skipped findings that are left alone: in flight, or with a key that cannot be read, which is not marked either, or cannot be marked
 * @param notHeld differences that the report counted and did not hold; verify again for them
 * @param reachedFollower whether all repaired keys ceased to be pending before the deadline; false for a dry run, and if a key could not be read or marked
 * @param after the check afterwards of exactly these keys and those that could not be read or marked; empty for a dry run
 */
public record RepairReport<K>(
        boolean dryRun,
        long stored,
        long removed,
        long skipped,
        long notHeld,
        boolean reachedFollower,
        Optional<VerificationReport<K>> after) {

    /** Whether everything that the report counted as different is now known to be equal. */
    public boolean healed() {
        return notHeld == 0
                && after.map(report -> report.state() == VerificationState.CONSISTENT
                                || report.state() == VerificationState.CONSISTENT_IN_PART)
                        .orElse(false);
    }
}
