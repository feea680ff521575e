package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the source of a read route: one at a time, each bounded. One that takes longer is interrupted, counts as failed, and
 * its late answer is not used; while it holds the thread all the same, no other is made. So a source that hangs for good costs
 * one thread. A question for the repository goes before those for single keys: it waits for one call at most, whose time is
 * watched. Safe for use by many threads.
 */
final class SourceCalls {

    /** How many questions for single keys may wait: fewer than the executor's queue takes. */
    static final int WAITING_KEYS = 1000;

    private final Executor executor;
    private final Duration timeout;
    private final LongSupplier nanos;
    private final Deque<Call> waiting = new ConcurrentLinkedDeque<>();
    private final AtomicInteger waitingKeys = new AtomicInteger();
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

    private final class Call {

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

        private void run() {
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
     * Puts a question for a single key, after those that wait.
     *
     * @param failed told if it is given up
     * @param ended called when it has ended, however that was
     * @return false if too many wait, and then nothing is called
     */
    boolean put(Question question, Consumer<Throwable> failed, Runnable ended) {
        if (waitingKeys.incrementAndGet() > WAITING_KEYS) {
            waitingKeys.decrementAndGet();
            return false;
        }
        Call call = new Call(
                givenUp -> {
                    waitingKeys.decrementAndGet();
                    question.ask(givenUp);
                },
                failed,
                ended);
        waiting.addLast(call);
        boolean put = runNextSoon(call);
        if (!put) {
            waitingKeys.decrementAndGet();
        }
        return put;
    }

    /** Puts a question before those that wait; false if the executor has ended. */
    boolean putFirst(Question question, Consumer<Throwable> failed, Runnable ended) {
        Call call = new Call(question, failed, ended);
        waiting.addFirst(call);
        return runNextSoon(call);
    }

    private boolean runNextSoon(Call call) {
        try {
            executor.execute(() -> {
                Call next = waiting.pollFirst();
                if (next != null) {
                    next.run();
                }
            });
            return true;
        } catch (RuntimeException | Error e) { // full, or closed, or there is no thread
            return !waiting.remove(call);
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
