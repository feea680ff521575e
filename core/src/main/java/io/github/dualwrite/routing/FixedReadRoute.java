package io.github.dualwrite.routing;

import java.util.Objects;

/** A route that never changes. */
final class FixedReadRoute implements ReadRouteSource {

    private final ReadRoute route;

    FixedReadRoute(ReadRoute route) {
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

    @Override
    public String description() {
        return "a fixed route";
    }
}
