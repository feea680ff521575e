package io.github.dualwrite.verify;

import io.github.dualwrite.spi.Split;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one run hands to the next. The sums of a side are those of the pages up to the positions of its splits, no more and no less.
 *
 * @param print what it must be used with, by name; see {@link RunPrint}
 * @param started when the first run began
 * @param elapsed how long all runs took so far
 * @param runs how many there were
 * @param passes what passes of phase 2 have found, by their number in the plan, which depends on the sums alone
 */
record Checkpoint(
        Map<String, String> print,
        Instant started,
        Duration elapsed,
        int runs,
        Part authority,
        Part follower,
        List<Unreadable> unreadableSamples,
        Map<Integer, Counts> passes) {

    /** One side. */
    record Part(List<Position> splits, BucketSums sums, long rows, long unreadable) {

        boolean scanned() {
            return splits.stream().allMatch(Position::done);
        }
    }

    /** How far a split is. */
    record Position(Split split, @Nullable String after, boolean done) {}

    /** Copies what can be copied cheaply; the sums are the giver's to copy. */
    Checkpoint {
        print = Map.copyOf(print);
        unreadableSamples = List.copyOf(unreadableSamples);
        passes = Map.copyOf(passes);
    }
}
