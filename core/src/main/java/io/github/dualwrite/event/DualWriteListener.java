package io.github.dualwrite.event;

import io.github.dualwrite.spi.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Gets what happens in a repository. Every method does nothing unless overridden; {@link #onEvent} gets every event after
 * its own method.
 *
 * <p>Methods are called by the thread in which the event happens, also on the path of a write or a read: they must be quick
 * and safe for use by many threads. What they throw is logged and otherwise ignored.
 */
public interface DualWriteListener {

    /**
     * Whether this listener wants anything at present. As long as no listener of a repository does, the events that come with every single
     * write are not made and calls are not watched, as if there were none; what is made all the same is still given to it. Asked at each
     * call and each write, so the answer may change at any time, and must be quick.
     */
    default boolean listens() {
        return true;
    }

    /**
     * A call of a store begins, on the thread that makes it: verbs of the authority, its snapshots and its queue; applies and reads
     * of the follower; both sides of queries. Calls that breaker, bulkhead or a full executor refused do not begin. Scans, baselines
     * and the bookkeeping of jobs are not among them: these have events of their own.
     *
     * <p>This is for clocks and traces. It costs nothing as long as a repository has no listener that {@linkplain #listens listens}.
     *
     * @param repository the name of the repository
     * @param records how many records or keys it is about
     * @return to be told of its end, or {@code null}
     */
    default @Nullable StoreCall onCall(String repository, StoreRole store, Operation operation, int records) {
        return null;
    }

    /**
     * Work that belongs to the calling thread is about to go on in another one. Not called for writes of asynchronous mode that
     * are handed over together with others, nor for shadow reads.
     *
     * @return the work, or the same with what it needs there, for instance the current span
     */
    default Runnable onHandOver(Runnable work) {
        return work;
    }

    /** Gets every event. */
    default void onEvent(DualWriteEvent event) {}

    /** The authority has committed a write; inside a caller's transaction: has executed it, and it may be rolled back. */
    default void onCommitted(DualWriteEvent.Committed event) {}

    /** The authority refused a call or failed. */
    default void onAuthorityFailed(DualWriteEvent.AuthorityFailed event) {}

    /** The follower has a version or a newer one. */
    default void onApplied(DualWriteEvent.Applied event) {}

    /** The follower has a newer version than the authority has ever given; writes are missing there. */
    default void onFollowerAhead(DualWriteEvent.FollowerAhead event) {}

    /** A committed write waits for the reconciler. */
    default void onLeftPending(DualWriteEvent.LeftPending event) {}

    /** Pending writes could not be confirmed. */
    default void onConfirmFailed(DualWriteEvent.ConfirmFailed event) {}

    /** The reconciler will try a pending write again. */
    default void onPushedBack(DualWriteEvent.PushedBack event) {}

    /** A pending write was parked. */
    default void onParked(DualWriteEvent.Parked event) {}

    /** Parked writes were made due again. */
    default void onParkedRetried(DualWriteEvent.ParkedRetried event) {}

    /** A parked write was given up by a person. */
    default void onDiscarded(DualWriteEvent.Discarded event) {}

    /** The reconciler could not work on the queue. */
    default void onReconcileFailed(DualWriteEvent.ReconcileFailed event) {}

    /** The authority answered a read that the route sends to the follower. */
    default void onReadFallback(DualWriteEvent.ReadFallback event) {}

    /** A read of the follower failed, and the route allows no fallback. */
    default void onFollowerReadFailed(DualWriteEvent.FollowerReadFailed event) {}

    /** The route could not say which store answers a read; the authority does. */
    default void onRouteUndecided(DualWriteEvent.RouteUndecided event) {}

    /** The authority answered a query that the route sends to the follower. */
    default void onQueryFallback(DualWriteEvent.QueryFallback event) {}

    /** A shadow read was compared. */
    default void onShadowCompared(DualWriteEvent.ShadowCompared event) {}

    /** A sample of what shadow reads found to differ. */
    default void onShadowMismatch(DualWriteEvent.ShadowMismatch event) {}

    /** Shadow reads were not made or not finished; mostly called on the path of a read. */
    default void onShadowShed(DualWriteEvent.ShadowShed event) {}

    /** Shadow reads failed. */
    default void onShadowFailed(DualWriteEvent.ShadowFailed event) {}

    /** A key that a shadow read found to differ was marked pending. */
    default void onShadowHealed(DualWriteEvent.ShadowHealed event) {}

    /** The effective read route changed. */
    default void onRouteChanged(DualWriteEvent.RouteChanged event) {}

    /** The source of the read route failed. */
    default void onRouteSourceFailed(DualWriteEvent.RouteSourceFailed event) {}

    /** The source of the read route gives values again. */
    default void onRouteSourceRecovered(DualWriteEvent.RouteSourceRecovered event) {}

    /** The authority answered reads because the route of their keys was not known. */
    default void onKeyRoutesUnknown(DualWriteEvent.KeyRoutesUnknown event) {}

    /** Whether this instance knows which keys are pending changed. */
    default void onPendingKeysKnown(DualWriteEvent.PendingKeysKnown event) {}

    /** A circuit breaker changed its state. */
    default void onBreakerChanged(DualWriteEvent.BreakerChanged event) {}

    /** The follower could not be checked when the repository was built. */
    default void onFollowerCheckFailed(DualWriteEvent.FollowerCheckFailed event) {}

    /** A run of a backfill, or a trial of what had failed, began on this instance. */
    default void onBackfillBegan(DualWriteEvent.BackfillBegan event) {}

    /** How far a backfill is; at most once in a second for each run. */
    default void onBackfillProgressed(DualWriteEvent.BackfillProgressed event) {}

    /** A split of a backfill was copied to its end. */
    default void onBackfillSplitDone(DualWriteEvent.BackfillSplitDone event) {}

    /** A backfill could not copy a record. */
    default void onBackfillRecordFailed(DualWriteEvent.BackfillRecordFailed event) {}

    /** The follower does not take a page of a backfill, again and again. */
    default void onBackfillHeldUp(DualWriteEvent.BackfillHeldUp event) {}

    /** A person gave a record up that a backfill could not copy. */
    default void onBackfillRecordDiscarded(DualWriteEvent.BackfillRecordDiscarded event) {}

    /** A run of a backfill, or a trial of what had failed, ended on this instance. */
    default void onBackfillEnded(DualWriteEvent.BackfillEnded event) {}

    /** A backfill was paused, resumed or cancelled for all processes. */
    default void onBackfillStateChanged(DualWriteEvent.BackfillStateChanged event) {}

    /** Something may keep the stores from being equal although the backfill will be complete. */
    default void onBackfillWarned(DualWriteEvent.BackfillWarned event) {}

    /** A verification began. */
    default void onVerificationBegan(DualWriteEvent.VerificationBegan event) {}

    /** How far a verification is; at most once in a second for each run. */
    default void onVerificationProgressed(DualWriteEvent.VerificationProgressed event) {}

    /** A verification found a difference, or a key that stays in flight. */
    default void onVerificationFound(DualWriteEvent.VerificationFound event) {}

    /** A verification ended. */
    default void onVerificationEnded(DualWriteEvent.VerificationEnded event) {}

    /** What a verification had found was repaired. */
    default void onVerificationRepaired(DualWriteEvent.VerificationRepaired event) {}
}
