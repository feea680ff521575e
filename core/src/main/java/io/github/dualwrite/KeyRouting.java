package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.EffectiveRoute;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.routing.ReadRoute;
import java.util.Objects;
import java.util.function.Function;

/** The route for a key of the repository, by what that is routed by: itself, or for instance its tenant. Never fails. */
final class KeyRouting<K> {

    private final Routing routing;
    private final EffectiveRoute route;
    private final Function<? super K, ?> routingKey;
    private final Events events;

    KeyRouting(Routing routing, EffectiveRoute route, Function<? super K, ?> routingKey, Events events) {
        this.routing = routing;
        this.route = route;
        this.routingKey = routingKey;
        this.events = events;
    }

    ReadRoute current(K key) {
        if (!route.perKey()) {
            return routing.current();
        }
        try {
            return routing.current(of(key));
        } catch (RuntimeException | Error e) { // an application's code
            undecided(e);
            return ReadRoute.primary();
        }
    }

    boolean toFollower(ReadRoute current, K key) {
        if (!current.mayReadSecondary()) {
            return false;
        }
        Object by;
        try {
            by = of(key);
        } catch (RuntimeException | Error e) { // as above
            undecided(e);
            return false;
        }
        return routing.toFollower(current, by);
    }

    private Object of(K key) {
        return Objects.requireNonNull(routingKey.apply(key), "the function routingKey gave null for a key");
    }

    private void undecided(Throwable error) {
        events.publish(new DualWriteEvent.RouteUndecided(events.repository(), error));
    }
}
