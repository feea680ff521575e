package io.github.dualwrite.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An executor of an application that may run a task on the thread that gives it when it is full ({@code CallerRunsPolicy}), or always. Here such a task
 * counts as rejected and does not run: the thread is a caller's, who must not wait, or a timer's, on which the deadlines of others depend. Safe for use by many
 * threads.
 */
public final class Elsewhere implements Executor {

    private final Executor real;

    public Elsewhere(Executor real) {
        this.real = real;
    }

    @Override
    public void execute(Runnable task) {
        Offer offer = new Offer(task);
        real.execute(offer);
        offer.offering = null; // from here on the same thread may come by it as a thread of the pool
        if (offer.refused) {
            throw new RejectedExecutionException("the executor would run this on the thread that gives it");
        }
    }

    private static final class Offer implements Runnable {

        private final Runnable task;

        // of interest to the offering thread only
        private @Nullable Thread offering = Thread.currentThread();
        private boolean refused;

        Offer(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (Thread.currentThread() == offering) {
                refused = true;
            } else {
                task.run();
            }
        }
    }
}
