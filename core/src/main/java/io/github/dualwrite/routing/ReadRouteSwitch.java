package io.github.dualwrite.routing;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/** A route that the application sets. Effective at once on this instance; safe for use by many threads. */
public final class ReadRouteSwitch implements WritableReadRouteSource {

    private final AtomicReference<ReadRoute> route;

    private ReadRouteSwitch(ReadRoute route) {
        this.route = new AtomicReference<>(route);
    }

    /** A switch that starts with the given route. */
    public static ReadRouteSwitch of(ReadRoute route) {
        return new ReadRouteSwitch(Objects.requireNonNull(route, "route"));
    }

    /** Sets the route for every read that starts from now on. */
    public void set(ReadRoute route) {
        this.route.set(Objects.requireNonNull(route, "route"));
    }

    /** {@inheritDoc} A switch that several repositories share changes for all of them. */
    @Override
    public boolean compareAndSet(String repository, ReadRoute expected, ReadRoute route, String who, String why) {
        Objects.requireNonNull(route, "route");
        ReadRoute now = current();
        return now.equals(expected) && this.route.compareAndSet(now, route);
    }

    @Override
    public ReadRoute route(String repository) {
        return current();
    }

    private ReadRoute current() {
        return Objects.requireNonNull(route.get());
    }

    @Override
    public boolean immediate() {
        return true;
    }

    @Override
    public String description() {
        return "a switch in the application";
    }
}
