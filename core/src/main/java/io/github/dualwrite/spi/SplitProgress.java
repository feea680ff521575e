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
 * @param skipped records that the follower had already: newer, or stored before a kill
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

    /** Where a split stands, whoever works on it. */
    public enum State {
        /** Nothing of it is noted yet. */
        NOT_BEGUN,
        /** A part of it is noted. */
        BEGUN,
        /** Its end was reached. */
        DONE
    }

    /** Where it stands. */
    public State state() {
        return done ? State.DONE : position == null ? State.NOT_BEGUN : State.BEGUN;
    }

    /** How many records the filter left out. */
    public long filtered() {
        return read - applied - skipped - failed;
    }

    /** A split that nobody has begun. */
    public static SplitProgress of(int number, Split split) {
        return new SplitProgress(number, split, null, false, 0, 0, 0, 0, 0);
    }
}
