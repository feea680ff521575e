package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** A lock whose holder may give the baton away: whoever finds it held waits as for an answer. */
final class SimLock implements Lock {

    private final Instance instance;
    private final Deque<CompletableFuture<Boolean>> waiting = new ArrayDeque<>();
    private @Nullable Actor holder;
    private int depth;

    SimLock(Instance instance) {
        this.instance = instance;
    }

    @Override
    public void lock() {
        while (!tryLock()) {
            CompletableFuture<Boolean> free = new CompletableFuture<>();
            waiting.add(free);
            try {
                Boolean unused = instance.world.loop.await(free, -1);
            } catch (ExecutionException | TimeoutException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public boolean tryLock() {
        Actor self = instance.world.loop.current();
        if (depth > 0 && holder != self) {
            return false;
        }
        holder = self;
        depth++;
        return true;
    }

    @Override
    public void unlock() {
        if (--depth > 0) {
            return;
        }
        CompletableFuture<Boolean> next = waiting.pollFirst();
        if (next != null) {
            next.complete(true);
        }
    }

    @Override
    public void lockInterruptibly() {
        lock();
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Condition newCondition() {
        throw new UnsupportedOperationException();
    }
}
