package io.github.dualwrite.fake;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;

/** An executor that does nothing until a test says so. */
public final class Tasks implements Executor {

    private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    @Override
    public void execute(Runnable task) {
        waiting.add(task);
    }

    /** Runs what waits, and what comes meanwhile, on the calling thread. */
    public void run() {
        for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
            task.run();
        }
    }

    public int size() {
        return waiting.size();
    }
}
