package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;

/**
 * What a repository takes from the machine it runs on: time, chance, threads, and waiting. Whatever is decided neither by the
 * code nor by what the stores answer comes through here, so that a simulation can decide it.
 */
public interface Machine {

    /** A clock like {@link System#nanoTime}. */
    long nanos();

    /** A clock like {@link System#currentTimeMillis}. */
    long millis();

    /** From 0 to 1, like {@link Math#random}. */
    double chance();

    /** Waits as {@link CompletableFuture#get(long, java.util.concurrent.TimeUnit)} does; a limit below zero is none left. */
    <T> T await(CompletableFuture<T> future, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException;

    /**
     * A lock that may be held while the authority is called: whoever waits for it waits as for an answer. Has no conditions.
     */
    Lock lock();

    /** A daemon thread that is not started yet. */
    Thread thread(String name, Runnable work);

    /** Waits for a time. */
    default void sleep(Duration time) throws InterruptedException {
        try {
            await(new CompletableFuture<>(), time);
        } catch (TimeoutException | ExecutionException e) {
            return; // it is over
        }
    }

    /** Daemon threads that start when they are needed; refuses, at the lowest cost, what does not fit the queue. */
    ExecutorService pool(String name, int threads, int queue);

    /** One daemon thread; nothing that is delayed runs after its shutdown. */
    ScheduledExecutorService scheduled(String name);
}
