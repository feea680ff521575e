package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.verify.Cause;
import io.github.dualwrite.verify.Difference;
import io.github.dualwrite.verify.Finding;
import java.util.Set;
import java.util.UUID;

/**
 * Something that was done to DynamoDB by hand, and what a verification must say of it.
 *
 * @param what what was done, in words
 * @param fields the fields that differ
 * @param cause what DynamoDB remembers: an item carries the version that was applied, as long as it is there
 */
record Harm(UUID key, String what, Difference difference, Set<String> fields, Cause cause) {

    /** Whether the finding says exactly this. */
    boolean namedBy(Finding<UUID> finding) {
        return key.equals(finding.key())
                && difference == finding.difference()
                && fields.equals(finding.fields())
                && cause == finding.cause();
    }
}
