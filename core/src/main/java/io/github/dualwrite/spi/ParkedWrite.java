package io.github.dualwrite.spi;

import java.time.Instant;

/**
 * A parked pending write.
 *
 * @param key the key
 * @param version the version that was rejected
 * @param parkedAt when it was parked
 * @param pendingSince since when the key has been pending
 * @param attempts how often the reconciler tried it; the last try may or may not be counted
 * @param reason why the follower rejects it, without values
 */
public record ParkedWrite<K>(
        K key, long version, Instant parkedAt, Instant pendingSince, int attempts, String reason) {}
