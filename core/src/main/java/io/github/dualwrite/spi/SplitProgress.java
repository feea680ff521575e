package io.github.dualwrite.spi;

import org.jspecify.annotations.Nullable;

/**
 * How far a split is. Immutable.
 *
 * @param number the split's number within its job, from 0
 * @param split the split
 * @param position where to go on, as {@link RecordScan#page} gave it; {@code null} at the beginning
 * @param done whether its end was reached
 * @param read records read
 * @param applied records stored on the follower
 * @param skipped records that the follower had already, or that a filter left out
 * @param failed records that failed for good
 * @param bytes bytes read
 */
public record SplitProgress(
        int number,
        Split split,
        @Nullable String position,
        boolean done,
        long read,
        long applied,
        long skipped,
        long failed,
        long bytes) {

    /** A split that nobody has begun. */
    public static SplitProgress of(int number, Split split) {
        return new SplitProgress(number, split, null, false, 0, 0, 0, 0, 0);
    }
}
