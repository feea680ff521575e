package io.github.dualwrite.simulation;

import io.github.dualwrite.internal.Machine;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;

/** The machine that an instance runs on: virtual time, threads that take turns. */
final class SimMachine implements Machine {

    private final Instance instance;
    private final World world;

    SimMachine(Instance instance) {
        this.instance = instance;
        this.world = instance.world;
    }

    @Override
    public long nanos() {
        return world.loop.now();
    }

    @Override
    public long millis() {
        return world.clock.millis(); // the clock of the stores: what is compared with their times
    }

    @Override
    public double chance() {
        return world.choices.number(1000) / 1000.0;
    }

    @Override
    public <T> T await(CompletableFuture<T> future, Duration limit) throws ExecutionException, TimeoutException {
        instance.mustLive();
        return world.loop.await(future, Math.max(0, limit.toNanos()));
    }

    @Override
    public Lock lock() {
        return new SimLock(instance);
    }

    @Override
    public Thread thread(String name, Runnable work) {
        return new Thread(work, name) {
            @Override
            public synchronized void start() {
                world.loop.spawn(instance, shortName(name), work, world.loop.now());
            }
        };
    }

    @Override
    public ExecutorService pool(String name, int threads, int queue) {
        return new SimPool(instance, shortName(name), threads, queue);
    }

    @Override
    public ScheduledExecutorService scheduled(String name) {
        return new SimTimer(instance, shortName(name));
    }

    private static String shortName(String name) {
        int begin = name.indexOf('-') + 1; // dualwrite-<what>-<repository>
        return name.substring(begin, name.indexOf('-', begin));
    }
}
