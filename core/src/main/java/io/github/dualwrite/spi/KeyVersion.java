package io.github.dualwrite.spi;

/**
 * A key at a version.
 *
 * @param key the key
 * @param version the version
 */
public record KeyVersion<K>(K key, long version) {}
