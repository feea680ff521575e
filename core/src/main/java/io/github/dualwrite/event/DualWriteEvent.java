package io.github.dualwrite.event;

import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Something that happened in a repository. All events are immutable and carry keys, never values. */
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
     * The authority refused a call or failed; the caller gets the error.
     *
     * @param keys the keys, as far as they are known
     * @param error what the caller gets
     */
    record AuthorityFailed(String repository, Operation operation, Collection<?> keys, Throwable error)
            implements DualWriteEvent {
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
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onLeftPending(this);
        }
    }

    /**
     * Pending writes could not be confirmed. They will be applied once more, which changes nothing.
     *
     * @param keys the keys
     * @param cause what the authority threw; {@code null} if there were too many confirmations to keep them all
     */
    record ConfirmFailed(
            String repository, Collection<?> keys, @Nullable Throwable cause) implements DualWriteEvent {
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onConfirmFailed(this);
        }
    }

    /**
     * The reconciler could not apply a pending write and will try again.
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
     * The effective read route changed on this instance.
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
     * @param error what the source threw, or what was wrong with its answer
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
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onPendingKeysKnown(this);
        }
    }

    /**
     * A circuit breaker changed its state.
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
        @Override
        public void deliverTo(DualWriteListener listener) {
            listener.onFollowerCheckFailed(this);
        }
    }
}
