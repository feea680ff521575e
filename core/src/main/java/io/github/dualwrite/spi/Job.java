package io.github.dualwrite.spi;

import java.time.Instant;
import java.util.List;

/**
 * A job as its store knows it. Immutable.
 *
 * @param name its name, unique for a repository
 * @param fingerprint what it was begun for
 * @param state what the processes that work on it are to do
 * @param began when, by the store's clock
 * @param splits each with its progress, in the order of their numbers
 * @param failures how many records failed for good and are not dealt with; a store may count to a bound only, not below 100 000, and there are at least so many then
 */
public record Job(
        String name, String fingerprint, JobState state, Instant began, List<SplitProgress> splits, long failures) {

    /** Copies the list. */
    public Job {
        splits = List.copyOf(splits);
    }

    /** Whether this is that very job, however far it is now, and not one that was begun under its name later. */
    public boolean isStill(Job known) {
        return name.equals(known.name) && fingerprint.equals(known.fingerprint) && began.equals(known.began);
    }

    /** Whether every split is done. */
    public boolean done() {
        return splits.stream().allMatch(SplitProgress::done);
    }
}
