package io.github.dualwrite.spi;

/**
 * A pending write that the follower rejects for good.
 *
 * @param key the key
 * @param version the version that was rejected
 * @param reason why, and what to do, without values
 */
public record Parking<K>(K key, long version, String reason) {}
