package io.github.dualwrite.routing;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A route as text that the process itself holds. */
final class TextReadRoute implements ReadRouteSource {

    private final String description;
    private final Supplier<@Nullable String> text;

    private TextReadRoute(String kind, String name, Supplier<@Nullable String> text) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the name of a " + kind + " must not be blank");
        }
        this.description = kind + " " + name;
        this.text = text;
    }

    static TextReadRoute systemProperty(String name) {
        Objects.requireNonNull(name, "name");
        return new TextReadRoute("system property", name, () -> System.getProperty(name));
    }

    static TextReadRoute environment(String name) {
        Objects.requireNonNull(name, "name");
        return new TextReadRoute("environment variable", name, () -> System.getenv(name));
    }

    @Override
    public ReadRoute route(String repository) {
        String given = text.get();
        if (given == null) {
            throw new IllegalStateException(
                    description + " is not set; set it to a read route, for instance 'primary'");
        }
        return parse(description, given);
    }

    /** A text of a person, with the place where it was found in the error. */
    static ReadRoute parse(String place, String text) {
        try {
            return ReadRoute.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String description() {
        return description;
    }
}
