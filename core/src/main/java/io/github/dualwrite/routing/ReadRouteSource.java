package io.github.dualwrite.routing;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the read route comes from: a feature flag. One method, so that a lambda over any flag client will do:
 * {@code repository -> ReadRoute.parse(flags.stringValue("reads-" + repository))}.
 *
 * <p>The other methods have defaults that fit a lambda. Implementations must be safe for use by many threads.
 */
@FunctionalInterface
public interface ReadRouteSource {

    /** A route that never changes. */
    static ReadRouteSource fixed(ReadRoute route) {
        return new FixedReadRoute(route);
    }

    /**
     * The route in the system property of this name, read again at each refresh. A missing property is "no value".
     *
     * @param name the property, for instance {@code dualwrite.reads.customers}
     */
    static ReadRouteSource systemProperty(String name) {
        return TextReadRoute.systemProperty(name);
    }

    /** The route in the environment variable of this name, which cannot change while the process runs. */
    static ReadRouteSource environment(String name) {
        return TextReadRoute.environment(name);
    }

    /**
     * The route that the flag gives now. Called off the read path, by one thread at a time for each repository, and kept,
     * unless the source is {@link #immediate()}.
     *
     * <p>If it throws, or returns {@code null} for "no value", the last good route stays in force, and before any route, the
     * authority answers. A call that takes longer than {@link ReadRouteSettings#timeout()} is interrupted and its answer is not
     * used.
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

    /** Whether the route depends on the key, as with a flag service that has targeting rules. */
    default boolean perKey() {
        return false;
    }

    /**
     * The route of one key; called instead of {@link #route(String)} if the source is {@link #perKey()}, under the same rules.
     * Until the first answer for a key the authority answers reads of it.
     */
    @Nullable
    default ReadRoute route(String repository, Object key) throws Exception {
        return route(repository);
    }

    /**
     * Asks to be told that the flag may have changed, so that it need not wait for the next refresh. A source that cannot tell
     * does nothing.
     *
     * @param changed quick and safe for use by many threads
     * @return ends it
     */
    default Runnable onChange(Runnable changed) {
        Objects.requireNonNull(changed, "changed");
        return () -> {};
    }

    /** Names the source in events and logs. */
    default String description() {
        return getClass().isHidden() || getClass().isSynthetic() || getClass().isAnonymousClass()
                ? "a function of the application"
                : getClass().getSimpleName();
    }
}
