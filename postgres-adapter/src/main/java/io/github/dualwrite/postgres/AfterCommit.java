package io.github.dualwrite.postgres;

/**
 * The after-commit hook of a transaction manager: a bridge of one line to Spring, jOOQ or any other.
 *
 * <pre>{@code
 * AfterCommit spring = action -> TransactionSynchronizationManager.registerSynchronization(
 *         new TransactionSynchronization() {
 *             @Override
 *             public void afterCompletion(int status) { // also after an afterCommit of others that throws
 *                 if (status == STATUS_COMMITTED) {
 *                     action.run();
 *                 }
 *             }
 *         });
 * }</pre>
 */
@FunctionalInterface
public interface AfterCommit {

    /**
     * Registers an action that runs once after the current transaction has committed, and never after a rollback. It may run while the
     * transaction's connection is still held: it waits for nothing.
     */
    void register(Runnable action);
}
