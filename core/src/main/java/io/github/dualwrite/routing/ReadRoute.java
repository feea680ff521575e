package io.github.dualwrite.routing;

import java.util.Locale;

/**
 * Which store answers a read. Immutable; has a text form that a person can type.
 *
 * <p>Named by the stores' identities, which never change, not by their roles.
 */
public final class ReadRoute {

    private static final ReadRoute PRIMARY = new ReadRoute(false, "primary");
    private static final ReadRoute SECONDARY = new ReadRoute(true, "secondary");

    private final boolean secondary;
    private final String text;

    private ReadRoute(boolean secondary, String text) {
        this.secondary = secondary;
        this.text = text;
    }

    /** The primary answers. */
    public static ReadRoute primary() {
        return PRIMARY;
    }

    /** The secondary answers; the authority answers where the secondary cannot. */
    public static ReadRoute secondary() {
        return SECONDARY;
    }

    /**
     * The route of a text: {@code primary} or {@code secondary}, in any case, with blanks around it.
     *
     * @throws IllegalArgumentException if the text is anything else; the message shows what is allowed
     */
    public static ReadRoute parse(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "primary" -> PRIMARY;
            case "secondary" -> SECONDARY;
            default ->
                throw new IllegalArgumentException(
                        "a read route is 'primary' or 'secondary', not '" + text.strip() + "'");
        };
    }

    /** Whether the secondary is to answer a read of this key. */
    public boolean readsSecondary(Object key) {
        return secondary;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ReadRoute route && route.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** The text form, which {@link #parse} reads. */
    @Override
    public String toString() {
        return text;
    }
}
