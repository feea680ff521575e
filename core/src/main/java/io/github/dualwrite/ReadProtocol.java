package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.internal.ReadCounters;
import io.github.dualwrite.internal.StepBackWatch;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a read by key is answered.
 *
 * <ol>
 *   <li>The route in force says which store is to answer; asking for it never waits.
 *   <li>A read that the authority is to answer touches nothing else (DW-4).
 *   <li>A key that this instance knows to be pending is answered by the authority (DW-5).
 *   <li>The follower is read through circuit breaker, bulkhead and deadline. If that gives no answer, the authority answers,
 *       or, if the route allows no fallback, the caller gets the error.
 *   <li>If the follower has no record, the authority answers as long as the backfill is not complete. That is asked before the follower
 *       is: a record may be copied while the answer that there is none is on its way.
 *   <li>A share of the reads is offered to {@link KeyShadows}, which reads the other store in its own time. A read on which the
 *       follower has just been passed over is not.
 * </ol>
 *
 * <p>Every answer that the authority gives in the follower's stead is an event with its reason. Steps 3 and 5 hold without
 * fallback too: there the follower has not failed, it would give a wrong answer. A read of many keys goes by the route of each
 * key; if the follower fails and one of them allows no fallback, the whole read fails and names these keys.
 */
final class ReadProtocol<K, V> {

    private final Authority<K, V> authority;
    private final Follower<K, V> follower;
    private final Guard guard;
    private final KeyRouting<K> routing;
    private final StepBackWatch watch;
    private final PendingKeys<K> pendingKeys;
    private final BooleanSupplier backfilled;
    private final KeyShadows<K, V> shadows;
    private final Events events;
    private final ReadCounters counters;

    ReadProtocol(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Guard guard,
            KeyRouting<K> routing,
            StepBackWatch watch,
            PendingKeys<K> pendingKeys,
            BooleanSupplier backfilled,
            KeyShadows<K, V> shadows,
            Events events) {
        this.authority = authority;
        this.follower = follower;
        this.guard = guard;
        this.routing = routing;
        this.watch = watch;
        this.pendingKeys = pendingKeys;
        this.backfilled = backfilled;
        this.shadows = shadows;
        this.events = events;
        this.counters = events.readCounters();
    }

    Optional<V> read(K key) {
        ReadRoute current = routing.current(key);
        if (!routing.toFollower(current, key)) {
            Optional<V> answer = fromAuthority(key);
            if (current.shadows()) {
                shadows.authorityAnswered(key, answer);
            }
            return answer;
        }
        if (pendingKeys.mayBePending(key)) {
            return fallBack(key, FallbackReason.PENDING, null);
        }
        boolean copied = backfilled.getAsBoolean();
        Optional<V> answer;
        try {
            answer = guard.await(guard.call(() -> follower.read(key), r -> null));
        } catch (Exception e) {
            if (!current.fallback()) {
                throw failure(Operation.READ, List.of(key), e);
            }
            return fallBack(key, Guard.fallbackReason(e), Guard.refused(e) ? null : e);
        }
        watch.answered(true);
        if (answer.isEmpty() && !copied) {
            return fallBack(key, FallbackReason.MISS_BEFORE_BACKFILL, null);
        }
        counters.readsByFollower.increment();
        if (current.shadows()) {
            shadows.followerAnswered(key, answer);
        }
        return answer;
    }

    /** Splits the keys by what the route of each says; at most one call to the follower and one to the authority. */
    Map<K, V> readAll(Collection<? extends K> keys) {
        Map<K, ReadRoute> routes = new LinkedHashMap<>();
        List<K> routedToAuthority = new ArrayList<>();
        List<K> forFollower = new ArrayList<>();
        List<K> pending = new ArrayList<>();
        for (K key : keys) {
            if (routes.containsKey(key)) {
                continue;
            }
            ReadRoute current = routing.current(key);
            routes.put(key, current);
            if (!routing.toFollower(current, key)) {
                routedToAuthority.add(key);
            } else if (pendingKeys.mayBePending(key)) {
                pending.add(key);
            } else {
                forFollower.add(key);
            }
        }
        List<K> forAuthority = new ArrayList<>(routedToAuthority);
        Map<K, V> answer = new HashMap<>();
        if (!forFollower.isEmpty() && readFollower(routes, forFollower, forAuthority, answer)) {
            forFollower.removeAll(new HashSet<>(forAuthority));
            counters.readsByFollower.add(forFollower.size());
            shadow(routes, forFollower, answer, true);
        }
        fallBack(pending, FallbackReason.PENDING, null, forAuthority);
        if (!forAuthority.isEmpty()) {
            answer.putAll(askedFor(
                    forAuthority, reporting(Operation.READ_ALL, forAuthority, () -> authority.readAll(forAuthority))));
            counters.readsByAuthority.add(forAuthority.size());
        }
        shadow(routes, routedToAuthority, answer, false);
        return answer;
    }

    /** Adds what the follower has to the answer, and what it cannot answer to the authority's keys. */
    private boolean readFollower(Map<K, ReadRoute> routes, List<K> keys, List<K> forAuthority, Map<K, V> answer) {
        boolean copied = backfilled.getAsBoolean();
        try {
            answer.putAll(askedFor(keys, guard.await(guard.call(() -> follower.readAll(keys), r -> null))));
            watch.answered(true);
        } catch (Exception e) {
            List<K> withoutFallback =
                    keys.stream().filter(key -> !route(routes, key).fallback()).toList();
            if (!withoutFallback.isEmpty()) {
                throw failure(Operation.READ_ALL, withoutFallback, e);
            }
            fallBack(keys, Guard.fallbackReason(e), Guard.refused(e) ? null : e, forAuthority);
            return false;
        }
        if (answer.size() < keys.size() && !copied) {
            List<K> missing =
                    keys.stream().filter(key -> !answer.containsKey(key)).toList();
            fallBack(missing, FallbackReason.MISS_BEFORE_BACKFILL, null, forAuthority);
            return missing.size() < keys.size();
        }
        return true;
    }

    /** A store may give {@code null} for a key that it does not have, and more than it was asked for. */
    static <K, V> Map<K, V> askedFor(Collection<K> keys, Map<K, V> given) {
        Map<K, V> found = new HashMap<>();
        for (K key : keys) {
            V record = given.get(key);
            if (record != null) {
                found.put(key, record);
            }
        }
        return found;
    }

    private void shadow(Map<K, ReadRoute> routes, List<K> keys, Map<K, V> answer, boolean byFollower) {
        List<K> drawn =
                keys.stream().filter(key -> route(routes, key).shadows()).toList();
        if (!drawn.isEmpty()) {
            shadows.answered(drawn, answer, byFollower);
        }
    }

    private static <K> ReadRoute route(Map<K, ReadRoute> routes, K key) {
        return Objects.requireNonNull(routes.get(key));
    }

    private TransientStoreException failure(Operation operation, List<K> keys, Exception e) {
        FallbackReason reason = Guard.fallbackReason(e);
        watch.fellBack(reason, e);
        events.publish(
                new DualWriteEvent.FollowerReadFailed(events.repository(), keys, reason, Guard.refused(e) ? null : e));
        return new TransientStoreException(
                new DualWriteException.Context(events.repository(), operation, follower.description(), keys),
                "no answer (" + reason + "), and the read route allows no fallback; take 'no-fallback' out of it, or"
                        + " read again",
                e);
    }

    private void fallBack(List<K> keys, FallbackReason reason, @Nullable Throwable cause, List<K> forAuthority) {
        if (!keys.isEmpty()) {
            watch.fellBack(reason, cause);
            events.publish(new DualWriteEvent.ReadFallback(events.repository(), keys, reason, cause));
            forAuthority.addAll(keys);
        }
    }

    private Optional<V> fallBack(K key, FallbackReason reason, @Nullable Throwable cause) {
        watch.fellBack(reason, cause);
        events.publish(new DualWriteEvent.ReadFallback(events.repository(), List.of(key), reason, cause));
        return fromAuthority(key);
    }

    private Optional<V> fromAuthority(K key) {
        Optional<V> answer = reporting(Operation.READ, List.of(key), () -> authority.read(key));
        counters.readsByAuthority.increment();
        return answer;
    }

    private <T> T reporting(Operation operation, List<K> keys, Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            events.publish(new DualWriteEvent.AuthorityFailed(events.repository(), operation, keys, e));
            throw e;
        }
    }
}
