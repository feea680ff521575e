package io.github.dualwrite.event;

import org.jspecify.annotations.Nullable;

/**
 * One call of a store that a listener {@linkplain DualWriteListener#onCall watches}. What its methods throw is logged and otherwise
 * ignored.
 */
public interface StoreCall {

    /** The thread that began the call leaves it, before or after its end. Called once, by that thread. */
    default void left() {}

    /**
     * The call has ended. Called once, by any thread.
     *
     * @param error what the store threw; {@code null} if it answered, also if the answer was that it failed
     */
    void ended(CallOutcome outcome, @Nullable Throwable error);
}
