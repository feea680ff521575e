package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.ShadowReads;
import io.github.dualwrite.internal.ShadowSubject;
import io.github.dualwrite.internal.StepBackWatch;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a query is answered: as a read by key is ({@link ReadProtocol}), except that nobody knows its keys.
 *
 * <ol>
 *   <li>The route in force decides by the query's routing key.
 *   <li>What is pending is looked at only if the query asks for it, and then any key counts.
 *   <li>The follower's function runs on a thread of its own, through a circuit breaker, a bulkhead and a deadline. Queries have
 *       their own breaker: a query that the secondary cannot do must not keep reads by key away from it.
 *   <li>A query is the authority's as long as the backfill is not complete: a record may be missing in what it finds.
 *   <li>A difference that a shadow finds is first put down to what is pending in the queue, for whichever instance. It counts if it is
 *       there at another look at which the authority answers the same and all that was pending at the first has arrived. New
 *       writes of other records meanwhile neither hide it nor are taken for it.
 * </ol>
 */
final class QueryProtocol {

    private final Guard guard;
    private final Guard shadowGuard;
    private final Routing routing;
    private final StepBackWatch watch;
    private final BooleanSupplier anyPending;
    private final ReconciliationQueue<?> queue;
    private final BooleanSupplier backfilled;
    private final BooleanSupplier copied;
    private final ShadowReads shadows;
    private final String followerDescription;
    private final StoreCalls calls;
    private final Events events;

    QueryProtocol(
            Guard guard,
            Routing routing,
            StepBackWatch watch,
            BooleanSupplier anyPending,
            ReconciliationQueue<?> queue,
            BooleanSupplier backfilled,
            BooleanSupplier copied,
            ShadowLane lane,
            String followerDescription,
            StoreCalls calls,
            Events events) {
        this.guard = guard;
        this.shadowGuard = lane.guard();
        this.routing = routing;
        this.watch = watch;
        this.anyPending = anyPending;
        this.queue = queue;
        this.backfilled = backfilled;
        this.copied = copied;
        this.shadows = lane.reads();
        this.followerDescription = followerDescription;
        this.calls = calls;
        this.events = events;
    }

    <T> T run(Query<T> query) {
        ReadRoute current = routing.current(query.routingKey());
        if (!routing.toFollower(current, query.routingKey())) {
            T answer = fromAuthority(query);
            if (current.shadows()) {
                shadows.followerToo(new Subject<>(query), answer);
            }
            return answer;
        }
        if (!backfilled.getAsBoolean()) {
            return fallBack(query, FallbackReason.MISS_BEFORE_BACKFILL, null);
        }
        if (query.waitsForPending() && anyPending.getAsBoolean()) {
            return fallBack(query, FallbackReason.PENDING, null);
        }
        T answer;
        try {
            answer = guard.await(guard.call(() -> askFollower(query), r -> null));
        } catch (Exception e) {
            if (!current.fallback()) {
                throw failure(query, e);
            }
            return fallBack(query, Guard.fallbackReason(e), Guard.refused(e) ? null : e);
        }
        watch.answered(true);
        events.readCounters().queriesByFollower.increment();
        if (current.shadows()) {
            shadows.authorityToo(new Subject<>(query), answer);
        }
        return answer;
    }

    private <T> T fallBack(Query<T> query, FallbackReason reason, @Nullable Throwable cause) {
        watch.fellBack(reason, cause);
        events.publish(new DualWriteEvent.QueryFallback(events.repository(), query.name(), reason, cause));
        return fromAuthority(query);
    }

    private <T> T fromAuthority(Query<T> query) {
        try {
            T answer = askAuthority(query);
            events.readCounters().queriesByAuthority.increment();
            return answer;
        } catch (RuntimeException e) {
            events.publish(
                    new DualWriteEvent.AuthorityFailed(events.repository(), Operation.QUERY, List.of(query.name()), e));
            throw e;
        }
    }

    private <T> T askAuthority(Query<T> query) {
        return calls.onAuthority(Operation.QUERY, 1, query::askPrimary);
    }

    private <T> CompletableFuture<T> askFollower(Query<T> query) {
        return calls.onFollower(Operation.QUERY, 1, query::askSecondary, StoreCalls::success);
    }

    private TransientStoreException failure(Query<?> query, Exception e) {
        FallbackReason reason = Guard.fallbackReason(e);
        watch.fellBack(reason, e);
        events.publish(new DualWriteEvent.FollowerReadFailed(
                events.repository(), List.of(query.name()), reason, Guard.refused(e) ? null : e));
        return new TransientStoreException(
                new DualWriteException.Context(events.repository(), Operation.QUERY, followerDescription, List.of()),
                "no answer to query '" + query.name() + "' (" + reason
                        + "), and the read route allows no fallback; take 'no-fallback' out of it, or ask again",
                e);
    }

    private final class Subject<T> implements ShadowSubject<T> {
        private final Query<T> query;
        private @Nullable T doubted;
        private @Nullable PendingThen<?> pendingThen;

        Subject(Query<T> query) {
            this.query = query;
        }

        @Override
        public T readAuthority() {
            return askAuthority(query);
        }

        @Override
        public T readFollower() throws Exception {
            return shadowGuard.await(shadowGuard.call(() -> askFollower(query), r -> null));
        }

        @Override
        public boolean followerRefuses() {
            return shadowGuard.refuses();
        }

        @Override
        public boolean mayLag(T authority, int looks) {
            T before = doubted;
            PendingThen<?> then = pendingThen;
            if (before == null || then == null || !difference(before, authority).none()) {
                doubted = authority;
                pendingThen =
                        PendingThen.of(queue); // after the answer: what it shows is on the follower, or pending now
                return true;
            }
            return !then.arrived();
        }

        @Override
        public Difference difference(T authority, T follower) {
            Set<String> fields = query.comparator().differingFields(authority, follower);
            return fields.isEmpty() ? Difference.NONE : new Difference(ShadowResult.DIFFERENT, Set.copyOf(fields));
        }

        @Override
        public boolean notCopiedYet(Difference difference) {
            return !copied.getAsBoolean();
        }

        @Override
        public String query() {
            return query.name();
        }

        @Override
        public Object shown() {
            return query.name();
        }

        @Override
        public boolean heal() {
            return false;
        }
    }
}
