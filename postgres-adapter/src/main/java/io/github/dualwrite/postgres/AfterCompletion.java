package io.github.dualwrite.postgres;

/**
 * The hooks of a transaction manager that tells of a commit, and of one whose answer was lost: a bridge to Spring, for example.
 *
 * <pre>{@code
 * AfterCompletion spring = (committed, unknown) -> TransactionSynchronizationManager.registerSynchronization(
 *         new TransactionSynchronization() {
 *             @Override
 *             public void afterCompletion(int status) { // also after an afterCommit of others that throws
 *                 if (status == STATUS_COMMITTED) {
 *                     committed.run();
 *                 } else if (status == STATUS_UNKNOWN) {
 *                     unknown.run();
 *                 }
 *             }
 *         });
 * }</pre>
 */
@FunctionalInterface
public interface AfterCompletion {

    /**
     * Registers two actions, of which at most one runs, once. They may run while the transaction's connection is still held: they wait for
     * nothing.
     *
     * @param committed runs after the current transaction has committed, and never after a rollback
     * @param outcomeUnknown runs if the commit failed and may have taken effect all the same. A manager that may take such a commit for
     *     a rollback runs it after rollbacks too: reads of the transaction's keys then go to the primary for some minutes, and it counts as a write whose outcome is
     *     unknown
     */
    void register(Runnable committed, Runnable outcomeUnknown);
}
