package io.github.dualwrite.spi;

import org.jspecify.annotations.Nullable;

/**
 * Keys above one key, up to and with another, in the natural order that keys have in Java. Immutable.
 *
 * @param above {@code null} if it is open at the bottom
 * @param upTo {@code null} if it is open at the top
 */
public record KeyBounds<K>(@Nullable K above, @Nullable K upTo) {

    /** Refuses keys without a natural order, and bounds without a key between them. */
    public KeyBounds {
        if (above == null && upTo == null) {
            throw new IllegalArgumentException("a range of keys needs a bound");
        }
        ordered(above);
        ordered(upTo);
        if (above != null && upTo != null && compare(above, upTo) >= 0) {
            throw new IllegalArgumentException("a range of keys must begin before its end");
        }
    }

    private static void ordered(@Nullable Object key) {
        if (key != null && !(key instanceof Comparable<?>)) {
            throw new IllegalArgumentException(
                    "keys of " + key.getClass().getName() + " have no natural order; give a predicate instead");
        }
    }

    @SuppressWarnings("unchecked") // keys of one type, which was looked at above
    private static <K> int compare(K a, K b) {
        return ((Comparable<K>) a).compareTo(b);
    }

    /** Whether a key is within the bounds. */
    public boolean contains(K key) {
        return (above == null || compare(key, above) > 0) && (upTo == null || compare(key, upTo) <= 0);
    }
}
