package io.github.dualwrite.spi;

/**
 * A transaction on the authority that the caller runs. Implemented by adapters and by bridges to transaction managers.
 */
public interface CallerTransaction {

    /**
     * The native handle of the transaction, for example a {@code java.sql.Connection}.
     *
     * @throws IllegalArgumentException if the transaction has no handle of that type
     */
    <T> T unwrap(Class<T> type);

    /**
     * Registers an action that runs once after the transaction has committed, and never after a rollback. Many transaction
     * managers also call "after completion" hooks after a rollback: an implementation must look at the outcome.
     *
     * @return {@code false} if there is no such hook; then the action is not kept, and the reconciler brings the writes to
     *     the follower: later, equally correct
     */
    boolean afterCommit(Runnable action);

    /**
     * The same, with another action that runs instead if it is not known whether the transaction has committed: the answer to its commit was lost,
     * and the server may have committed all the same, or may do so a little later. It runs before whoever began the transaction hears of the
     * failure, and waits for nothing. At most one of the two runs, once. Too often harms no data: reads of what the transaction has
     * changed are answered by the authority for some minutes, and it is counted as a write whose outcome is unknown. Default: {@link #afterCommit}, and the other action is not kept.
     */
    default boolean afterCompletion(Runnable committed, Runnable outcomeUnknown) {
        return afterCommit(committed);
    }

    /**
     * Whether the transaction has given back what it holds of the authority, for instance its connection, before its actions run. Only then may an action
     * wait for another call of the authority, as it does in synchronous mode: many transaction managers still hold it, and as many transactions as
     * there are connections would wait for one more. Default: no.
     */
    default boolean releasedBeforeActions() {
        return false;
    }
}
