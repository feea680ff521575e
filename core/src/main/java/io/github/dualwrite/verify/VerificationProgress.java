package io.github.dualwrite.verify;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far a verification is. Immutable.
 *
 * @param phase what it is doing
 * @param authorityRows records of the authority read in this phase
 * @param followerRows records of the follower read in this phase
 * @param estimatedRows about how many records this phase reads, of both sides together; empty if nobody knows
 * @param rowsPerSecond over this phase, both sides together
 * @param elapsed since the beginning of the run
 * @param remaining about how long this phase still takes; later phases depend on what is found, so they are not in it
 * @param differingBuckets how many buckets differ; 0 before the first phase has ended
 * @param found differences so far
 */
public record VerificationProgress(
        Phase phase,
        long authorityRows,
        long followerRows,
        OptionalLong estimatedRows,
        double rowsPerSecond,
        Duration elapsed,
        Optional<Duration> remaining,
        int differingBuckets,
        long found) {

    /** What a verification does at a time. */
    public enum Phase {
        /** Reads both sides and makes a digest of each bucket. */
        SCANNING,
        /** Reads the buckets that differ once more and finds their keys. */
        COMPARING,
        /** Looks at single keys until they have settled. */
        SETTLING
    }
}
