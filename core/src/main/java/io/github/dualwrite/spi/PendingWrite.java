package io.github.dualwrite.spi;

import java.time.Instant;

/**
 * The durable fact "this key at this version is committed on the authority and not yet known to be on the follower".
 *
 * @param key the key
 * @param version the newest committed version
 * @param attempts how often the reconciler tried this version and pushed it back
 * @param pendingSince since when the key has been pending without a break
 */
public record PendingWrite<K>(K key, long version, int attempts, Instant pendingSince) {}
