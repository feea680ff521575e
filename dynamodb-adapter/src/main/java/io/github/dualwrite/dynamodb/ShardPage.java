package io.github.dualwrite.dynamodb;

import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What a shard answered.
 *
 * @param next where it is read next
 * @param entries in the order of the index
 */
record ShardPage(Cursor next, List<Map<String, AttributeValue>> entries) {

    /** Where a shard is read. */
    record Cursor(String shard, Map<String, AttributeValue> from) {

        static Cursor beginning(String shard) {
            return new Cursor(shard, Map.of());
        }
    }

    boolean last() {
        return next.from().isEmpty();
    }
}
