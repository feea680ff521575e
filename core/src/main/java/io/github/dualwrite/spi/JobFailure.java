package io.github.dualwrite.spi;

/**
 * A record that a job could not deal with. Immutable.
 *
 * @param split the number of its split
 * @param key its key as text, as far as it could be read: of the same record it may be another one when it fails again
 * @param reason why, and what to do, without values
 */
public record JobFailure(int split, String key, String reason) {}
