package io.github.dualwrite.event;

import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.WithheldException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened in a repository. All events are immutable and carry keys, never values; of errors that may carry one they hold what
 * {@link WithheldException} shows.
 */
public sealed interface DualWriteEvent {

    /** The name of the repository in which it happened. */
    String repository();

    /** Calls the listener's method for this kind of event. */
    void deliverTo(DualWriteListener listener);

    /** Who brought a record or a tombstone to the follower. */
    enum Path {
        /** The write itself, before or after the caller got its result. */
        LIVE,
        /** The reconciler. */
        RECONCILER
    }

    /**
     * The authority has committed a write (for a write inside a caller's transaction: has executed it).
     *
     * @param key the key
     * @param version its new version
     */
    record Committed(String repository, Operation operation, Object key, long version) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onCommitted(this);
        }
    }

    /**
     * The authority refused a call or failed; the caller gets the error. Also the lost answer to the commit of a transaction that the caller
     * runs, if the transaction {@linkplain io.github.dualwrite.spi.CallerTransaction#afterCompletion tells} of it.
     *
     * @param keys the keys, as far as they are known
     * @param error what the caller gets; of its own commit, an {@code OutcomeUnknownException} instead
     */
    record AuthorityFailed(String repository, Operation operation, Collection<?> keys, Throwable error)
            implements DualWriteEvent {
        /** Withholds what may carry values. */
        public AuthorityFailed {
            error = WithheldException.of(error);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onAuthorityFailed(this);
        }
    }

    /**
     * The follower has a version or a newer one.
     *
     * @param version the version that was applied
     * @param superseded whether the follower already had it or a newer one
     */
    record Applied(String repository, Object key, long version, boolean superseded, Path path)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onApplied(this);
        }
    }

    /**
     * The follower has a newer version of a key than the authority has ever given, so a write was taken for an old one and is missing there: the
     * authority's versions went backwards, as after a restore, or another one writes to this follower. Found in a sample of the writes that
     * were {@linkplain Applied#superseded superseded}: others are missing too.
     *
     * @param version the version of the write, the newest of its key on the authority
     * @param followerVersion what the follower has
     */
    record FollowerAhead(String repository, Object key, long version, long followerVersion, Path path)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onFollowerAhead(this);
        }
    }

    /**
     * A committed write could not be brought to the follower now and waits for the reconciler.
     *
     * @param error details without values; empty if the reason says it all
     */
    record LeftPending(
            String repository,
            Object key,
            long version,
            PendingReason reason,
            String error,
            @Nullable Throwable cause) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public LeftPending {
            cause = WithheldException.orNull(cause);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onLeftPending(this);
        }
    }

    /**
     * Pending writes could not be confirmed. They will be applied once more, which changes nothing.
     *
     * @param keys the keys; at most some hundreds of them if there were too many confirmations
     * @param cause what the authority threw; {@code null} if there were too many confirmations to keep them all
     */
    record ConfirmFailed(
            String repository, Collection<?> keys, @Nullable Throwable cause) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public ConfirmFailed {
            cause = WithheldException.orNull(cause);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onConfirmFailed(this);
        }
    }

    /**
     * The reconciler could not apply a pending write, or not read its record from the authority, and will try again.
     *
     * @param delay when
     * @param error why, without values
     */
    record PushedBack(String repository, Object key, long version, int attempts, Duration delay, String error)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onPushedBack(this);
        }
    }

    /**
     * A pending write was parked: the follower rejects it for good.
     *
     * @param reason why, without values
     */
    record Parked(String repository, Object key, long version, String reason) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onParked(this);
        }
    }

    /**
     * Parked writes were made due again.
     *
     * @param count how many
     */
    record ParkedRetried(String repository, int count) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onParkedRetried(this);
        }
    }

    /**
     * A parked write was given up by a person: the follower differs from the authority until the key is written again.
     *
     * @param reason the person's reason
     */
    record Discarded(String repository, Object key, long version, String reason) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onDiscarded(this);
        }
    }

    /**
     * The reconciler could not work on the queue, for instance because the authority is down. It goes on trying.
     *
     * @param error what it got
     */
    record ReconcileFailed(String repository, Throwable error) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public ReconcileFailed {
            error = WithheldException.of(error);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onReconcileFailed(this);
        }
    }

    /**
     * The authority answered a read that the route sends to the follower.
     *
     * @param keys the keys
     */
    record ReadFallback(
            String repository,
            List<?> keys,
            FallbackReason reason,
            @Nullable Throwable cause) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public ReadFallback {
            cause = WithheldException.orNull(cause);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onReadFallback(this);
        }
    }

    /**
     * A read of the follower failed, and the route allows no fallback: the caller gets the error.
     *
     * @param keys the keys; for a query, its name
     */
    record FollowerReadFailed(
            String repository,
            List<?> keys,
            FallbackReason reason,
            @Nullable Throwable cause) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public FollowerReadFailed {
            cause = WithheldException.orNull(cause);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onFollowerReadFailed(this);
        }
    }

    /**
     * The route could not say which store answers a read, because a predicate threw or a key has no stable text. The authority
     * answers.
     *
     * @param error what was wrong
     */
    record RouteUndecided(String repository, Throwable error) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public RouteUndecided {
            error = WithheldException.of(error);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onRouteUndecided(this);
        }
    }

    /**
     * The authority answered a query that the route sends to the follower.
     *
     * @param query the query's name
     */
    record QueryFallback(
            String repository,
            String query,
            FallbackReason reason,
            @Nullable Throwable cause) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public QueryFallback {
            cause = WithheldException.orNull(cause);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onQueryFallback(this);
        }
    }

    /**
     * A shadow read was compared. One event for each key or query, after all looks again.
     *
     * @param query the query's name; empty for a read by key
     * @param fields the names of the fields that differ
     */
    record ShadowCompared(String repository, String query, ShadowResult result, Set<String> fields)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onShadowCompared(this);
        }
    }

    /**
     * A sample of what differs, at a limited rate for each cohort; a cohort is a result with the names of the fields.
     *
     * @param key the key, its hash or nothing of it, as configured; for a query, its name
     * @param suppressed how many of the cohort were not published since its last sample
     */
    record ShadowMismatch(String repository, Object key, ShadowResult result, Set<String> fields, long suppressed)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onShadowMismatch(this);
        }
    }

    /**
     * Shadow reads were not made or not finished, so that they harm nothing.
     *
     * @param reason why
     * @param count how many: of keys or queries. Those of a read of many keys come together
     */
    record ShadowShed(String repository, ShedReason reason, int count) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onShadowShed(this);
        }
    }

    /**
     * Shadow reads failed; nothing was compared.
     *
     * @param step which step failed
     * @param error what it got
     * @param count how many: of keys or queries. Those of a read of many keys can come together
     */
    record ShadowFailed(String repository, ShadowStep step, Throwable error, int count) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public ShadowFailed {
            error = WithheldException.of(error);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onShadowFailed(this);
        }
    }

    /**
     * A key that a shadow read found to differ was marked pending, so that the reconciler brings the authority's state to the
     * follower.
     *
     * @param key the key, its hash or nothing of it, as configured
     */
    record ShadowHealed(String repository, Object key) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onShadowHealed(this);
        }
    }

    /**
     * The effective read route changed on this instance: its text did, so another predicate under the same name is no change. If the
     * source gives a route for each key, also a step back begins or ends, whatever the route of the repository: {@code from} and {@code
     * to} may then be the same.
     *
     * @param from the old route
     * @param to the new route
     * @param source the source of the route
     * @param detail more about the reason, for a person; empty if there is nothing to add
     * @param key the key, if the source gives a route for each key and only that of this one changed; else {@code null}
     */
    record RouteChanged(
            String repository,
            String from,
            String to,
            String source,
            RouteChangeReason reason,
            String detail,
            @Nullable Object key)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onRouteChanged(this);
        }
    }

    /**
     * The source of the read route failed, or had no value. Comes once for each refresh that failed.
     *
     * @param source the source
     * @param route the route in force: the last good one, or the authority
     * @param failures how many times in a row it has failed now
     * @param error what the source threw, or what was wrong with its answer, as it is: a source sees keys and routes, but no record
     */
    record RouteSourceFailed(String repository, String source, String route, long failures, Throwable error)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onRouteSourceFailed(this);
        }
    }

    /**
     * The source of the read route gives values again.
     *
     * @param source the source
     * @param failures how many times in a row it had failed
     */
    record RouteSourceRecovered(String repository, String source, long failures) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onRouteSourceRecovered(this);
        }
    }

    /**
     * The authority answered reads because the route of their keys was not known: the source gives a route for each key, and had
     * not been asked for these, or not lately enough. Comes at most once for each refresh, and says why fewer reads than
     * the flag says go to the follower.
     *
     * @param source the source
     * @param reads how many since the last such event
     * @param notAsked for how many reads the source could not even be asked, as too many questions wait for it; it is too slow
     *     for so many keys
     */
    record KeyRoutesUnknown(String repository, String source, long reads, long notAsked) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onKeyRoutesUnknown(this);
        }
    }

    /**
     * Whether this instance knows which keys are pending changed. While it does not, every read that the route sends to the
     * follower is answered by the authority (DW-5).
     *
     * @param known whether it knows
     * @param detail why not; empty if it knows
     * @param cause what the authority threw, if it did
     */
    record PendingKeysKnown(
            String repository,
            boolean known,
            String detail,
            @Nullable Throwable cause) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public PendingKeysKnown {
            cause = WithheldException.orNull(cause);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onPendingKeysKnown(this);
        }
    }

    /**
     * A circuit breaker changed its state, as is seen after each call through it, and within a second of a change that others have made. A
     * state that was left again by then is not told.
     *
     * @param breaker its name
     */
    record BreakerChanged(String repository, String breaker, String from, String to) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBreakerChanged(this);
        }
    }

    /**
     * The follower could not be checked when the repository was built, or is not as it must be.
     *
     * @param error what the check got
     */
    record FollowerCheckFailed(String repository, Throwable error) implements DualWriteEvent {
        /** Withholds what may carry values. */
        public FollowerCheckFailed {
            error = WithheldException.of(error);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onFollowerCheckFailed(this);
        }
    }

    /**
     * A run of a backfill, or a trial of what had failed, began on this instance.
     *
     * @param job the job's name
     * @param splits how many splits it has
     * @param splitsDone how many of them are done already
     * @param estimatedRows about how many records there are; -1 if nobody knows
     */
    record BackfillBegan(String repository, String job, int splits, int splitsDone, long estimatedRows)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillBegan(this);
        }
    }

    /**
     * How far a backfill is, over all processes. At most once in a second for each run.
     *
     * @param job the job's name
     * @param rows records read
     * @param totalRows about how many there are; -1 if nobody knows
     * @param skipped records that the follower had already: newer, or stored before a kill
     * @param rowsPerSecond lately
     * @param bytesPerSecond lately
     * @param remaining how long it may still take; {@code null} if nobody knows
     * @param splitsDone how many splits are done
     * @param splits how many splits there are
     * @param failures how many records failed for good and are not dealt with
     */
    record BackfillProgressed(
            String repository,
            String job,
            long rows,
            long totalRows,
            long skipped,
            double rowsPerSecond,
            double bytesPerSecond,
            @Nullable Duration remaining,
            int splitsDone,
            int splits,
            long failures)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillProgressed(this);
        }
    }

    /**
     * The follower does not take a page of a backfill, which is tried again until it does or the run ends. Published for the second
     * failure in a row, the fourth, the eighth and so on.
     *
     * @param job the job's name
     * @param split its split's number
     * @param key the first key that waits, as text
     * @param reason why
     * @param attempts how often it failed in a row
     */
    record BackfillHeldUp(String repository, String job, int split, String key, String reason, int attempts)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillHeldUp(this);
        }
    }

    /**
     * A split of a backfill was copied to its end.
     *
     * @param job the job's name
     * @param split its number
     * @param read records read
     * @param applied records stored on the follower
     */
    record BackfillSplitDone(String repository, String job, int split, long read, long applied)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillSplitDone(this);
        }
    }

    /**
     * A backfill could not copy a record, and has noted it; the backfill is not complete until that is dealt with.
     *
     * @param job the job's name
     * @param split the number of its split
     * @param key its key as text
     * @param reason why, without values
     */
    record BackfillRecordFailed(String repository, String job, int split, String key, String reason)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillRecordFailed(this);
        }
    }

    /**
     * A person gave a record up that a backfill could not copy.
     *
     * @param job the job's name
     * @param key its key as text
     * @param reason the person's reason
     * @param failuresLeft how many records are left that failed for good and are not dealt with; -1 if that could not be read
     */
    record BackfillRecordDiscarded(String repository, String job, String key, String reason, long failuresLeft)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillRecordDiscarded(this);
        }
    }

    /**
     * A run of a backfill, or a trial of what had failed, ended on this instance. Comes for each that began.
     *
     * @param job the job's name
     * @param complete whether every split is done and no failure is left
     * @param state {@code RUNNING}, {@code PAUSED} or {@code CANCELLED}
     * @param rows records read, over all processes and runs; -1 if the job could not be read at the end
     * @param failures how many records failed for good and are not dealt with; -1 if the job could not be read at the end
     * @param error what ended it; {@code null} if nothing failed
     */
    record BackfillEnded(
            String repository,
            String job,
            boolean complete,
            String state,
            long rows,
            long failures,
            @Nullable Throwable error)
            implements DualWriteEvent {
        /** Withholds what may carry values. */
        public BackfillEnded {
            error = WithheldException.orNull(error);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillEnded(this);
        }
    }

    /**
     * Somebody changed on this instance what all processes of a backfill are to do, or removed the job.
     *
     * @param job the job's name
     * @param state {@code RUNNING}, {@code PAUSED} or {@code CANCELLED}; {@code REMOVED} if all that was known of it is forgotten
     */
    record BackfillStateChanged(String repository, String job, String state) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillStateChanged(this);
        }
    }

    /**
     * Something may keep the stores from being equal although the backfill will be complete.
     *
     * @param job the job's name
     * @param warning what, and what to do
     */
    record BackfillWarned(String repository, String job, String warning) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onBackfillWarned(this);
        }
    }

    /**
     * A verification began on this instance.
     *
     * @param round the round of a continuous verification, from 1; 0 for a run by itself
     */
    record VerificationBegan(String repository, long round) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onVerificationBegan(this);
        }
    }

    /**
     * How far a verification is. At most once in a second for each run.
     *
     * @param phase what it does
     * @param authorityRows records of the authority read in this phase
     * @param followerRows records of the follower read in this phase
     * @param estimatedRows about how many records this phase reads, of both sides together; -1 if nobody knows
     * @param rowsPerSecond over this phase, both sides together
     * @param remaining about how long this phase still takes; {@code null} if nobody knows
     * @param found differences so far
     */
    record VerificationProgressed(
            String repository,
            String phase,
            long authorityRows,
            long followerRows,
            long estimatedRows,
            double rowsPerSecond,
            @Nullable Duration remaining,
            long found)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onVerificationProgressed(this);
        }
    }

    /**
     * A verification found a difference, or a key that stays in flight. As many for each run as findings are shown.
     *
     * @param key the key, its hash or nothing of it, as configured
     * @param difference how it differs
     * @param fields the names of the fields that differ
     * @param cause what the follower's bookkeeping says of it
     */
    record VerificationFound(String repository, Object key, String difference, Set<String> fields, String cause)
            implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onVerificationFound(this);
        }
    }

    /**
     * A verification ended on this instance. One that could not go on has counted nothing: its counts are 0.
     *
     * @param round the round of a continuous verification, from 1; 0 for a run by itself
     * @param state what it has shown; {@code FAILED} if it could not go on
     * @param changed whether that is another state than the round before had; always for a run by itself
     * @param compared records compared
     * @param different keys whose fields differ
     * @param missing keys that the follower lacks
     * @param extra keys that only the follower has
     * @param inFlight keys that did not settle
     * @param undecided records and keys that could not be compared
     * @param duration how long it took
     * @param consistentAsOf as of when the stores are known to be consistent, by this run or, for a continuous verification, by a round
     *     before; {@code null} if that is not known
     * @param error why it could not go on; {@code null} if it could
     */
    record VerificationEnded(
            String repository,
            long round,
            String state,
            boolean changed,
            long compared,
            long different,
            long missing,
            long extra,
            long inFlight,
            long undecided,
            Duration duration,
            @Nullable Instant consistentAsOf,
            @Nullable Throwable error)
            implements DualWriteEvent {
        /** Withholds what may carry values. */
        public VerificationEnded {
            error = WithheldException.orNull(error);
        }

        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onVerificationEnded(this);
        }
    }

    /**
     * Keys that a verification had found were given a new version and brought to the follower, but for those that could not be.
     *
     * @param keys how many were given one
     * @param left how many of them, and of those that could not be, still differ or are in flight
     */
    record VerificationRepaired(String repository, long keys, long left) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onVerificationRepaired(this);
        }
    }
}
