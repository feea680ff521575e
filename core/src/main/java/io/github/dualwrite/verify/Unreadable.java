package io.github.dualwrite.verify;

/**
 * A record that could not be compared. Immutable.
 *
 * @param side on which side
 * @param shown its key as {@code keyPrivacy} allows it
 * @param reason why, without values
 */
public record Unreadable(Side side, Object shown, String reason) {}
