package io.github.dualwrite.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Runs one piece of work in several threads that start together, and hands on the first failure. */
final class Parallel {

    private Parallel() {}

    interface Work {
        void run(int worker) throws Exception;
    }

    static void run(int workers, Duration patience, Work work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(workers);
        try {
            CyclicBarrier start = new CyclicBarrier(workers);
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                int worker = i;
                ends.add(threads.submit(() -> {
                    start.await();
                    work.run(worker);
                    return null;
                }));
            }
            for (Future<?> end : ends) {
                end.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        } finally {
            threads.shutdownNow();
        }
    }
}
