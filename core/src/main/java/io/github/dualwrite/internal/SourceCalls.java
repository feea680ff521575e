package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the source of a read route: one at a time, each bounded. One that takes longer is interrupted, counts as failed, and
 * its late answer is not used; while it holds the thread all the same, no other is made. So a source that hangs for good costs
 * one thread. Safe for use by many threads.
 */
final class SourceCalls {

    private final Executor executor;
    private final Duration timeout;
    private final LongSupplier nanos;
    private volatile @Nullable Call running;

    /**
     * No calls yet.
     *
     * @param executor one thread of its own, with a bounded queue
     */
    SourceCalls(Executor executor, Duration timeout, LongSupplier nanos) {
        this.executor = executor;
        this.timeout = timeout;
        this.nanos = nanos;
    }

    /** Gets told whether it has been given up. */
    @FunctionalInterface
    interface Question {
        void ask(BooleanSupplier givenUp);
    }

    private final class Call implements Runnable {

        private final Question question;
        private final Consumer<Throwable> failed;
        private final Runnable ended;
        private volatile long startedAt;
        private volatile boolean givenUp;
        private @Nullable Thread thread;

        private Call(Question question, Consumer<Throwable> failed, Runnable ended) {
            this.question = question;
            this.failed = failed;
            this.ended = ended;
        }

        @Override
        public void run() {
            startedAt = nanos.getAsLong();
            holdBy(Thread.currentThread());
            running = this;
            try {
                question.ask(() -> givenUp);
            } finally {
                running = null;
                holdBy(null);
                if (givenUp) {
                    Thread.interrupted(); // was meant for this call alone
                }
                ended.run();
            }
        }

        private synchronized void holdBy(@Nullable Thread holder) {
            thread = holder;
        }

        private synchronized void interrupt() {
            if (thread != null) {
                thread.interrupt();
            }
        }

        private void checkTime() {
            if (nanos.getAsLong() - startedAt >= timeout.toNanos()) {
                boolean first = !givenUp;
                givenUp = true;
                if (first) {
                    interrupt();
                }
                failed.accept(new TimeoutException("the source of the read route has not answered within " + timeout));
            }
        }
    }

    /**
     * Puts a question, after those that wait.
     *
     * @param failed told if it is given up
     * @param ended called when it has ended, however that was
     * @return false if too many wait, and then nothing is called
     */
    boolean put(Question question, Consumer<Throwable> failed, Runnable ended) {
        try {
            executor.execute(new Call(question, failed, ended));
            return true;
        } catch (RuntimeException e) { // full, or closed
            return false;
        }
    }

    /** Gives up the call under way if it takes too long; to be called again and again. */
    void watch() {
        Call call = running;
        if (call != null) {
            call.checkTime();
        }
    }
}
