package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.internal.Await;
import io.github.dualwrite.internal.EffectiveRoute;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a read is answered.
 *
 * <ol>
 *   <li>The route in force says which store is to answer; asking for it never waits.
 *   <li>A read that the authority is to answer touches nothing else (DW-4).
 *   <li>A key that this instance knows to be pending is answered by the authority (DW-5).
 *   <li>The follower is read through circuit breaker, bulkhead and deadline. If that gives no answer, the authority answers.
 *   <li>If the follower has no record, the authority answers as long as the backfill is not complete.
 * </ol>
 *
 * <p>Every answer that the authority gives in the follower's stead is an event with its reason.
 */
final class ReadProtocol<K, V> {

    private static final Logger log = LoggerFactory.getLogger(ReadProtocol.class);

    private final Authority<K, V> authority;
    private final Follower<K, V> follower;
    private final Guard guard;
    private final EffectiveRoute route;
    private final PendingKeys<K> pendingKeys;
    private final BooleanSupplier backfillComplete;
    private final Events events;

    ReadProtocol(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Guard guard,
            EffectiveRoute route,
            PendingKeys<K> pendingKeys,
            BooleanSupplier backfillComplete,
            Events events) {
        this.authority = authority;
        this.follower = follower;
        this.guard = guard;
        this.route = route;
        this.pendingKeys = pendingKeys;
        this.backfillComplete = backfillComplete;
        this.events = events;
    }

    Optional<V> read(K key) {
        if (!route.current().readsSecondary(events.repository(), key)) {
            return fromAuthority(key);
        }
        if (pendingKeys.mayBePending(key)) {
            return fallBack(key, FallbackReason.PENDING, null);
        }
        Optional<V> answer;
        try {
            answer = Await.result(guard.call(() -> follower.read(key), r -> null), guard.patience());
        } catch (Exception e) {
            return fallBack(key, Guard.fallbackReason(e), Guard.refused(e) ? null : e);
        }
        if (answer.isEmpty() && !backfilled()) {
            return fallBack(key, FallbackReason.MISS_BEFORE_BACKFILL, null);
        }
        return answer;
    }

    /** Splits the keys by what each needs; at most one call to the follower and one to the authority. */
    Map<K, V> readAll(Collection<? extends K> keys) {
        ReadRoute current = route.current();
        List<K> forAuthority = new ArrayList<>();
        List<K> forFollower = new ArrayList<>();
        List<K> pending = new ArrayList<>();
        for (K key : new LinkedHashSet<K>(keys)) {
            if (!current.readsSecondary(events.repository(), key)) {
                forAuthority.add(key);
            } else if (pendingKeys.mayBePending(key)) {
                pending.add(key);
            } else {
                forFollower.add(key);
            }
        }
        Map<K, V> answer = new HashMap<>();
        if (!forFollower.isEmpty()) {
            try {
                answer.putAll(
                        Await.result(guard.call(() -> follower.readAll(forFollower), r -> null), guard.patience()));
                if (!backfilled()) {
                    List<K> missing = forFollower.stream()
                            .filter(key -> !answer.containsKey(key))
                            .toList();
                    fallBack(missing, FallbackReason.MISS_BEFORE_BACKFILL, null, forAuthority);
                }
            } catch (Exception e) {
                fallBack(forFollower, Guard.fallbackReason(e), Guard.refused(e) ? null : e, forAuthority);
            }
        }
        fallBack(pending, FallbackReason.PENDING, null, forAuthority);
        if (!forAuthority.isEmpty()) {
            answer.putAll(reporting(Operation.READ_ALL, forAuthority, () -> authority.readAll(forAuthority)));
        }
        return answer;
    }

    /** An application's answer that throws is no answer: the authority is asked, which is right in any case. */
    private boolean backfilled() {
        try {
            return backfillComplete.getAsBoolean();
        } catch (RuntimeException e) {
            log.debug("backfillComplete failed", e);
            return false;
        }
    }

    private void fallBack(List<K> keys, FallbackReason reason, @Nullable Throwable cause, List<K> forAuthority) {
        if (!keys.isEmpty()) {
            events.publish(new DualWriteEvent.ReadFallback(events.repository(), keys, reason, cause));
            forAuthority.addAll(keys);
        }
    }

    private Optional<V> fallBack(K key, FallbackReason reason, @Nullable Throwable cause) {
        events.publish(new DualWriteEvent.ReadFallback(events.repository(), List.of(key), reason, cause));
        return fromAuthority(key);
    }

    private Optional<V> fromAuthority(K key) {
        return reporting(Operation.READ, List.of(key), () -> authority.read(key));
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
