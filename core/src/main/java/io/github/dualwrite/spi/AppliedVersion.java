package io.github.dualwrite.spi;

/**
 * What a follower's own bookkeeping says of a key.
 *
 * @param version the highest version that was applied under the key
 * @param tombstone whether that was a deletion
 */
public record AppliedVersion(long version, boolean tombstone) {}
