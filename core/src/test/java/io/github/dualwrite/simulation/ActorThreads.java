package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads that are used again by one actor after another, over many schedules. Only the holder of the baton may call. */
final class ActorThreads implements AutoCloseable {

    private final Deque<Worker> idle = new ArrayDeque<>();

    void start(Actor actor) {
        Worker worker = idle.pollFirst();
        if (worker == null) {
            worker = new Worker();
            worker.setDaemon(true);
            actor.runsOn(worker);
            worker.next = actor;
            worker.start();
        } else {
            actor.runsOn(worker);
            worker.next = actor;
            LockSupport.unpark(worker);
        }
    }

    @Override
    public void close() {
        idle.forEach(worker -> {
            worker.end = true;
            LockSupport.unpark(worker);
        });
        idle.clear();
    }

    private final class Worker extends Thread {
        private volatile @Nullable Actor next;
        private volatile boolean end;

        @Override
        public void run() {
            while (!end) {
                Actor actor = next;
                if (actor == null) {
                    LockSupport.park(this);
                    Actor.forgetInterrupt();
                } else {
                    next = null;
                    Actor.forgetInterrupt();
                    Loop loop = actor.instance.world.loop;
                    loop.runs(actor);
                    Actor after = loop.ended(actor);
                    if (after.begun()) {
                        idle.addFirst(this); // still with the baton
                        after.takeBaton();
                    } else { // no need to wake another thread for it
                        after.runsOn(this);
                        next = after;
                    }
                }
            }
        }
    }
}
