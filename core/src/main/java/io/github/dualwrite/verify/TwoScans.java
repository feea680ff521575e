package io.github.dualwrite.verify;

import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.WithheldException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Works on the splits of both sides at once, on a bounded number of threads that end with the work. */
final class TwoScans {

    /** What is done with one split. False if it was ended before the split's end. */
    @FunctionalInterface
    interface SplitWork {
        boolean run(Side side, Split split, RecordDigest digest) throws InterruptedException;
    }

    @FunctionalInterface
    interface Digests {
        RecordDigest make();
    }

    private record Task(Side side, Split split) {}

    private final String repository;
    private final int threads;
    private final Digests digests;

    TwoScans(String repository, int threads, Digests digests) {
        this.repository = repository;
        this.threads = threads;
        this.digests = digests;
    }

    /** False if not every split was worked on to its end. The first failure ends all. */
    boolean run(List<Split> authority, List<Split> follower, SplitWork work) throws InterruptedException {
        Queue<Task> tasks = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < Math.max(authority.size(), follower.size()); i++) { // by turns, so that both go on together
            if (i < authority.size()) {
                tasks.add(new Task(Side.AUTHORITY, authority.get(i)));
            }
            if (i < follower.size()) {
                tasks.add(new Task(Side.FOLLOWER, follower.get(i)));
            }
        }
        AtomicInteger number = new AtomicInteger();
        ExecutorService executor = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "dualwrite-verify-" + repository + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        AtomicBoolean ended = new AtomicBoolean();
        try {
            CompletionService<Boolean> workers = new ExecutorCompletionService<>(executor);
            for (int i = 0; i < threads; i++) {
                Future<Boolean> unused = workers.submit(() -> {
                    work(tasks, ended, work);
                    return true;
                });
            }
            for (int i = 0; i < threads; i++) {
                result(workers.take()); // whichever ends first, so that a failure ends the others at once
            }
            return !ended.get();
        } finally {
            executor.shutdownNow();
            boolean unusedEnd = executor.awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    private void work(Queue<Task> tasks, AtomicBoolean ended, SplitWork work) throws InterruptedException {
        RecordDigest digest = digests.make();
        for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
            try {
                if (!work.run(task.side(), task.split(), digest)) {
                    ended.set(true);
                    return;
                }
            } catch (RuntimeException e) {
                tasks.clear();
                throw e instanceof PermanentFailure || e instanceof IllegalArgumentException || WithheldException.of(e) != e
                        ? new VerificationException(
                                repository,
                                "split " + task.split().range() + " of the " + name(task.side()) + ": "
                                        + WithheldException.message(e),
                                e)
                        : e;
            }
        }
    }

    static String name(Side side) {
        return side == Side.AUTHORITY ? "authority" : "follower";
    }

    private static void result(Future<Boolean> worker) throws InterruptedException {
        try {
            boolean unused = worker.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(WithheldException.orNull(e.getCause()));
        }
    }
}
