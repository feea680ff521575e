package io.github.dualwrite.dynamodb;

/**
 * What a purge did.
 *
 * @param tombstones how many tombstones were deleted
 * @param records from how many records the marks were removed
 * @param changed how many items somebody changed between reading and purging them, and tombstones into which
 *     something without the library wrote a record; all left alone. Dual writes have not ended, or the application without the library was started too early
 * @param unrecognised how many items with marks were left alone because the store's mapping does not recognise them: those of other
 *     repositories in the table, records that it cannot read, or tombstones of which it cannot tell ({@link DynamoDbPurge#wholeTable})
 */
public record PurgeReport(long tombstones, long records, long changed, long unrecognised) {}
