package io.github.dualwrite.backfill;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a backfill would do; nothing was written. Immutable.
 *
 * @param estimatedRows about how many records there are, before the filter; empty if the authority has no idea
 * @param splits into how many splits a new job would be cut
 * @param sampledRows how many records were read as a sample
 * @param sampledKept how many of those the filter lets through
 * @param sampledUnreadable how many in the sample the mapping cannot read
 * @param sampledBytes how many bytes the sample has
 * @param estimatedBytes about how many bytes will be read
 * @param estimatedDuration about how long it takes in one process, at the speed at which the sample was read and at the rate limits; what the follower
 *     takes, and what live writes are given way to, comes on top. Empty without an estimate of the records, or if nothing was read
 * @param warnings what may keep the stores from being equal although the backfill is complete
 */
public record BackfillPlan(
        OptionalLong estimatedRows,
        int splits,
        long sampledRows,
        long sampledKept,
        long sampledUnreadable,
        long sampledBytes,
        OptionalLong estimatedBytes,
        Optional<Duration> estimatedDuration,
        List<String> warnings) {

    /** Copies the list. */
    public BackfillPlan {
        warnings = List.copyOf(warnings);
    }
}
