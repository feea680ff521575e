package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Collects what comes one by one for a short time and hands it on in batches, so that a thread is woken and a store is called
 * once for many. Keeps the order. Bounded. Safe for use by many threads; adding never waits.
 */
final class Batches<T> {

    private final int size;
    private final int capacity;
    private final Soon flush;
    private final Consumer<List<T>> to;
    private final ConcurrentLinkedQueue<T> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();

    /**
     * Batches.
     *
     * @param size the most that is handed on at once
     * @param capacity the most that may wait
     * @param delay how long the first of a batch waits for others
     * @param to takes a batch, called by a thread of the scheduler or of whoever flushes; must not throw
     */
    Batches(int size, int capacity, Duration delay, ScheduledExecutorService scheduler, Consumer<List<T>> to) {
        this.size = size;
        this.capacity = capacity;
        this.flush = new Soon(scheduler, delay, this::flushWaiting);
        this.to = to;
    }

    /** Adds one; false if too many wait already, or nothing will fetch it: then it is not handed on. */
    boolean add(T one) {
        if (count.get() >= capacity) {
            return false;
        }
        waiting.add(one);
        count.incrementAndGet();
        if (!flush.ask() && waiting.remove(one)) { // if it is gone, the last flush has taken it
            count.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Hands on what waits now, and no more: what comes meanwhile has its own delay, and others their turn on the thread. */
    private void flushWaiting() {
        int left = count.get();
        while (left > 0) {
            List<T> batch = take(Math.min(size, left));
            if (batch.isEmpty()) {
                break;
            }
            left -= batch.size();
            to.accept(batch);
        }
    }

    /** Hands on all that waits, now. */
    void flush() {
        flush.begin();
        for (List<T> batch = take(size); !batch.isEmpty(); batch = take(size)) {
            to.accept(batch);
        }
    }

    private List<T> take(int most) {
        List<T> batch = new ArrayList<>();
        while (batch.size() < most) {
            T next = waiting.poll();
            if (next == null) {
                break;
            }
            count.decrementAndGet();
            batch.add(next);
        }
        return batch;
    }
}
