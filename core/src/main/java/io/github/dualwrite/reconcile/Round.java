package io.github.dualwrite.reconcile;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.AheadWatch;
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
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Brings one batch of pending writes to the follower:
 *
 * <ol>
 *   <li><b>Gate.</b> Take a permit of the circuit breaker. While the follower is down there is none; then nothing is claimed.
 *       While the breaker probes, the batch is small.
 *   <li><b>Claim</b> due pending writes under a lease, committed at once. Other reconcilers, here or on other machines, do
 *       not see them until the lease ends, so a crash anywhere below only delays them (DW-7).
 *   <li><b>Snapshot.</b> Read version and current state of each key together. That version may be newer than the claimed
 *       one. A key that is no longer pending is left out, and there is nothing to do about it; should it be pending, it waits for the end
 *       of its lease. Keys that alone cannot be read are pushed back or parked, and the next batch is half as large; {@link
 *       ClaimedRecords} finds them.
 *   <li><b>Apply</b> the batch, guarded by version (DW-2), bounded in time. If the time is not enough, the next batch is half
 *       as large.
 *   <li><b>Confirm</b> what the follower has by compare-and-delete. A key that was written meanwhile stays pending and is
 *       released. {@link AheadWatch} looks at what was superseded.
 *   <li><b>Push back</b> transient failures with exponential backoff and jitter; <b>park</b> permanent ones (DW-6).
 * </ol>
 *
 * <p>Safe for use by many threads: each round has its own lease.
 */
final class Round<K, V> {

    private static final int PROBE_SIZE = 10;
    private static final int MAX_BACKOFF_EXPONENT = 30;

    private final Authority<K, V> authority;
    private final ReconciliationQueue<K> queue;
    private final Follower<K, V> follower;
    private final Guard guard;
    private final PendingKeys<K> pendingKeys;
    private final AheadWatch<K> ahead;
    private final Events events;
    private final ReconcilerSettings settings;
    private final Machine machine;

    /** Halved when a batch runs out of time or cannot be read at once, doubled otherwise: slow stores still make progress. */
    private final AtomicInteger batchLimit;

    Round(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Guard guard,
            PendingKeys<K> pendingKeys,
            AheadWatch<K> ahead,
            Events events,
            ReconcilerSettings settings,
            Machine machine) {
        this.authority = authority;
        this.queue = authority.queue();
        this.follower = follower;
        this.guard = guard;
        this.pendingKeys = pendingKeys;
        this.ahead = ahead;
        this.events = events;
        this.settings = settings;
        this.machine = machine;
        this.batchLimit = new AtomicInteger(settings.batchSize());
    }

    /**
     * Does the steps once.
     *
     * @throws io.github.dualwrite.DualWriteException if the authority fails; what was claimed is released, or waits for the end of its lease
     */
    Tally run() throws InterruptedException {
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
            Set<K> held = new HashSet<>(claimed.keySet());
            try {
                // 3. snapshot
                ClaimedRecords<K, V> snapshot = snapshot(lease, claimed, tally);
                held.removeAll(
                        snapshot.leftOut()); // due at once, one that is pending all the same would never let us rest
                List<VersionedRecord<K, V>> records = snapshot.readable();
                if (!records.isEmpty()) {
                    // 4. apply
                    used = true;
                    @Nullable List<ApplyResult> results = apply(permit, records, snapshot.atOnce());
                    if (results == null) {
                        return tally;
                    }

                    // 5. and 6.
                    held.removeAll(settle(lease, claimed, records, results, tally));
                }
            } finally {
                release(lease, held);
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
    private void release(Lease lease, Set<K> held) {
        if (!held.isEmpty()) {
            try {
                queue.release(lease, held);
            } catch (RuntimeException e) { // they wait for the end of the lease
                events.publish(new DualWriteEvent.ReconcileFailed(events.repository(), e));
            }
        }
    }

    private ClaimedRecords<K, V> snapshot(Lease lease, Map<K, PendingWrite<K>> claimed, Tally tally) {
        long begin = machine.nanos();
        long enough = settings.lease().toNanos() / 2;
        ClaimedRecords<K, V> records = new ClaimedRecords<>(authority, () -> machine.nanos() - begin > enough);
        try {
            records.read(List.copyOf(claimed.values()));
        } catch (RuntimeException e) {
            if (claimed.size() > 1) {
                throw e;
            }
            PendingWrite<K> alone = claimed.values().iterator().next();
            boolean known = alone.attempts() > 0;
            boolean smallest = batchLimit.get() == 1;
            if (known || smallest) { // others must come to their turn
                putOff(lease, claimed, Map.of(alone.key(), ClaimedRecords.describe(e)), tally);
            }
            if (smallest || !known) { // it may be the authority
                throw e;
            }
        } finally {
            if (!records.atOnce() && claimed.size() > 1) {
                shrink(claimed.size());
            }
        }
        putOff(lease, claimed, records.failing(), tally);
        park(lease, records.unreadable(), tally);
        return records;
    }

    private void shrink(int size) {
        batchLimit.updateAndGet(limit -> Math.max(1, Math.min(limit, size) / 2));
    }

    /** What cannot be read at present. */
    private void putOff(Lease lease, Map<K, PendingWrite<K>> claimed, Map<K, String> failing, Tally tally) {
        List<PushBack<K>> pushBacks = new ArrayList<>();
        for (PendingWrite<K> write : claimed.values()) {
            String error = failing.get(write.key());
            if (error != null) {
                pushBacks.add(new PushBack<>(write.key(), write.version(), delay(write), error));
            }
        }
        if (!pushBacks.isEmpty()) {
            queue.pushBack(lease, pushBacks);
            tally.pushedBack += pushBacks.size();
            publish(claimed, pushBacks);
        }
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
        pendingKeys.markParked(
                entry.key(), entry.version()); // whoever wrote it: reads here must not wait for the sweep
        events.publish(new DualWriteEvent.Parked(events.repository(), entry.key(), entry.version(), entry.reason()));
    }

    /** {@code null} if it failed in a repository that is closed: others are to try at once, and it is no attempt. */
    private @Nullable List<ApplyResult> apply(Guard.Permit permit, List<VersionedRecord<K, V>> records, boolean mayGrow)
            throws InterruptedException {
        try {
            List<ApplyResult> results = machine.await(
                    permit.call(() -> follower.apply(records), ApplyFailures::inBreakersEyes),
                    guard.patience()); // its own deadline ends with the repository
            Exception malformed = ApplyFailures.inForm(results, records.size(), follower.description());
            if (malformed != null) {
                throw new ExecutionException(malformed);
            }
            if (mayGrow) {
                batchLimit.updateAndGet(limit -> Math.min(settings.batchSize(), limit * 2));
            }
            return results;
        } catch (ExecutionException | TimeoutException e) {
            if (guard.ended()) {
                return null;
            }
            Throwable cause = Guard.unwrap(e);
            if (cause instanceof TimeoutException) {
                shrink(records.size());
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
            Tally tally)
            throws InterruptedException {
        List<KeyVersion<K>> onFollower = new ArrayList<>();
        List<KeyVersion<K>> superseded = new ArrayList<>();
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
                superseded.add(new KeyVersion<>(key, version));
            }
        }
        Map<K, Long> higher = superseded.isEmpty() || !ahead.due() ? Map.of() : ahead.higher(superseded, guard);
        Set<K> confirmed = Set.of();
        try {
            if (!onFollower.isEmpty()) {
                confirmed = queue.confirm(onFollower);
            }
        } finally { // what failed is put off and what was rejected is parked also if the confirmation fails
            onFollower.forEach(entry -> pendingKeys.settle(entry.key(), entry.version()));
            if (!pushBacks.isEmpty()) {
                queue.pushBack(lease, pushBacks);
                tally.pushedBack += pushBacks.size();
            }
            park(lease, parkings, tally);
        }
        ahead.tell(higher, superseded, confirmed, DualWriteEvent.Path.RECONCILER);
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
        publish(claimed, pushBacks);
    }

    private void publish(Map<K, PendingWrite<K>> claimed, List<PushBack<K>> pushBacks) {
        String repository = events.repository();
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
}
