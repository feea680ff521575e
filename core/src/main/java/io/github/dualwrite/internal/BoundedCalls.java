package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;

/**
 * Calls that hold their thread, on threads of their own: who waits for one waits for a bounded time.
 *
 * <p>A call that gives no answer in time is interrupted. One that goes on all the same holds its thread until it ends; when all
 * threads are held and their queue is full, further calls are refused at once. Safe for use by many threads.
 */
public final class BoundedCalls {

    private final ExecutorService threads;
    private final Duration timeout;
    private final Machine machine;

    /**
     * Bounded calls.
     *
     * @param threads bounded, with a bounded queue; rejects what does not fit
     */
    public BoundedCalls(ExecutorService threads, Duration timeout, Machine machine) {
        this.threads = threads;
        this.timeout = timeout;
        this.machine = machine;
    }

    /**
     * Makes a call and waits for it.
     *
     * @throws Exception what the call throws; {@link TimeoutException} after the deadline; or that it was refused, which {@link
     *     Guard#refused} knows
     */
    public <T> T call(Callable<T> call) throws Exception {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Future<?> running;
        try {
            running = threads.submit(() -> {
                try {
                    answer.complete(call.call());
                } catch (Throwable e) { // whoever waits must hear of it
                    answer.completeExceptionally(e);
                }
            });
        } catch (RuntimeException | Error e) { // takes no more, or has no thread
            throw Refusal.BULKHEAD_FULL;
        }
        try {
            return machine.await(answer, timeout);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception failure) {
                throw failure;
            }
            throw e;
        } catch (TimeoutException e) {
            running.cancel(true);
            throw new TimeoutException("no answer within " + timeout + "; a thread is held until there is one");
        } catch (InterruptedException e) {
            running.cancel(true);
            Thread.currentThread().interrupt();
            throw e;
        }
    }
}
