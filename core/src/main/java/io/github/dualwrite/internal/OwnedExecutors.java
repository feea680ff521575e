package io.github.dualwrite.internal;

import io.github.dualwrite.spi.WithheldException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads that a repository starts, all daemons, all ended with it. Threads start when they are first needed. */
public final class OwnedExecutors {

    private static final Logger log = LoggerFactory.getLogger(OwnedExecutors.class);
    private static final int SENDERS = Math.max(2, Runtime.getRuntime().availableProcessors());
    private static final int SEND_QUEUE = 1024;
    private static final int QUERIES = 32;
    private static final int QUERY_QUEUE = 256;
    private static final int FLAG_QUEUE = SourceCalls.WAITING_KEYS + 24; // never full

    private final ExecutorService sender;
    private final ExecutorService followUps;
    private final ExecutorService reader;
    private final ExecutorService queries;
    private final List<ExecutorService> shadows = new CopyOnWriteArrayList<>();
    private final ExecutorService flags;
    private final ScheduledExecutorService scheduler;
    private final ScheduledExecutorService timer;
    private final ScheduledExecutorService fleet;
    private final ScheduledExecutorService samples;
    private final ScheduledExecutorService completion;
    private final ScheduledExecutorService relay;
    private final List<Runnable> beforeEnd = new CopyOnWriteArrayList<>();
    private final List<Runnable> afterEnd = new CopyOnWriteArrayList<>();
    private final String repository;
    private final Machine machine;

    public OwnedExecutors(String repository, Machine machine) {
        this.repository = repository;
        this.machine = machine;
        queries = machine.pool("dualwrite-query-" + repository, QUERIES, QUERY_QUEUE);
        sender = machine.pool("dualwrite-sender-" + repository, SENDERS, SEND_QUEUE);
        followUps = machine.pool("dualwrite-follow-up-" + repository, SENDERS, SEND_QUEUE);
        reader = machine.pool("dualwrite-reader-" + repository, SENDERS, SEND_QUEUE);
        flags = machine.pool("dualwrite-flags-" + repository, 1, FLAG_QUEUE);
        scheduler = machine.scheduled("dualwrite-housekeeping-" + repository);
        timer = machine.scheduled("dualwrite-timer-" + repository);
        fleet = machine.scheduled("dualwrite-fleet-" + repository);
        samples = machine.scheduled("dualwrite-samples-" + repository);
        completion = machine.scheduled("dualwrite-completion-" + repository);
        relay = machine.scheduled("dualwrite-relay-" + repository);
    }

    /** What all this runs on. */
    public Machine machine() {
        return machine;
    }

    /** Sends writes to the follower where the caller's thread must not; rejects what does not fit its queue. */
    public ExecutorService sender() {
        return sender;
    }

    /** Reads again what callers have committed by themselves, which may have to wait for a connection; rejects what does not fit its queue. */
    public ExecutorService followUps() {
        return followUps;
    }

    /** Starts reads of a follower that may hold the thread that starts them; rejects what does not fit its queue. */
    public ExecutorService reader() {
        return reader;
    }

    /** Runs the follower's side of queries, which may hold a thread; rejects what does not fit its queue. */
    public ExecutorService queries() {
        return queries;
    }

    /** A new pool for shadow reads or their calls. Refuses what does not fit its queue at the lowest cost: that is on the path of a read. */
    public ExecutorService shadow(String purpose, int threads, int queueSize) {
        ExecutorService pool = machine.pool("dualwrite-" + purpose + "-" + repository, threads, queueSize);
        shadows.add(pool);
        return pool;
    }

    /** The same pool for tasks from the path of a read, which wake no thread as long as there is traffic and begin a little later. */
    public Executor relayed(ExecutorService pool) {
        return new Relay(pool, relay);
    }

    /** Ends calls at their deadline. */
    public ScheduledExecutorService timer() {
        return timer;
    }

    /** Asks the source of the read route, which may hang without harm to anything else. */
    public ExecutorService flags() {
        return flags;
    }

    /** Confirms, and sweeps pending keys. */
    public ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /** Reads what is pending for the fleet; nothing else may delay it. */
    public ScheduledExecutorService fleet() {
        return fleet;
    }

    /** Looks at the queue for who watches it, which may take long. */
    public ScheduledExecutorService samples() {
        return samples;
    }

    /** Looks whether the backfill is complete, which reads believe for a short time only; nothing else may delay it. */
    public ScheduledExecutorService completion() {
        return completion;
    }

    /** Runs a task again and again; its failures are logged at DEBUG and do not end it. */
    public void repeat(Duration interval, Runnable task) {
        repeat(scheduler, interval, task);
    }

    /** The same on another of these executors. */
    public static void repeat(ScheduledExecutorService executor, Duration interval, Runnable task) {
        ScheduledFuture<?> unused = executor.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException | Error e) {
                        log.debug("housekeeping failed, will be repeated", WithheldException.of(e));
                    }
                },
                interval.toNanos(),
                interval.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    /** Has this run when the threads are to end, before they do; what it throws is logged. */
    public void beforeEnd(Runnable task) {
        beforeEnd.add(task);
    }

    /** Has this run after the threads have been told to end and what waited for them is dropped; what it throws is logged. */
    public void afterEnd(Runnable task) {
        afterEnd.add(task);
    }

    /** Ends all threads without waiting for anything: for a repository that could not be opened. */
    public void abandon() {
        runAll(beforeEnd);
        end();
    }

    /** Runs a first task, lets the sender finish, runs a last task, and ends all threads. */
    public void close(Duration wait, Runnable first, Runnable last) {
        runAll(beforeEnd);
        try {
            first.run();
            long end = machine.nanos() + wait.toNanos();
            followUps.shutdown(); // before the sender, which it gives work
            boolean through = followUps.awaitTermination(wait.toMillis(), TimeUnit.MILLISECONDS);
            sender.shutdown();
            if (!sender.awaitTermination(end - machine.nanos(), TimeUnit.NANOSECONDS) || !through) {
                log.debug("writes under way are left to the reconciler");
            }
            scheduler.submit(last).get(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            log.debug("confirmations under way are left to the reconciler", WithheldException.of(e));
        } finally {
            end();
        }
    }

    private void end() {
        List<ExecutorService> all = new ArrayList<>(List.of(
                sender, followUps, reader, queries, scheduler, timer, flags, fleet, samples, completion, relay));
        all.addAll(shadows);
        all.forEach(ExecutorService::shutdownNow);
        runAll(afterEnd);
    }

    private void runAll(List<Runnable> tasks) {
        for (Runnable task : tasks) {
            try {
                task.run();
            } catch (RuntimeException
                    | Error e) { // may be an application's code, and the threads must end all the same
                log.atWarn()
                        .addKeyValue("event", "CloseStepFailed")
                        .addKeyValue("repository", repository)
                        .addKeyValue("error", e.getClass().getName())
                        .log("a step of closing failed, the others are done");
                log.debug("a step of closing failed", WithheldException.of(e));
            }
        }
    }
}
