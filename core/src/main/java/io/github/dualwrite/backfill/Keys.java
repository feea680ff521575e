package io.github.dualwrite.backfill;

import io.github.dualwrite.routing.KeyText;

/** Keys as text, for what is noted of them. */
final class Keys {

    private Keys() {}

    /** A key without a stable text still has one that a person can read. */
    static String text(Object key) {
        try {
            return KeyText.of(key);
        } catch (IllegalArgumentException e) {
            return String.valueOf(key);
        }
    }
}
