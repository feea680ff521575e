package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A pool whose threads are actors. Sometimes it takes no more although it could. */
final class SimPool extends AbstractExecutorService {

    private final Instance instance;
    private final World world;
    private final String name;
    private final int threads;
    private final int capacity;
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private int busy;
    private boolean shutdown;

    SimPool(Instance instance, String name, int threads, int capacity) {
        this.instance = instance;
        this.world = instance.world;
        this.name = name;
        this.threads = threads;
        this.capacity = capacity;
    }

    @Override
    public void execute(Runnable task) {
        if (instance.dead() || shutdown || world.faults.executorRefuses()) {
            throw new RejectedExecutionException(name + " takes no more");
        }
        if (busy < threads) {
            busy++;
            world.loop.spawn(instance, name, () -> work(task), world.loop.now());
        } else if (queue.size() < capacity) {
            queue.add(task);
        } else {
            throw new RejectedExecutionException(name + " is full");
        }
    }

    private void work(Runnable first) {
        @Nullable Runnable task = first;
        while (task != null) {
            task.run();
            instance.mustLive();
            task = queue.pollFirst();
        }
        busy--;
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
        return shutdown && busy == 0;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        throw new UnsupportedOperationException("no instance is closed in a simulation: it dies");
    }
}
