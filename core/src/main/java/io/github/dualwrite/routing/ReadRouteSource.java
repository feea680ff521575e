package io.github.dualwrite.routing;

import org.jspecify.annotations.Nullable;

/**
 * Where the read route comes from: a feature flag. One method, so that a lambda over any flag client will do:
 * {@code repository -> ReadRoute.parse(flags.stringValue("reads-" + repository))}.
 */
@FunctionalInterface
public interface ReadRouteSource {

    /**
     * The route that the flag gives now. Called off the read path and cached, unless the source is {@link #immediate()}.
     *
     * <p>If it throws, or returns {@code null} for "no value", the last good route stays in force, and before any route, the
     * authority answers.
     *
     * @param repository the name of the repository that asks
     */
    @Nullable
    ReadRoute route(String repository) throws Exception;

    /**
     * Whether {@link #route} answers from memory, without waiting for anything. Such a source is asked at every read and is
     * effective at once.
     */
    default boolean immediate() {
        return false;
    }
}
