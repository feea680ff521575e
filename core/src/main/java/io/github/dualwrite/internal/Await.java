package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for a follower's answer. */
final class Await {

    private Await() {}

    /**
     * The result of the future.
     *
     * @param limit after which to give up, should the future's own deadline not end it
     * @throws Exception its failure without wrappers, {@link java.util.concurrent.TimeoutException} at the limit, or {@link
     *     InterruptedException} with the interrupt status set: a caller of a store that has committed must get its result,
     *     not an exception
     */
    static <T> T result(Machine machine, CompletableFuture<T> future, Duration limit) throws Exception {
        try {
            return Objects.requireNonNull(machine.await(future, limit), "the follower answered null");
        } catch (ExecutionException e) {
            if (Guard.unwrap(e) instanceof Exception failure) {
                throw failure;
            }
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw e;
        }
    }
}
