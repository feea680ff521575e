package io.github.dualwrite.postgres;

/**
 * What a {@link PostgresPurge} removed.
 *
 * @param tombstones marks of deleted keys
 * @param records marks of keys whose record stays as it is
 */
public record PurgeReport(long tombstones, long records) {}
