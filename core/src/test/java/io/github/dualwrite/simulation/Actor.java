package io.github.dualwrite.simulation;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Something that runs on a thread. Of all actors of a world exactly one runs at a time: it holds the baton. */
final class Actor {

    final Instance instance;
    final String name;
    final Runnable body;
    private final ActorThreads threads;
    private volatile boolean holdsBaton;
    private volatile @Nullable Thread thread;

    /** How long this actor has waited for the authority in all. */
    long authorityTime;

    Actor(Instance instance, String name, Runnable body, ActorThreads threads) {
        this.instance = instance;
        this.name = name;
        this.body = body;
        this.threads = threads;
    }

    /** The actor that runs already, on the calling thread. */
    static Actor here(Instance instance, String name, ActorThreads threads) {
        Actor actor = new Actor(instance, name, () -> {}, threads);
        actor.thread = Thread.currentThread();
        return actor;
    }

    void runsOn(Thread thread) {
        this.thread = thread;
    }

    /** Whether it has a thread already. */
    boolean begun() {
        return thread != null;
    }

    /** Gives this actor the baton. The caller must not touch the world any more before it gets it back. */
    void takeBaton() {
        Thread runs = thread;
        if (runs == null) {
            threads.start(this);
        } else {
            holdsBaton = true;
            LockSupport.unpark(runs);
        }
    }

    /** Waits for the baton, having given it away. A call that is interrupted here goes on all the same, as many do. */
    void awaitBaton() {
        while (!holdsBaton) {
            LockSupport.park(this);
            forgetInterrupt();
        }
        forgetInterrupt(); // one may have come between the last look and the baton
        holdsBaton = false;
    }

    /** A thread that is interrupted would not park any more, but spin. */
    static void forgetInterrupt() {
        boolean unused = Thread.interrupted();
    }

    @Override
    public String toString() {
        return instance.name + " " + name;
    }
}
