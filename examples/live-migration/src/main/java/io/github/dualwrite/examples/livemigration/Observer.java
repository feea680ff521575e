package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Watches a run while time passes: measures rates and the queue, shows them, and waits for what has to happen. */
final class Observer {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration PATIENCE_WITH_JOBS = Duration.ofMinutes(30);
    private static final long LOOK_MILLIS = 50;
    private static final long LOOK_AT_JOB_MILLIS = 200;
    private static final long MEASURE_NANOS = 500_000_000L;

    private final Progress progress;
    private final DualWriteRepository<UUID, Customer> repository;
    private final CircuitBreaker breaker;
    private final Traffic traffic;
    private final WriterProcess process;
    private final long start = System.nanoTime();
    private final long plannedNanos;

    private long measuredAt = start;
    private long writesThen;
    private long readsThen;
    private long writeRate;
    private long readRate;
    private long pending;
    private long peak;
    private double begun;
    private double weight = 1;
    private double done;

    Observer(
            Progress progress,
            DualWriteRepository<UUID, Customer> repository,
            CircuitBreaker breaker,
            Traffic traffic,
            WriterProcess process,
            Duration planned) {
        this.progress = progress;
        this.repository = repository;
        this.breaker = breaker;
        this.traffic = traffic;
        this.process = process;
        this.plannedNanos = planned.toNanos();
    }

    /** A new part of the run begins, which takes this share of the planned time. */
    void part(String name, double share) {
        progress.begin(name);
        begun = done;
        weight = share;
    }

    /** A share of the planned time is over, however long it took. */
    void advance(double share) {
        done += share;
    }

    /** Has something done on another thread, which is a part of the run for itself, and watches meanwhile. */
    <T> T during(String name, Callable<T> job, Supplier<Progress.Part> part) throws Exception {
        progress.begin(name);
        FutureTask<T> task = new FutureTask<>(job);
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        long end = System.nanoTime() + PATIENCE_WITH_JOBS.toNanos();
        try {
            while (!task.isDone()) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException(name + " did not end within " + PATIENCE_WITH_JOBS);
                }
                hasNotEnded(process);
                measure();
                show(name, part.get());
                thread.join(LOOK_AT_JOB_MILLIS);
            }
            T answer = task.get();
            show(name, new Progress.Part(1, part.get().detail()));
            return answer;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            thread.interrupt();
        }
    }

    /**
     * Lets a share of the planned time pass, and as much more as it takes until something has happened.
     *
     * @throws IllegalStateException if it does not happen, or if the writer process ends by itself
     */
    void watch(String step, double share, String awaited, BooleanSupplier happened) throws InterruptedException {
        long begin = System.nanoTime();
        long end = begin + (long) (share * plannedNanos);
        double doneBefore = done;
        while (System.nanoTime() < end || !happened.getAsBoolean()) {
            if (System.nanoTime() - end > PATIENCE.toNanos()) {
                throw new IllegalStateException(step + ": waited in vain until " + awaited);
            }
            hasNotEnded(process);
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            measure();
            done = doneBefore + Math.min(share, (double) (System.nanoTime() - begin) / plannedNanos);
            show(step);
        }
        done = doneBefore + share;
    }

    private static void hasNotEnded(WriterProcess process) {
        if (process.endedByItself()) {
            throw new IllegalStateException("the writer process ended by itself; see above");
        }
    }

    /** Shows where things stand. */
    void show(String step) {
        show(step, new Progress.Part((done - begun) / weight, ""));
    }

    private void show(String step, Progress.Part part) {
        progress.show(new Progress.Moment(
                step,
                part.done(),
                part.detail(),
                writeRate,
                readRate,
                pending,
                breaker.getState().name()));
    }

    private void measure() {
        long now = System.nanoTime();
        if (now - measuredAt >= MEASURE_NANOS) {
            long writes = writes();
            long reads = reads();
            writeRate = (writes - writesThen) * 1_000_000_000L / (now - measuredAt);
            readRate = (reads - readsThen) * 1_000_000_000L / (now - measuredAt);
            writesThen = writes;
            readsThen = reads;
            measuredAt = now;
            look();
        }
    }

    /** The queue's depth now, parked writes included. */
    long look() {
        QueueStatistics queue = repository.reconciler().statistics();
        pending = queue.depth() + queue.parked();
        peak = Math.max(peak, pending);
        return pending;
    }

    /** The queue's depth when it was last looked at. */
    long pending() {
        return pending;
    }

    /** The queue's greatest depth. */
    long peak() {
        return peak;
    }

    /** Acknowledged writes of both processes. */
    long writes() {
        return traffic.ledgers().stream().mapToLong(Ledger::writes).sum()
                + process.ledger().writes();
    }

    /** Answered reads of both processes. */
    long reads() {
        return traffic.ledgers().stream().mapToLong(Ledger::reads).sum()
                + process.ledger().reads();
    }

    /** Calls that threw, in both processes. */
    long failures() {
        return traffic.ledgers().stream().mapToLong(Ledger::failures).sum()
                + process.ledger().failures();
    }

    /** Seconds since the traffic began. */
    long seconds() {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    }
}
