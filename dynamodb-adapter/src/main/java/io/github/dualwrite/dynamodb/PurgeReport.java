package io.github.dualwrite.dynamodb;

/**
 * What a purge did.
 *
 * @param tombstones how many tombstones were deleted
 * @param records from how many records the marks were removed
 * @param changed how many items somebody changed between reading and purging them; dual writes have not ended
 */
public record PurgeReport(long tombstones, long records, long changed) {}
