package io.github.dualwrite.spi;

import java.time.Duration;

/**
 * A pending write whose apply failed and may succeed later.
 *
 * @param key the key
 * @param version the version that could not be applied
 * @param delay when it is due again
 * @param error what went wrong, without values
 */
public record PushBack<K>(K key, long version, Duration delay, String error) {}
