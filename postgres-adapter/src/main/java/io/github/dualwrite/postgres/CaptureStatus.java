package io.github.dualwrite.postgres;

import java.util.List;

/**
 * Whether a {@link CaptureTrigger} is at work.
 *
 * @param state the worst that was found, on the table or one of its partitions
 * @param problems what is wrong, each naming the table; empty exactly if the state is {@link State#ACTIVE}
 */
public record CaptureStatus(State state, List<String> problems) {

    /** From good to bad. */
    public enum State {
        /** Every write is captured. */
        ACTIVE,
        /** Made by another version of Dualwrite, or changed by hand; install again. */
        OUTDATED,
        /** Made for another key or another mapping; install again. */
        OTHER_KEY,
        /** A trigger is disabled, for all sessions or for some. */
        DISABLED,
        /**
         * A trigger is missing, for example on a partition that was added later; install again. Or the table is itself a part of another
         * one, and what is written through that is not captured.
         */
        INCOMPLETE,
        /** Not installed. */
        ABSENT
    }

    /** Copies the list. */
    public CaptureStatus {
        problems = List.copyOf(problems);
    }

    /** Whether every write is captured. */
    public boolean active() {
        return state == State.ACTIVE;
    }
}
