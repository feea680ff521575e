package io.github.dualwrite.simulation;

import io.github.dualwrite.simulation.Simulation.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Many schedules, several at a time. */
final class Runs {

    private final AtomicLong next;
    private final long end;
    private final Supplier<Mutation> mutation;
    private final AtomicLong steps = new AtomicLong();
    private final ConcurrentSkipListMap<String, Long> seen = new ConcurrentSkipListMap<>();
    private final AtomicLong done = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final ConcurrentLinkedQueue<Outcome> broken = new ConcurrentLinkedQueue<>();

    Runs(long seed, long schedules, Supplier<Mutation> mutation) {
        this.next = new AtomicLong(seed);
        this.end = seed + schedules;
        this.mutation = mutation;
    }

    /**
     * Runs until all are done or a rule is broken; the outcomes that broke one, those of lower seeds first.
     *
     * @throws AssertionError if a schedule could not be run
     */
    List<Outcome> run(int threads) throws InterruptedException {
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread worker = new Thread(this::work, "simulation-" + i);
            worker.start();
            workers.add(worker);
        }
        for (Thread worker : workers) {
            worker.join();
        }
        Throwable failed = failure.get();
        if (failed != null) {
            throw new AssertionError("a schedule could not be run: " + failed, failed);
        }
        return broken.stream().sorted(Comparator.comparingLong(Outcome::seed)).toList();
    }

    private void work() {
        try {
            runEach();
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    private void runEach() {
        try (Simulation simulation = new Simulation()) {
            for (long seed = next.getAndIncrement(); seed < end && mayGoOn(); seed = next.getAndIncrement()) {
                Outcome outcome = simulation.run(seed, mutation, false);
                steps.addAndGet(outcome.steps());
                done.incrementAndGet();
                outcome.seen().forEach((what, times) -> seen.merge(what, (long) times, Long::sum));
                if (outcome.violation() != null) {
                    broken.add(outcome);
                }
            }
        }
    }

    private boolean mayGoOn() {
        return broken.isEmpty() && failure.get() == null;
    }

    /** How often things happened that are of interest, over all schedules. */
    Map<String, Long> seen() {
        return seen;
    }

    long steps() {
        return steps.get();
    }

    long done() {
        return done.get();
    }
}
