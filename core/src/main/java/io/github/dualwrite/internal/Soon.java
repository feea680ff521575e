package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Has a task run once, a short time after it was asked for, however often it is asked for meanwhile. Safe for use by many threads;
 * asking never waits.
 */
final class Soon {

    private final ScheduledExecutorService scheduler;
    private final Duration delay;
    private final Runnable task;
    private final AtomicBoolean asked = new AtomicBoolean();

    /** The task runs on the scheduler's thread and must not throw. */
    Soon(ScheduledExecutorService scheduler, Duration delay, Runnable task) {
        this.scheduler = scheduler;
        this.delay = delay;
        this.task = task;
    }

    /** False if the task will not run. Whatever was done before asking is seen by the task. */
    boolean ask() {
        if (scheduler.isShutdown()) { // and has dropped what it was asked for before
            return false;
        }
        if (!asked.get() && asked.compareAndSet(false, true)) {
            try {
                ScheduledFuture<?> unused = scheduler.schedule(this::run, delay.toNanos(), TimeUnit.NANOSECONDS);
            } catch (RuntimeException | Error e) { // closed, or no thread
                asked.set(false);
                return false;
            }
        }
        return true;
    }

    /** For a caller that does the task's work itself, before it begins: who asks from now on means a later run. */
    void begin() {
        asked.set(false);
    }

    private void run() {
        begin();
        task.run();
    }
}
