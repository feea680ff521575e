package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.internal.AheadWatch;
import io.github.dualwrite.internal.ApplyFailures;
import io.github.dualwrite.internal.Confirmer;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.GivingWay;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.Handover;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a write reaches both stores.
 *
 * <ol>
 *   <li><b>Commit on the authority</b>: record and pending write in one atomic unit. From here on the write cannot be missing
 *       from the follower for good (DW-1), and the caller will get a result, not an error.
 *   <li><b>Apply to the follower</b> what the authority stored, guarded by its version (DW-2), through circuit breaker,
 *       bulkhead and deadline (DW-4). <em>Synchronous</em>: the caller waits, bounded. <em>Asynchronous</em>: an executor does
 *       it, for the writes of a few milliseconds together. If it cannot be done now there is nothing to do: the pending write is already there. Before the caller gets its
 *       result, a key that may still be pending is remembered, so that reads of it go to the authority (DW-5).
 *   <li><b>Confirm</b> in batches, off the caller's path: the pending write goes if it still has this version.
 * </ol>
 *
 * <p>Inside a transaction that the caller runs, step 1 ends with the caller's commit. Steps 2 and 3 run after it, never after a
 * rollback, and start from what is committed then, not from what the transaction's statements returned: a savepoint may have
 * been rolled back in between.
 */
final class WriteProtocol<K, V> {

    private final Authority<K, V> authority;
    private final Follower<K, V> follower;
    private final Guard guard;
    private final SecondaryMode mode;
    private final Executor executor;
    private final Executor followUps;
    private final Handover<K, V> handover;
    private final Confirmer<K> confirmer;
    private final PendingKeys<K> pendingKeys;
    private final AheadWatch<K> ahead;
    private final GivingWay givingWay;
    private final Events events;

    WriteProtocol(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Guard guard,
            SecondaryMode mode,
            Executor executor,
            Executor followUps,
            ScheduledExecutorService scheduler,
            Duration handOverDelay,
            Confirmer<K> confirmer,
            PendingKeys<K> pendingKeys,
            AheadWatch<K> ahead,
            GivingWay givingWay,
            Events events) {
        this.authority = authority;
        this.follower = follower;
        this.guard = guard;
        this.mode = mode;
        this.executor = executor;
        this.followUps = followUps;
        this.confirmer = confirmer;
        this.pendingKeys = pendingKeys;
        this.ahead = ahead;
        this.givingWay = givingWay;
        this.events = events;
        this.handover = new Handover<>(
                executor,
                scheduler,
                handOverDelay,
                committed -> {
                    CompletableFuture<?> unused = send(committed); // what becomes of it is events and confirmations
                },
                refused -> leftPending(refused, PendingReason.EXECUTOR_FULL, "", null));
    }

    /** Hands over what waits for others, so that nothing but the executor and the follower is between it and the end. */
    void flush() {
        handover.flush();
    }

    /** Steps 1 to 3 for whatever the given verb of the authority commits. */
    List<WriteResult<K, V>> write(
            Operation operation, Collection<?> keys, Supplier<List<VersionedRecord<K, V>>> commit) {
        List<VersionedRecord<K, V>> committed = commitOnAuthority(operation, keys, commit);
        return committed.isEmpty() ? List.of() : follow(committed);
    }

    /** The keys that an adapter's error is about, which are those of its repository. */
    @SuppressWarnings("unchecked")
    static <K> Collection<K> keysOf(DualWriteException e) {
        return (Collection<K>) e.context().keys();
    }

    /** Step 1. Also used inside a caller's transaction, where the commit itself comes later. */
    List<VersionedRecord<K, V>> commitOnAuthority(
            Operation operation, Collection<?> keys, Supplier<List<VersionedRecord<K, V>>> commit) {
        List<VersionedRecord<K, V>> committed;
        try {
            committed = timed(commit);
        } catch (RuntimeException e) {
            if (e instanceof OutcomeUnknownException unknown) { // the caller will read these keys to find out
                WriteProtocol.<K>keysOf(unknown).forEach(pendingKeys::markUnknownOutcome);
            }
            events.publish(new DualWriteEvent.AuthorityFailed(events.repository(), operation, keys, e));
            throw e;
        }
        if (events.listening()) {
            for (VersionedRecord<K, V> r : committed) {
                events.publish(new DualWriteEvent.Committed(events.repository(), operation, r.key(), r.version()));
            }
        }
        return committed;
    }

    private <T> T timed(Supplier<T> commit) {
        long began = givingWay.writeBegins();
        boolean succeeded = false;
        try {
            T committed = commit.get();
            succeeded = true;
            return committed;
        } finally {
            givingWay.writeEnds(began, succeeded);
        }
    }

    /**
     * A statement has changed the key in a transaction of the caller, who may commit it, and read before this is told.
     *
     * @param told whether it will be, if nothing fails
     */
    PendingKeys.Uncommitted uncommitted(K key, boolean told) {
        return pendingKeys.markUncommitted(key, told);
    }

    /** The same for a later statement on the key. */
    PendingKeys.Uncommitted uncommittedAgain(K key, PendingKeys.Uncommitted before, boolean told) {
        return pendingKeys.markAgain(key, before, told);
    }

    /**
     * Steps 2 and 3 for keys whose changes the caller has just committed, by other threads. Does not throw: the caller's commit has
     * succeeded, and the reconciler does what is left undone here.
     *
     * @param committed what {@link #uncommitted} gave for each key
     * @param mayWait whether this thread holds nothing that the others need; then it waits for them in synchronous mode, bounded. A transaction
     *     manager may still hold the connection of the transaction that has ended, and as many transactions as there are connections
     *     would wait for another one that none of them gives back
     */
    void followCommitted(Map<K, PendingKeys.Uncommitted> committed, boolean mayWait) {
        committed.forEach(pendingKeys::markCommitted);
        followCommitted(committed.keySet(), mayWait);
    }

    /** The same for keys that were given a new version, which is committed, and not known here. */
    void followMarked(Collection<K> keys) {
        keys.forEach(key -> pendingKeys.mark(key, PendingKeys.UNKNOWN_VERSION));
        followCommitted(keys, true);
    }

    private void followCommitted(Collection<K> keys, boolean mayWait) {
        CompletableFuture<Boolean> followed = new CompletableFuture<>();
        try {
            followUps.execute(() -> followUp(keys, followed));
        } catch (RuntimeException | Error e) { // it takes no more, or has no thread
            keys.forEach(key -> leftPending(key, 0, PendingReason.EXECUTOR_FULL, "", null));
            return;
        }
        if (mayWait && mode == SecondaryMode.SYNCHRONOUS) {
            try {
                Boolean unused = guard.await(followed);
            } catch (Exception e) { // the deadline, or an interrupt: it goes on without the caller
                return;
            }
        }
    }

    /**
     * What became of the caller's commit is not known: the server may have made it, or may make it a little later. Does not throw: the caller
     * gets the error of that commit, of which nothing is known here.
     */
    void outcomeUnknown(Collection<K> keys) {
        keys.forEach(pendingKeys::markUnknownOutcome);
        events.publish(new DualWriteEvent.AuthorityFailed(
                events.repository(),
                Operation.COMMIT,
                keys,
                new OutcomeUnknownException(
                        new DualWriteException.Context(
                                events.repository(), Operation.COMMIT, authority.description(), keys),
                        "the answer to the commit of the caller's transaction was lost; read the keys to find out",
                        null)));
    }

    private void followUp(Collection<K> keys, CompletableFuture<Boolean> followed) {
        try {
            List<VersionedRecord<K, V>> committed = authority.snapshot(keys);
            if (committed.isEmpty()) {
                followed.complete(true);
            } else {
                CompletableFuture<?> unused =
                        send(committed).whenComplete((reasons, error) -> followed.complete(error == null));
            }
        } catch (RuntimeException | Error e) {
            leftPending(keys, e);
            followed.complete(false);
        }
    }

    private void leftPending(Collection<K> keys, Throwable e) {
        keys.forEach(key ->
                leftPending(key, 0, PendingReason.FAILED, "the authority could not be read after the commit", e));
    }

    private List<WriteResult<K, V>> follow(List<VersionedRecord<K, V>> committed) {
        if (mode == SecondaryMode.ASYNCHRONOUS) {
            committed.forEach(r -> pendingKeys.mark(r.key(), r.version()));
            if (handover.offer(committed)) {
                return results(committed, PendingReason.ASYNCHRONOUS);
            }
            leftPending(committed, PendingReason.EXECUTOR_FULL, "", null);
            return results(committed, PendingReason.EXECUTOR_FULL);
        }
        List<@Nullable PendingReason> reasons;
        Sending<VersionedRecord<K, V>> sending = inSeveralCalls(committed);
        try {
            reasons = guard.await(send(committed, sending));
        } catch (Exception e) { // not all calls yet, interrupted, or the timer is late: the rest will be events
            reasons = sending == null ? new ArrayList<>(1) : sending.soFar();
            for (VersionedRecord<K, V> r : committed.subList(reasons.size(), committed.size())) {
                pendingKeys.mark(r.key(), r.version());
                reasons.add(Guard.pendingReason(e));
            }
        }
        if (committed.size() == 1) {
            return List.of(new WriteResult<>(committed.get(0), reasons.get(0)));
        }
        List<WriteResult<K, V>> results = new ArrayList<>(committed.size());
        for (int i = 0; i < committed.size(); i++) {
            results.add(new WriteResult<>(committed.get(i), reasons.get(i)));
        }
        return results;
    }

    /** Step 2. Ends normally, with a reason for each write that is not known to be on the follower: by the deadline, if it is one call. */
    private CompletableFuture<List<@Nullable PendingReason>> send(List<VersionedRecord<K, V>> committed) {
        return send(committed, inSeveralCalls(committed));
    }

    private CompletableFuture<List<@Nullable PendingReason>> send(
            List<VersionedRecord<K, V>> committed, @Nullable Sending<VersionedRecord<K, V>> sending) {
        return sending == null ? call(committed) : sending.start();
    }

    /** {@code null} if the follower takes them in one call. */
    private @Nullable Sending<VersionedRecord<K, V>> inSeveralCalls(List<VersionedRecord<K, V>> committed) {
        int limit = committed.size() == 1 ? 1 : Math.max(1, follower.batchLimit());
        return committed.size() <= limit
                ? null
                : new Sending<>(committed, limit, this::call, this::leaveToTheReconciler, executor);
    }

    private void leaveToTheReconciler(List<VersionedRecord<K, V>> committed, PendingReason reason) {
        committed.forEach(r -> pendingKeys.mark(r.key(), r.version()));
        leftPending(committed, reason, "", null);
    }

    /** Ends normally by the deadline. */
    private CompletableFuture<List<@Nullable PendingReason>> call(List<VersionedRecord<K, V>> committed) {
        CompletableFuture<List<ApplyResult>> applied =
                guard.call(() -> follower.apply(committed), ApplyFailures::inBreakersEyes);
        return applied.isDone() && !applied.isCompletedExceptionally()
                ? CompletableFuture.completedFuture(sent(committed, applied.join(), null))
                : applied.handle((results, error) -> sent(committed, results, error));
    }

    private List<@Nullable PendingReason> sent(
            List<VersionedRecord<K, V>> committed, List<ApplyResult> results, @Nullable Throwable error) {
        if (error != null) {
            return leaveAll(committed, error);
        }
        Exception malformed = ApplyFailures.inForm(results, committed.size(), follower.description());
        return malformed == null ? settle(committed, results) : leaveAll(committed, malformed);
    }

    private List<@Nullable PendingReason> settle(List<VersionedRecord<K, V>> committed, List<ApplyResult> results) {
        if (committed.size() == 1) {
            return Collections.singletonList(settle(committed.get(0), results.get(0)));
        }
        List<@Nullable PendingReason> reasons = new ArrayList<>(committed.size());
        for (int i = 0; i < committed.size(); i++) {
            reasons.add(settle(committed.get(i), results.get(i)));
        }
        return Collections.unmodifiableList(reasons);
    }

    private @Nullable PendingReason settle(VersionedRecord<K, V> written, ApplyResult result) {
        if (result.onFollower()) {
            pendingKeys.settle(written.key(), written.version());
            if (result.status() == ApplyResult.Status.SUPERSEDED && ahead.due()) {
                ahead.look(
                        new KeyVersion<>(written.key(), written.version()), guard, followUps, () -> confirm(written));
            } else {
                confirm(written);
            }
            if (events.listening()) {
                events.publish(new DualWriteEvent.Applied(
                        events.repository(),
                        written.key(),
                        written.version(),
                        result.status() == ApplyResult.Status.SUPERSEDED,
                        DualWriteEvent.Path.LIVE));
            }
            return null;
        }
        PendingReason reason =
                result.status() == ApplyResult.Status.PERMANENT_FAILURE ? PendingReason.REJECTED : PendingReason.FAILED;
        pendingKeys.mark(written.key(), written.version());
        leftPending(
                written.key(),
                written.version(),
                reason,
                result.error(),
                result.cause().orElse(null));
        return reason;
    }

    /** Step 3. */
    private void confirm(VersionedRecord<K, V> written) {
        confirmer.confirm(written.key(), written.version());
    }

    private List<@Nullable PendingReason> leaveAll(List<VersionedRecord<K, V>> committed, Throwable error) {
        PendingReason reason = Guard.pendingReason(error);
        committed.forEach(r -> pendingKeys.mark(r.key(), r.version()));
        leftPending(committed, reason, "", Guard.refused(error) ? null : Guard.unwrap(error));
        List<@Nullable PendingReason> reasons = new ArrayList<>(committed.size());
        committed.forEach(r -> reasons.add(reason));
        return reasons;
    }

    private void leftPending(
            List<VersionedRecord<K, V>> committed, PendingReason reason, String error, @Nullable Throwable cause) {
        committed.forEach(r -> leftPending(r.key(), r.version(), reason, error, cause));
    }

    private void leftPending(K key, long version, PendingReason reason, String error, @Nullable Throwable cause) {
        events.publish(new DualWriteEvent.LeftPending(events.repository(), key, version, reason, error, cause));
    }

    private static <K, V> List<WriteResult<K, V>> results(List<VersionedRecord<K, V>> committed, PendingReason reason) {
        List<WriteResult<K, V>> results = new ArrayList<>(committed.size());
        committed.forEach(r -> results.add(new WriteResult<>(r, reason)));
        return results;
    }
}
