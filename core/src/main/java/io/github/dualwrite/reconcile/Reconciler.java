package io.github.dualwrite.reconcile;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.ApplyFailures;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Brings pending writes to the follower until none is left (DW-3). One round:
 *
 * <ol>
 *   <li><b>Gate.</b> Take a permit of the circuit breaker. While the follower is down there is none; then nothing is claimed.
 *       While the breaker probes, the batch is small.
 *   <li><b>Claim</b> due pending writes under a lease, committed at once. Other reconcilers, here or on other machines, do
 *       not see them until the lease ends, so a crash anywhere below only delays them (DW-7).
 *   <li><b>Snapshot.</b> Read version and current state of each key together. That version may be newer than the claimed
 *       one. A key that is no longer pending is left out.
 *   <li><b>Apply</b> the batch, guarded by version (DW-2), bounded in time. If the time is not enough, the next batch is half
 *       as large.
 *   <li><b>Confirm</b> what the follower has by compare-and-delete. A key that was written meanwhile stays pending and is
 *       released.
 *   <li><b>Push back</b> transient failures with exponential backoff and jitter; <b>park</b> permanent ones (DW-6).
 * </ol>
 *
 * <p>Safe for use by many threads. Any number of reconcilers may work on one queue, in any number of processes.
 */
public final class Reconciler<K, V> implements AutoCloseable {

    private static final int PROBE_SIZE = 10;
    private static final int MAX_BACKOFF_EXPONENT = 30;

    private final Authority<K, V> authority;
    private final ReconciliationQueue<K> queue;
    private final Follower<K, V> follower;
    private final Guard guard;
    private final PendingKeys<K> pendingKeys;
    private final Events events;
    private final ReconcilerSettings settings;
    private final Machine machine;

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Thread worker;
    private boolean closed;
    private CompletableFuture<Boolean> wakeUp = new CompletableFuture<>();

    /** Halved when a batch runs out of time, doubled when one does not: a slow follower still makes progress. */
    private final AtomicInteger batchLimit;

    private final AtomicInteger failedRounds = new AtomicInteger();
    private volatile long roundEndedAt;

    /** Made by {@code DualWriteRepository}; an application gets it from there. */
    public Reconciler(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Guard guard,
            PendingKeys<K> pendingKeys,
            Events events,
            ReconcilerSettings settings,
            Machine machine) {
        this.authority = authority;
        this.queue = authority.queue();
        this.follower = follower;
        this.guard = guard;
        this.pendingKeys = pendingKeys;
        this.events = events;
        this.settings = settings;
        this.batchLimit = new AtomicInteger(settings.batchSize());
        this.machine = machine;
    }

    /** What one round did. */
    private static final class Tally {
        private int claimed;
        private int applied;
        private int superseded;
        private int pushedBack;
        private int parked;
    }

    /**
     * Works until the queue holds no pending write but parked ones, or until the deadline. Waits for writes that are not due
     * yet and for a follower that is down.
     *
     * @return what was done and what is left; {@link DrainReport#drained()} tells whether it is finished
     * @throws io.github.dualwrite.DualWriteException if the authority fails; nothing is lost, and a later drain goes on
     */
    public DrainReport drain(Duration deadline) throws InterruptedException {
        long start = machine.nanos();
        long applied = 0;
        long superseded = 0;
        long pushedBack = 0;
        long parked = 0;
        while (true) {
            Tally tally = round();
            applied += tally.applied;
            superseded += tally.superseded;
            pushedBack += tally.pushedBack;
            parked += tally.parked;
            Duration elapsed = Duration.ofNanos(machine.nanos() - start);
            Duration left = deadline.minus(elapsed);
            if (tally.claimed == 0 || left.isNegative() || closed()) {
                QueueStatistics now = queue.statistics();
                if (now.depth() == 0 || left.isNegative() || left.isZero() || closed()) {
                    return new DrainReport(
                            now.depth() == 0,
                            applied,
                            superseded,
                            pushedBack,
                            parked,
                            now.depth(),
                            now.parked(),
                            elapsed);
                }
                pause(left.compareTo(settings.pollInterval()) < 0 ? left : settings.pollInterval());
            }
        }
    }

    /** Starts a thread that reconciles until {@link #close()}. Does nothing if it runs already. */
    public void start() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the reconciler of repository '" + events.repository() + "' is closed");
            }
            if (worker == null) {
                roundEndedAt = machine.nanos();
                worker = machine.thread("dualwrite-reconciler-" + events.repository(), this::work);
                worker.start();
            }
        } finally {
            lock.unlock();
        }
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

    /** How long ago the background thread has begun or come to the end of a round; says nothing if it does not run. */
    public Duration sinceLastRound() {
        return Duration.ofNanos(machine.nanos() - roundEndedAt);
    }

    /** How many rounds of the background thread have failed in a row, for instance because the authority is down. */
    public int failedRounds() {
        return failedRounds.get();
    }

    /**
     * Stops the background thread and waits for the end of its round, at most for the batch's time-out. Drains that are under
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
                idle = round().claimed == 0;
                failedRounds.set(0);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) { // this thread must outlive whatever a driver throws
                failedRounds.incrementAndGet();
                events.publish(new DualWriteEvent.ReconcileFailed(events.repository(), e));
            }
            roundEndedAt = machine.nanos();
            try {
                if (idle) {
                    pause(settings.pollInterval());
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Tally round() throws InterruptedException {
        Tally tally = new Tally();

        // 1. gate
        Guard.@Nullable Permit permit = guard.tryPermit();
        if (permit == null) {
            return tally;
        }
        boolean used = false;
        try {
            // 2. claim
            int limit = guard.healthy() ? batchLimit.get() : Math.min(PROBE_SIZE, batchLimit.get());
            Lease lease = Lease.of(settings.lease());
            Map<K, PendingWrite<K>> claimed = new HashMap<>();
            for (PendingWrite<K> write : queue.claim(lease, limit)) {
                claimed.put(write.key(), write);
            }
            tally.claimed = claimed.size();
            if (claimed.isEmpty()) {
                return tally;
            }
            Set<K> done = Set.of();
            try {
                // 3. snapshot
                List<VersionedRecord<K, V>> records = snapshot(lease, claimed, tally);
                if (!records.isEmpty()) {
                    // 4. apply
                    used = true;
                    List<ApplyResult> results = apply(permit, records);

                    // 5. and 6.
                    done = settle(lease, claimed, records, results, tally);
                }
            } finally {
                release(lease, claimed.keySet(), done);
            }
            return tally;
        } finally {
            if (!used) {
                permit.release();
            }
        }
    }

    /**
     * What is still held now was written again meanwhile, or the round has failed: neither may wait for the end of the lease.
     */
    private void release(Lease lease, Set<K> claimed, Set<K> done) {
        Set<K> left = new HashSet<>(claimed);
        left.removeAll(done);
        if (!left.isEmpty()) {
            try {
                queue.release(lease, left);
            } catch (RuntimeException e) { // they wait for the end of the lease
                events.publish(new DualWriteEvent.ReconcileFailed(events.repository(), e));
            }
        }
    }

    private List<VersionedRecord<K, V>> snapshot(Lease lease, Map<K, PendingWrite<K>> claimed, Tally tally) {
        try {
            return authority.snapshot(claimed.keySet());
        } catch (RuntimeException e) {
            if (!(e instanceof PermanentFailure)) {
                throw e;
            }
        }
        // one record cannot be read: find it and park it, so that it does not hold up the others
        List<VersionedRecord<K, V>> readable = new ArrayList<>();
        List<Parking<K>> unreadable = new ArrayList<>();
        for (PendingWrite<K> write : claimed.values()) {
            try {
                readable.addAll(authority.snapshot(List.of(write.key())));
            } catch (RuntimeException e) {
                if (!(e instanceof PermanentFailure)) {
                    throw e;
                }
                unreadable.add(new Parking<>(write.key(), write.version(), String.valueOf(e.getMessage())));
            }
        }
        park(lease, unreadable, tally);
        return readable;
    }

    private void park(Lease lease, List<Parking<K>> parkings, Tally tally) {
        if (parkings.isEmpty()) {
            return;
        }
        Set<K> parked;
        try {
            parked = queue.park(lease, parkings);
        } catch (RuntimeException e) { // if it is the answer that is missing, nobody else will ever report them
            parkings.forEach(this::reportIfParked);
            throw e;
        }
        tally.parked += parked.size();
        for (Parking<K> entry : parkings) {
            if (parked.contains(entry.key())) {
                reportParked(entry);
            }
        }
    }

    private void reportIfParked(Parking<K> entry) {
        try {
            if (queue.findParked(entry.key())
                    .filter(parked -> parked.version() == entry.version())
                    .isEmpty()) {
                return; // it is still pending, and will be tried again
            }
        } catch (RuntimeException e) {
            // not known: better an alarm too many
        }
        reportParked(entry);
    }

    private void reportParked(Parking<K> entry) {
        events.publish(new DualWriteEvent.Parked(events.repository(), entry.key(), entry.version(), entry.reason()));
    }

    private List<ApplyResult> apply(Guard.Permit permit, List<VersionedRecord<K, V>> records)
            throws InterruptedException {
        try {
            List<ApplyResult> results = machine.await(
                    permit.call(() -> follower.apply(records), ApplyFailures::inBreakersEyes),
                    guard.patience()); // its own deadline ends with the repository
            Exception malformed = ApplyFailures.inForm(results, records.size(), follower.description());
            if (malformed != null) {
                throw new ExecutionException(malformed);
            }
            batchLimit.updateAndGet(limit -> Math.min(settings.batchSize(), limit * 2));
            return results;
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = Guard.unwrap(e);
            if (cause instanceof TimeoutException) {
                batchLimit.updateAndGet(limit -> Math.max(1, Math.min(limit, records.size()) / 2));
            }
            String error = cause.getClass().getSimpleName()
                    + (cause instanceof TimeoutException ? ": no answer within " + settings.batchTimeout() : "");
            ApplyResult failure = ApplyResult.transientFailure(error, cause);
            return records.stream().map(r -> failure).toList();
        }
    }

    /** Returns the keys that are certainly no longer held. */
    private Set<K> settle(
            Lease lease,
            Map<K, PendingWrite<K>> claimed,
            List<VersionedRecord<K, V>> records,
            List<ApplyResult> results,
            Tally tally) {
        List<KeyVersion<K>> onFollower = new ArrayList<>();
        List<PushBack<K>> pushBacks = new ArrayList<>();
        List<Parking<K>> parkings = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            K key = records.get(i).key();
            long version = records.get(i).version();
            ApplyResult result = results.get(i);
            switch (result.status()) {
                case APPLIED, SUPERSEDED -> onFollower.add(new KeyVersion<>(key, version));
                case TRANSIENT_FAILURE ->
                    pushBacks.add(new PushBack<>(key, version, delay(claimed.get(key)), result.error()));
                case PERMANENT_FAILURE -> parkings.add(new Parking<>(key, version, result.error()));
            }
            if (result.status() == ApplyResult.Status.APPLIED) {
                tally.applied++;
            } else if (result.status() == ApplyResult.Status.SUPERSEDED) {
                tally.superseded++;
            }
        }
        Set<K> confirmed = Set.of();
        try {
            if (!onFollower.isEmpty()) {
                confirmed = queue.confirm(onFollower);
            }
        } finally { // what failed is put off and what was rejected is parked also if the confirmation fails
            onFollower.forEach(entry -> pendingKeys.settle(entry.key(), entry.version()));
            if (!pushBacks.isEmpty()) {
                queue.pushBack(lease, pushBacks);
                tally.pushedBack = pushBacks.size();
            }
            park(lease, parkings, tally);
        }
        publish(claimed, records, results, pushBacks);
        return confirmed;
    }

    private void publish(
            Map<K, PendingWrite<K>> claimed,
            List<VersionedRecord<K, V>> records,
            List<ApplyResult> results,
            List<PushBack<K>> pushBacks) {
        String repository = events.repository();
        if (events.listening()) {
            for (int i = 0; i < records.size(); i++) {
                if (results.get(i).onFollower()) {
                    events.publish(new DualWriteEvent.Applied(
                            repository,
                            records.get(i).key(),
                            records.get(i).version(),
                            results.get(i).status() == ApplyResult.Status.SUPERSEDED,
                            DualWriteEvent.Path.RECONCILER));
                }
            }
        }
        for (PushBack<K> entry : pushBacks) {
            PendingWrite<K> write = claimed.get(entry.key());
            events.publish(new DualWriteEvent.PushedBack(
                    repository,
                    entry.key(),
                    entry.version(),
                    write == null ? 1 : write.attempts() + 1,
                    entry.delay(),
                    entry.error()));
        }
    }

    private Duration delay(@Nullable PendingWrite<K> write) {
        int attemptsBefore = write == null ? 0 : Math.min(write.attempts(), MAX_BACKOFF_EXPONENT);
        double jitter = 0.5 + machine.chance();
        long millis = Math.round(settings.initialBackoff().toMillis() * Math.pow(2, attemptsBefore) * jitter);
        return Duration.ofMillis(Math.min(millis, settings.maxBackoff().toMillis()));
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
