package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One thread for what is delayed. The one that ends calls at their deadline is no actor: its tasks run as steps, and a step
 * that waits breaks the schedule. Nothing must hold up that thread.
 */
final class SimTimer extends AbstractExecutorService implements ScheduledExecutorService {

    private final Instance instance;
    private final World world;
    private final String name;
    private final boolean mustNotWait;
    private final Deque<Timed> due = new ArrayDeque<>();
    private boolean busy;
    private boolean shutdown;

    SimTimer(Instance instance, String name) {
        this.instance = instance;
        this.world = instance.world;
        this.name = name;
        this.mustNotWait = name.equals("timer");
    }

    private final class Timed implements ScheduledFuture<Object> {
        private final Runnable task;
        private final long again;
        private @Nullable Step step;
        private boolean cancelled;

        Timed(Runnable task, long again) {
            this.task = task;
            this.again = again;
        }

        void scheduled(long delay) {
            long from = world.loop.now() + world.settings.delay(delay) + world.faults.lateness();
            step = world.loop.add(Step.run(from, instance, name, null, Step.Touch.NOTHING, this::isDue));
        }

        private void isDue() {
            if (mustNotWait) {
                run();
                return;
            }
            due.add(this);
            if (!busy) {
                busy = true;
                world.loop.spawn(instance, name, SimTimer.this::work, world.loop.now());
            }
        }

        void run() {
            if (!cancelled) {
                task.run();
                if (again >= 0 && !shutdown) {
                    scheduled(again);
                }
            }
        }

        @Override
        public boolean cancel(boolean interrupt) {
            cancelled = true;
            if (step != null) {
                world.loop.remove(step);
            }
            return true;
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public boolean isDone() {
            return cancelled;
        }

        @Override
        public Object get() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object get(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long getDelay(TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int compareTo(Delayed other) {
            throw new UnsupportedOperationException();
        }
    }

    private void work() {
        for (Timed next = due.pollFirst(); next != null; next = due.pollFirst()) {
            next.run();
            instance.mustLive();
        }
        busy = false;
    }

    private ScheduledFuture<?> schedule(Runnable task, long delay, long again) {
        if (instance.dead() || shutdown) {
            throw new RejectedExecutionException(name + " has ended");
        }
        Timed timed = new Timed(task, again);
        timed.scheduled(delay);
        return timed;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return schedule(task, unit.toNanos(delay), -1);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long delay, TimeUnit unit) {
        return schedule(task, unit.toNanos(initial), unit.toNanos(delay));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initial, long period, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    @SuppressWarnings("unchecked") // nobody asks a timer for a result
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return (ScheduledFuture<V>) schedule(
                () -> {
                    try {
                        task.call();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                },
                unit.toNanos(delay),
                -1);
    }

    @Override
    public void execute(Runnable task) {
        ScheduledFuture<?> unused = schedule(task, 0, -1);
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown && !busy;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        throw new UnsupportedOperationException("no instance is closed in a simulation: it dies");
    }
}
