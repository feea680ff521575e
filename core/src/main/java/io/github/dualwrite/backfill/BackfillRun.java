package io.github.dualwrite.backfill;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import io.github.dualwrite.spi.WithheldException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One run of one process: its threads work on splits, the caller's thread prolongs leases, measures and reports. All threads have ended
 * when it returns.
 */
final class BackfillRun<K, V> {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final double SMOOTHING = 0.3;

    private final Backfill<K, V> backfill;
    private final BackfillParts<K, V> parts;
    private final BackfillSettings<V> settings;
    private final RunControl control;
    private final JobStore jobs;
    private final SplitWorker<K, V> worker;
    private final Machine machine;

    /** In the order in which they were claimed, one for each thread: what is done to all of them is done in an order that can be repeated. */
    private final List<HeldSplit> held = new CopyOnWriteArrayList<>();

    private final AtomicInteger working = new AtomicInteger();

    /** How many splits this process has let go of, done or not. */
    private final AtomicInteger left = new AtomicInteger();

    private long measuredAt;
    private SplitProgress measured;
    private double rowsPerSecond = -1;
    private double bytesPerSecond;

    BackfillRun(Backfill<K, V> backfill, BackfillParts<K, V> parts, BackfillSettings<V> settings, RunControl control) {
        this.backfill = backfill;
        this.parts = parts;
        this.settings = settings;
        this.control = control;
        this.jobs = parts.jobs();
        this.worker = backfill.worker(control);
        this.machine = parts.guard().machine();
        this.measured = SplitProgress.of(0, new Split(""));
    }

    void run(Job begun) throws InterruptedException {
        measuredAt = machine.nanos();
        measured = BackfillReport.total(begun);
        List<Thread> threads = new ArrayList<>();
        for (int i = 1; i <= settings.threads; i++) {
            threads.add(machine.thread("dualwrite-backfill-" + parts.events().repository() + "-" + i, this::work));
        }
        try {
            threads.forEach(this::start);
            long tick = Math.min(SECOND, settings.lease.toNanos() / 4);
            while (working.get() > 0) {
                control.await(() -> working.get() == 0, tick);
                heartbeat();
                measure();
            }
        } finally {
            control.stop();
            join(threads);
        }
        Throwable failure = control.failure();
        if (failure instanceof BackfillException known) {
            throw known;
        }
        if (failure != null) {
            throw new BackfillException(
                    parts.events().repository(),
                    settings.job,
                    "the run failed: " + WithheldException.message(failure) + "; run again",
                    failure);
        }
    }

    /** Threads end after the call that they make now, which is bounded on the follower's side; on the authority's by its driver. */
    private void join(List<Thread> threads) throws InterruptedException {
        boolean interrupted = Thread.interrupted();
        while (working.get() > 0) {
            try {
                if (interrupted) {
                    threads.forEach(Thread::interrupt);
                }
                control.await(() -> working.get() == 0, SECOND);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        for (Thread thread : threads) { // has nothing left to do
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            throw new InterruptedException();
        }
    }

    private void start(Thread thread) {
        working.incrementAndGet();
        try {
            thread.start();
        } catch (RuntimeException | Error e) { // there are no more threads
            working.decrementAndGet();
            throw e;
        }
    }

    private void work() {
        try {
            while (!control.over() && next()) {
                // one split after the other
            }
        } catch (InterruptedException e) {
            control.stop();
        } catch (Throwable e) { // whatever it is, the caller must hear of it
            control.fail(e);
        } finally {
            working.decrementAndGet();
            control.wake();
        }
    }

    /** Works on a split, or waits for one. False if there is nothing more to do. */
    private boolean next() throws InterruptedException {
        int leftBefore = left.get();
        Optional<Job> job = control.retrying(() -> "reading the job", () -> jobs.find(settings.job));
        job.ifPresent(backfill::refuseAnother);
        if (job.isEmpty() || job.get().done() || job.get().state() == JobState.CANCELLED) {
            return false;
        }
        if (job.get().state() == JobState.PAUSED) {
            control.pause(settings.pollInterval.toNanos());
            return true;
        }
        Lease lease = Lease.of(settings.lease);
        Optional<SplitProgress> claimed =
                control.retrying(() -> "claiming a split", () -> jobs.claim(job.get(), lease));
        if (claimed.isEmpty()) {
            // others hold what is left, and may die; of those in this process it is known when they are through
            control.pause(settings.pollInterval.toNanos(), () -> left.get() != leftBefore);
            return true;
        }
        HeldSplit split = new HeldSplit(jobs, job.get(), claimed.get(), lease, machine);
        held.add(split);
        try {
            worker.work(split);
        } finally {
            held.remove(split);
            release(split);
            left.incrementAndGet();
            control.wake();
        }
        return true;
    }

    private void release(HeldSplit split) {
        try {
            split.release();
        } catch (RuntimeException e) { // it waits for the end of the lease
            parts.events()
                    .publish(new DualWriteEvent.BackfillWarned(
                            parts.events().repository(),
                            settings.job,
                            "split " + split.noted().number()
                                    + " could not be given back; it is free when its lease ends"));
        }
    }

    private void heartbeat() {
        for (HeldSplit split : held) {
            try {
                split.heartbeat();
            } catch (RuntimeException e) {
                // the next one is due at once; the worker meets the same error and says it
            }
        }
    }

    private void measure() {
        long now = machine.nanos();
        if (now - measuredAt < SECOND) {
            return;
        }
        Job job;
        try {
            job = backfill.job().orElse(null);
        } catch (RuntimeException e) { // only a look
            return;
        }
        if (job == null) {
            return;
        }
        SplitProgress total = BackfillReport.total(job);
        double seconds = (double) (now - measuredAt) / SECOND;
        double rows = Math.max(0, total.read() - measured.read()) / seconds;
        double bytes = Math.max(0, total.bytes() - measured.bytes()) / seconds;
        bytesPerSecond = rowsPerSecond < 0 ? bytes : bytesPerSecond + SMOOTHING * (bytes - bytesPerSecond);
        rowsPerSecond = rowsPerSecond < 0 ? rows : rowsPerSecond + SMOOTHING * (rows - rowsPerSecond);
        measured = total;
        measuredAt = now;
        backfill.measured(new Backfill.Rate(rowsPerSecond, bytesPerSecond));
        backfill.progressed(job);
    }
}
