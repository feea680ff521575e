package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.EffectiveRoute;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.routing.ReadRoute;

/** Asks the route in force, without ever failing: where the route cannot decide, the authority answers, and it is an event. */
final class Routing {

    private final EffectiveRoute route;
    private final String group;
    private final Events events;

    /**
     * Asks a route.
     *
     * @param group repositories of one group deal out equal routing keys alike
     */
    Routing(EffectiveRoute route, String group, Events events) {
        this.route = route;
        this.group = group;
        this.events = events;
    }

    ReadRoute current() {
        return route.current();
    }

    /** The route for a key: the same as {@link #current()}, unless the flag depends on keys. */
    ReadRoute current(Object key) {
        return route.current(key);
    }

    boolean toFollower(ReadRoute current, Object key) {
        if (!current.mayReadSecondary()) {
            return false;
        }
        try {
            return current.readsSecondary(group, key);
        } catch (RuntimeException | Error e) { // a predicate may throw anything
            events.publish(new DualWriteEvent.RouteUndecided(events.repository(), e));
            return false;
        }
    }
}
