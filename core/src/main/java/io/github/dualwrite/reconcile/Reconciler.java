package io.github.dualwrite.reconcile;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.AheadWatch;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings pending writes to the follower until none is left (DW-3), round by round; the steps of a round are in {@link Round}. Works as
 * a job ({@link #drain}) or in the background ({@link #start}). While there is a backlog, several rounds run at once ({@link
 * ReconcilerSettings#workers()}).
 *
 * <p>Safe for use by many threads. Any number of reconcilers may work on one queue, in any number of processes.
 */
public final class Reconciler<K, V> implements AutoCloseable {

    /** To count a long queue is expensive: a drain does it a tenth of the time, but at least so often. */
    private static final int UNCOUNTED_TO_COUNT = 10;

    private static final Duration LONGEST_UNCOUNTED = Duration.ofSeconds(30);

    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(500);

    private final ReconciliationQueue<K> queue;
    private final Events events;
    private final ReconcilerSettings settings;
    private final Machine machine;
    private final Rounds rounds;

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Thread worker;
    private boolean closed;
    private CompletableFuture<Boolean> wakeUp = new CompletableFuture<>();

    private final AtomicInteger failedRounds = new AtomicInteger();
    private volatile long roundEndedAt;

    /** Made by {@code DualWriteRepository}; an application gets it from there. */
    public Reconciler(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Guard guard,
            PendingKeys<K> pendingKeys,
            AheadWatch<K> ahead,
            Events events,
            ReconcilerSettings settings,
            Machine machine) {
        this.queue = authority.queue();
        this.events = events;
        this.settings = settings;
        this.machine = machine;
        this.rounds = new Rounds(
                new Round<>(authority, follower, guard, pendingKeys, ahead, events, settings, machine),
                settings,
                machine,
                events.repository());
    }

    /**
     * Works until the queue holds no pending write but parked ones, or until the deadline. Waits for writes that are not due
     * yet and for a follower that is down. Whether any are left it counts now and then, at most a tenth of the time.
     *
     * @return what was done and what is left; {@link DrainReport#drained()} tells whether it is finished
     * @throws io.github.dualwrite.DualWriteException if the authority fails, or what is left cannot be counted until the deadline;
     *     nothing is lost, and a later drain goes on
     * @throws IllegalStateException if this reconciler or its repository is closed; one that is closed meanwhile ends the drain, with a report
     */
    public DrainReport drain(Duration deadline) throws InterruptedException {
        if (closed()) { // a job that drains until nothing is left would never end
            throw closedAlready();
        }
        long start = machine.nanos();
        Tally done = new Tally();
        long settledAtCount = 0;
        long leftAtCount = 0;
        long nextCount = start;
        while (true) {
            Tally tally = closed()
                    ? new Tally()
                    : rounds.run(() -> closed() || left(start, deadline).isNegative());
            done.add(tally);
            Duration left = left(start, deadline);
            boolean over = left.isNegative() || left.isZero() || closed();
            if (tally.claimed > 0 && !over) {
                continue;
            }
            long began = machine.nanos();
            if (over || began - nextCount >= 0 || done.settled() - settledAtCount >= leftAtCount) {
                try {
                    QueueStatistics now = queue.statistics();
                    if (now.depth() == 0 || over) {
                        return done.report(now, deadline.minus(left));
                    }
                    settledAtCount = done.settled();
                    leftAtCount = now.depth();
                } catch (RuntimeException e) { // a long queue may take too long to count while it is worked off
                    if (over) {
                        throw e;
                    }
                    leftAtCount = Long.MAX_VALUE;
                }
                long ended = machine.nanos();
                nextCount = ended + Math.min(LONGEST_UNCOUNTED.toNanos(), (ended - began) * UNCOUNTED_TO_COUNT);
            }
            pause(left.compareTo(settings.pollInterval()) < 0 ? left : settings.pollInterval());
        }
    }

    /**
     * Works as {@link #drain} does, but for a condition of the caller's own, and without counting the queue. For the repair of a
     * verification, not for applications.
     *
     * @param enough asked at the beginning and at the end, when there is nothing to claim, and about twice a second while there is;
     *     not once this is closed
     * @return what it said last; false if this reconciler is closed, and nothing is claimed then
     * @throws io.github.dualwrite.DualWriteException if the authority fails; nothing is lost
     */
    public boolean workUntil(BooleanSupplier enough, Duration deadline) throws InterruptedException {
        if (enough.getAsBoolean()) {
            return true;
        }
        long start = machine.nanos();
        while (!closed() && left(start, deadline).compareTo(Duration.ZERO) > 0) {
            long asked = machine.nanos();
            BooleanSupplier askAgain = () -> closed()
                    || left(start, deadline).isNegative()
                    || machine.nanos() - asked >= BETWEEN_QUESTIONS.toNanos();
            Tally tally = rounds.run(askAgain);
            while (tally.claimed > 0 && !askAgain.getAsBoolean()) {
                tally = rounds.run(askAgain);
            }
            if (closed()) {
                return false;
            }
            if (enough.getAsBoolean()) {
                return true;
            }
            if (tally.claimed == 0) {
                Duration left = left(start, deadline);
                pause(left.compareTo(settings.pollInterval()) < 0 ? left : settings.pollInterval());
            }
        }
        return !closed() && enough.getAsBoolean();
    }

    private Duration left(long start, Duration deadline) {
        return deadline.minusNanos(machine.nanos() - start);
    }

    /**
     * Starts a thread that reconciles until {@link #close()}, whoever interrupts it. Does nothing if it runs already; if it could not be
     * started, or has broken down, it starts another one.
     */
    public void start() {
        lock.lock();
        try {
            if (closed) {
                throw closedAlready();
            }
            if (worker == null || !worker.isAlive()) {
                roundEndedAt = machine.nanos();
                Thread next = machine.thread("dualwrite-reconciler-" + events.repository(), this::work);
                next.start(); // may find no thread to be had
                worker = next;
            }
        } finally {
            lock.unlock();
        }
    }

    private IllegalStateException closedAlready() {
        return new IllegalStateException("the reconciler of repository '" + events.repository() + "' is closed");
    }

    /** Whether the background thread runs. */
    public boolean running() {
        lock.lock();
        try {
            return worker != null && worker.isAlive() && !closed;
        } finally {
            lock.unlock();
        }
    }

    /** How long ago the background work has begun or come to the end of a round, on any of its threads; says nothing if it does not run. */
    public Duration sinceLastRound() {
        return Duration.ofNanos(machine.nanos() - roundEndedAt);
    }

    /** How many rounds of the background thread have failed in a row, for instance because the authority is down. */
    public int failedRounds() {
        return failedRounds.get();
    }

    /**
     * Stops the background thread and waits for the end of its round, at most for {@code batchTimeout} and 1 s. Drains that are under
     * way end after their round. Pending writes stay where they are.
     */
    @Override
    public void close() {
        Thread running;
        lock.lock();
        try {
            closed = true;
            running = worker;
        } finally {
            lock.unlock();
        }
        wakeAll();
        if (running != null && running != Thread.currentThread()) {
            try {
                running.join(settings.batchTimeout().toMillis() + 1000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Counts and ages of the queue, read now. */
    public QueueStatistics statistics() {
        return queue.statistics();
    }

    /**
     * Parked writes, the longest parked first.
     *
     * @param offset how many to leave out
     * @param limit how many at the most
     */
    public List<ParkedWrite<K>> parked(int offset, int limit) {
        return queue.parked(offset, limit);
    }

    /** The parked write of a key. */
    public Optional<ParkedWrite<K>> findParked(K key) {
        return queue.findParked(key);
    }

    /** Makes a parked write due at once. False if the key is not parked. */
    public boolean retryParked(K key) {
        boolean retried = queue.retryParked(key);
        if (retried) {
            retried(1);
        }
        return retried;
    }

    /** Makes all parked writes due at once, for instance after a mapping was mended, and returns how many there were. */
    public int retryAllParked() {
        int retried = queue.retryAllParked();
        if (retried > 0) {
            retried(retried);
        }
        return retried;
    }

    /**
     * Gives a parked write up for good. The follower then differs from the authority under this key until its next write.
     *
     * @param reason why; goes into an event and the log
     * @return the parked write, or empty if the key is not parked (any more)
     * @throws IllegalArgumentException if the reason is blank
     */
    public Optional<ParkedWrite<K>> discardParked(K key, String reason) {
        if (reason.isBlank()) {
            throw new IllegalArgumentException(
                    "discarding the parked write of key " + key + " leaves the follower different for good: say why");
        }
        Optional<ParkedWrite<K>> discarded = queue.discardParked(key);
        discarded.ifPresent(parked -> events.publish(
                new DualWriteEvent.Discarded(events.repository(), key, parked.version(), reason.strip())));
        return discarded;
    }

    private void retried(int count) {
        events.publish(new DualWriteEvent.ParkedRetried(events.repository(), count));
        wakeAll();
    }

    private void work() {
        while (!closed()) {
            boolean idle = true;
            try {
                idle = rounds.run(this::endsAfterThisRound).claimed == 0;
                failedRounds.set(0);
            } catch (InterruptedException
                    | RuntimeException
                    | Error e) { // this thread must outlive what a driver throws
                failedRounds.incrementAndGet();
                events.publish(new DualWriteEvent.ReconcileFailed(events.repository(), e));
            }
            roundEndedAt = machine.nanos();
            Thread.interrupted(); // by a listener or a driver, and it must not end the next round as well
            if (idle) {
                rest();
            }
        }
    }

    private void rest() {
        try {
            pause(settings.pollInterval());
        } catch (InterruptedException e) {
            return; // only close() ends the background thread
        }
    }

    /** Asked between the rounds of a backlog, which are signs of life. */
    private boolean endsAfterThisRound() {
        roundEndedAt = machine.nanos();
        return closed();
    }

    private boolean closed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void pause(Duration duration) throws InterruptedException {
        CompletableFuture<Boolean> next;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            next = wakeUp;
        } finally {
            lock.unlock();
        }
        try {
            Boolean unused = machine.await(next, duration);
        } catch (TimeoutException | ExecutionException e) {
            return; // it is time
        }
    }

    private void wakeAll() {
        CompletableFuture<Boolean> waited;
        lock.lock();
        try {
            waited = wakeUp;
            wakeUp = new CompletableFuture<>();
        } finally {
            lock.unlock();
        }
        waited.complete(true);
    }
}
