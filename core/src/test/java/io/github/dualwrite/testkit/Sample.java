package io.github.dualwrite.testkit;

import org.jspecify.annotations.Nullable;

/**
 * The record that the contract stores.
 *
 * @param id the key
 * @param text anything, also empty or {@code null}; the two are different
 * @param number anything
 */
public record Sample(String id, @Nullable String text, long number) {

    /** A record whose content follows from a number, so that a state can be told from its neighbours. */
    public static Sample of(String id, long number) {
        return new Sample(id, "text " + number, number);
    }
}
