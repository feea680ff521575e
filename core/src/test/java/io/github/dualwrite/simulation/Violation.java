package io.github.dualwrite.simulation;

import org.jspecify.annotations.Nullable;

/**
 * A guarantee that did not hold.
 *
 * @param rule its number
 */
record Violation(String rule, String text, @Nullable Throwable cause) {

    @Override
    public String toString() {
        return rule + ": " + text;
    }
}
