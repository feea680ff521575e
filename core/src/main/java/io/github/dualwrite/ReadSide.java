package io.github.dualwrite;

import io.github.dualwrite.internal.EffectiveRoute;
import io.github.dualwrite.internal.Elsewhere;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.FleetPending;
import io.github.dualwrite.internal.JobCompletion;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.OwnedExecutors;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.internal.StepBackWatch;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All that answers reads: the keys that may be pending, the route in force with its step back, reads by key, queries and shadow
 * reads. What it starts ends with the executors that it is given.
 */
final class ReadSide<K, V> {

    private static final Duration SWEEP_INTERVAL = Duration.ofSeconds(1);

    private final PendingKeys<K> pendingKeys;
    private final EffectiveRoute route;
    private final ReadProtocol<K, V> byKey;
    private final QueryProtocol queries;
    private final Backfilled backfilled;

    ReadSide(
            ReadSettings<K, V> settings,
            RecordComparator<? super V> comparator,
            @Nullable JobCompletion completion,
            Authority<K, V> authority,
            Follower<K, V> follower,
            Guards guards,
            OwnedExecutors owned,
            StoreCalls calls,
            Events events) {
        FleetPending<K> fleet = fleet(settings.readYourWrites, authority.queue(), owned, events);
        this.pendingKeys = pendingKeys(settings.marks, fleet, authority.queue(), owned, events);
        this.route = route(settings, owned, events);
        StepBackWatch watch = watch(settings.stepBack, route, owned.machine());
        ShadowLane keyLane =
                ShadowLane.open(ShadowLane.KEYS, follower.mayBlock(), settings.shadow, guards, owned, watch, events);
        ShadowLane queryLane = ShadowLane.open(ShadowLane.QUERIES, true, settings.shadow, guards, owned, watch, events);
        Routing routing = new Routing(route, settings.group(events.repository()), events);
        this.backfilled = new Backfilled(
                events.repository(),
                settings.backfillComplete != null
                        ? settings.backfillComplete
                        : completion != null ? completion : () -> false);
        BooleanSupplier copied = completion != null ? completion::lastSeen : backfilled;
        KeyShadows<K, V> keyShadows = new KeyShadows<>(
                keyLane,
                authority,
                follower,
                pendingKeys,
                copied,
                comparator,
                events.repository(),
                settings.shadow.keyPrivacy());
        this.byKey = new ReadProtocol<>(
                authority,
                follower,
                guards.read(settings.timeout, follower.mayBlock() ? events.carrying(owned.reader()) : null),
                new KeyRouting<>(routing, route, settings.routingKey, events),
                watch,
                pendingKeys,
                backfilled,
                keyShadows,
                events);
        this.queries = new QueryProtocol(
                guards.query(
                        settings.timeout,
                        events.carrying(
                                settings.queryExecutor != null
                                        ? new Elsewhere(settings.queryExecutor)
                                        : owned.queries())),
                routing,
                watch,
                () -> pendingKeys.anyPending() || (fleet != null && fleet.anyPending()),
                authority.queue(),
                backfilled,
                copied,
                queryLane,
                follower.description(),
                calls,
                events);
    }

    private static <K> PendingKeys<K> pendingKeys(
            int capacity,
            @Nullable FleetPending<K> fleet,
            ReconciliationQueue<K> queue,
            OwnedExecutors owned,
            Events events) {
        PendingKeys<K> pendingKeys =
                new PendingKeys<>(capacity, fleet, events, owned.machine()::nanos, owned.machine()::millis);
        pendingKeys.start(queue);
        owned.repeat(SWEEP_INTERVAL, () -> pendingKeys.sweep(queue));
        return pendingKeys;
    }

    private static <K> @Nullable FleetPending<K> fleet(
            ReadYourWrites scope, ReconciliationQueue<K> queue, OwnedExecutors owned, Events events) {
        Duration bound = scope.fleetBound().orElse(null);
        if (bound == null) {
            return null;
        }
        FleetPending<K> fleet = new FleetPending<>(
                queue, bound, scope.capacity(), events, owned.machine()::nanos, owned.machine()::millis);
        OwnedExecutors.repeat(owned.fleet(), FleetPending.interval(bound), fleet::look);
        return fleet;
    }

    private static EffectiveRoute route(ReadSettings<?, ?> settings, OwnedExecutors owned, Events events) {
        EffectiveRoute route =
                new EffectiveRoute(settings.source, settings.route, owned.flags(), events, owned.machine()::nanos);
        owned.beforeEnd(route::close);
        OwnedExecutors.repeat(owned.timer(), settings.route.refresh(), route::refresh);
        return route;
    }

    private static StepBackWatch watch(@Nullable StepBack policy, EffectiveRoute route, Machine machine) {
        boolean fleet = policy != null && policy.fleet();
        StepBackWatch watch = new StepBackWatch(policy, machine::nanos, why -> route.stepBack(why, fleet));
        route.onEndOfStepBack(watch::forget);
        return watch;
    }

    PendingKeys<K> pendingKeys() {
        return pendingKeys;
    }

    EffectiveRoute route() {
        return route;
    }

    Backfilled backfilled() {
        return backfilled;
    }

    ReadProtocol<K, V> byKey() {
        return byKey;
    }

    QueryProtocol queries() {
        return queries;
    }
}
