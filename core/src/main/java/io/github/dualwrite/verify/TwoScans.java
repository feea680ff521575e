package io.github.dualwrite.verify;

import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.WithheldException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
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

    private static final Duration FOREVER = Duration.ofDays(10_000);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Machine machine;
    private final String repository;
    private final int threads;
    private final RunControl control;
    private final Digests digests;

    TwoScans(Machine machine, String repository, int threads, RunControl control, Digests digests) {
        this.machine = machine;
        this.repository = repository;
        this.threads = threads;
        this.control = control;
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
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger working = new AtomicInteger();
        CompletableFuture<Boolean> allEnded = new CompletableFuture<>();
        // ends with the first failure, as a value: a future that fails by a cancellation hides whose it was
        CompletableFuture<Optional<Throwable>> result = new CompletableFuture<>();
        List<Thread> workers = new ArrayList<>();
        working.set(1); // this one
        try {
            for (int i = 1; i <= threads; i++) {
                Thread worker = machine.thread("dualwrite-verify-" + repository + "-" + i, () -> {
                    try {
                        work(tasks, ended, work);
                    } catch (Throwable e) { // whatever it is, the caller must hear of it
                        result.complete(Optional.of(e));
                    } finally {
                        end(working, allEnded, result);
                    }
                });
                working.incrementAndGet();
                workers.add(worker);
                worker.start();
            }
            end(working, allEnded, result);
            awaitResult(result);
            return !ended.get();
        } finally {
            tasks.clear();
            if (!allEnded.isDone()) { // only after a failure, which ends the run
                control.stop();
                workers.forEach(Thread::interrupt);
                awaitEnd(allEnded);
            }
        }
    }

    private static void end(
            AtomicInteger working, CompletableFuture<Boolean> allEnded, CompletableFuture<Optional<Throwable>> result) {
        if (working.decrementAndGet() == 0) {
            allEnded.complete(true);
            result.complete(Optional.empty());
        }
    }

    private void awaitResult(CompletableFuture<Optional<Throwable>> result) throws InterruptedException {
        Optional<Throwable> failure;
        try {
            failure = machine.await(result, FOREVER);
        } catch (TimeoutException | ExecutionException e) { // nothing ends it by a failure
            throw new IllegalStateException("the scans did not end in " + FOREVER, e);
        }
        if (failure.isPresent()) {
            throw failure(failure.get());
        }
    }

    private void awaitEnd(CompletableFuture<Boolean> allEnded) throws InterruptedException {
        try {
            Boolean unused = machine.await(allEnded, PATIENCE);
        } catch (TimeoutException | ExecutionException e) {
            return; // each ends with its call
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
                throw e instanceof PermanentFailure
                                || e instanceof IllegalArgumentException
                                || WithheldException.of(e) != e
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

    private static RuntimeException failure(Throwable cause) throws InterruptedException {
        if (cause instanceof RuntimeException failure) {
            return failure;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        if (cause instanceof InterruptedException) {
            throw new InterruptedException();
        }
        return new IllegalStateException(WithheldException.of(cause));
    }
}
