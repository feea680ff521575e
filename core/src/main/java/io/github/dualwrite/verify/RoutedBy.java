package io.github.dualwrite.verify;

import io.github.dualwrite.routing.KeyHash;
import io.github.dualwrite.spi.MappingException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the read route of a repository deals its keys out, so that a sample is the same part of them; not for applications.
 *
 * @param group the name that the route mixes into its hash
 * @param routingKey what a key is routed by; {@code null} for the key itself
 */
public record RoutedBy<K>(String group, @Nullable Function<? super K, ?> routingKey) {

    /** Whether the hash is that of the key itself under this name. */
    boolean keyUnder(String name) {
        return routingKey == null && group.equals(name);
    }

    /**
     * The hash of which a percentage is taken.
     *
     * @throws IllegalArgumentException if the function fails, or what it gives has no stable text; says so without the key
     */
    long hash(K key) {
        return KeyHash.of(group, routingKey == null ? key : by(routingKey, key));
    }

    private static <K> Object by(Function<? super K, ?> routingKey, K key) {
        @Nullable Object by;
        try {
            by = routingKey.apply(key);
        } catch (RuntimeException e) { // an application's code
            throw new MappingException(
                    "the function routingKey failed for a key, so that it is not known whether it is in the sample;"
                            + " mend it or verify without a sample",
                    e);
        }
        if (by == null) {
            throw new MappingException(
                    "the function routingKey gave null for a key, so that it is not known whether it is in the sample;"
                            + " mend it or verify without a sample");
        }
        return by;
    }

    /** For a checkpoint, which cannot know more of a function than that there is one. */
    String text() {
        return (routingKey == null ? "the key" : "a routing key") + " in " + group;
    }
}
