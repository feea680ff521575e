package io.github.dualwrite.dynamodb;

/**
 * What a purge did.
 *
 * @param tombstones how many tombstones were deleted
 * @param records from how many records the marks were removed
 * @param changed how many items had another version, or none, when they were to be purged, and how many tombstones there were into
 *     which something without the library was seen to have written a record; all left alone. Dual writes have not ended, or the application without the library was
 *     started too early. What it writes between reading and deleting is seen only in the first 100 of {@link ItemMapping#ownedAttributes}; 0 is no proof
 * @param unrecognised how many items with marks were left alone because the store's mapping does not recognise them: those of other
 *     repositories in the table, records that it cannot read, or tombstones of which it cannot tell ({@link DynamoDbPurge#wholeTable})
 */
public record PurgeReport(long tombstones, long records, long changed, long unrecognised) {}
