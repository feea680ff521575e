package io.github.dualwrite.routing;

import java.util.Objects;

/** A route that the application sets. Effective at once on this instance; safe for use by many threads. */
public final class ReadRouteSwitch implements ReadRouteSource {

    private volatile ReadRoute route;

    private ReadRouteSwitch(ReadRoute route) {
        this.route = route;
    }

    /** A switch that starts with the given route. */
    public static ReadRouteSwitch of(ReadRoute route) {
        return new ReadRouteSwitch(Objects.requireNonNull(route, "route"));
    }

    /** Sets the route for every read that starts from now on. */
    public void set(ReadRoute route) {
        this.route = Objects.requireNonNull(route, "route");
    }

    @Override
    public ReadRoute route(String repository) {
        return route;
    }

    @Override
    public boolean immediate() {
        return true;
    }
}
