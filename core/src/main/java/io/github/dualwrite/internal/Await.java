package io.github.dualwrite.internal;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for a follower's answer, which comes by its deadline. */
public final class Await {

    private Await() {}

    /**
     * The result of the future.
     *
     * @throws Exception its failure without wrappers, or {@link InterruptedException} with the interrupt status set: a caller
     *     of a store that has committed must get its result, not an exception
     */
    public static <T> T result(CompletableFuture<T> future) throws Exception {
        try {
            return Objects.requireNonNull(future.get(), "the follower answered null");
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
