package io.github.dualwrite.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a race many times, as jcstress does: threads go through the same row of states at the same time, each with its own part.
 *
 * <p>Not jcstress itself: it generates its harness at compile time and starts several JVMs for each test, and these races must also run, in the
 * default suite and in one JVM, on a library of which one line is broken ({@link RacesTest}).
 */
public final class RaceRunner implements BiFunction<String, Long, String> {

    private static final int ROW = 1000;
    private static final int SKEW = 60;
    private static final int PATIENCE = 200;

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private AtomicIntegerArray positions = new AtomicIntegerArray(0);
    private List<Race> row = List.of();
    private List<List<Runnable>> parts = List.of();
    private long left;
    private long run;

    /** What went wrong in a race of this name that was run at most so many times; empty if it was, and nothing did. */
    @Override
    public String apply(String name, Long times) {
        left = times;
        try {
            return run(Races.named(name), times);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String run(Supplier<Race> race, long times) throws InterruptedException {
        int threads = race.get().threads().size();
        positions = new AtomicIntegerArray(threads);
        CyclicBarrier barrier = new CyclicBarrier(threads, () -> nextRow(race));
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int part = i;
            Thread worker = new Thread(() -> work(barrier, part), "race-" + i);
            worker.start();
            workers.add(worker);
        }
        for (Thread worker : workers) {
            worker.join();
        }
        Throwable failed = failure.get();
        if (failed == null && run != times) {
            return "ran only " + run + " times, not " + times;
        }
        return failed == null ? "" : "after " + run + " times: " + failed.getMessage();
    }

    private void work(CyclicBarrier barrier, int part) {
        try {
            for (barrier.await(); !parts.isEmpty(); barrier.await()) {
                for (int i = 0; i < parts.size(); i++) {
                    meet(part, i);
                    for (int spin = ThreadLocalRandom.current().nextInt(SKEW); spin > 0; spin--) {
                        Thread.onSpinWait();
                    }
                    parts.get(i).get(part).run();
                }
                positions.set(part, Integer.MAX_VALUE);
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
            positions.set(part, Integer.MAX_VALUE); // the others must not wait for this one
            if (!(e instanceof BrokenBarrierException)) {
                barrier.reset();
            }
        }
    }

    /** Waits until the others come to the same state: whoever is woken last must not find everything done. */
    private void meet(int part, int state) {
        positions.set(part, state);
        for (int other = 0; other < positions.length(); other++) {
            for (int spins = 0; positions.get(other) < state; spins++) {
                if (spins < PATIENCE) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.parkNanos(1);
                }
            }
        }
    }

    /** Looks at what came out of the last row; by one thread, while the others wait. */
    private void nextRow(Supplier<Race> race) {
        try {
            for (Race each : row) {
                run++;
                each.check();
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
        for (int i = 0; i < positions.length(); i++) {
            positions.set(i, -1);
        }
        row = new ArrayList<>();
        parts = new ArrayList<>();
        for (int i = 0; i < ROW && left > 0 && failure.get() == null; i++, left--) {
            Race next = race.get();
            row.add(next);
            parts.add(next.threads());
        }
    }
}
