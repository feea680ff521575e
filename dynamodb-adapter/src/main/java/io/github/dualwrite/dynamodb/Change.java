package io.github.dualwrite.dynamodb;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What a write does to one key: the item that it leaves, and what must be there before.
 *
 * @param key the key
 * @param keyAttributes its attributes
 * @param keyText its text in the queue
 * @param expected what must be there
 * @param item the item to put, without its version; {@code null} leaves the item and only gives it a version
 * @param value the record that the item holds; {@code null} for a tombstone
 * @param floor the version must be higher than this one
 */
record Change<K, V>(
        K key,
        Map<String, AttributeValue> keyAttributes,
        String keyText,
        Expected expected,
        @Nullable Map<String, AttributeValue> item,
        @Nullable V value,
        long floor) {

    /** What must be under the key for a write to happen. */
    enum Expected {
        /** A record, or none. */
        ANYTHING("", true, true),
        /** A record. */
        RECORD(" AND attribute_exists(#key) AND (attribute_not_exists(#deleted) OR #deleted <> :true)", true, false),
        /** No record: no item, or a tombstone. */
        NO_RECORD(" AND (attribute_not_exists(#key) OR #deleted = :true)", false, true);

        private final String condition;
        private final boolean recordFits;
        private final boolean otherFits;

        Expected(String condition, boolean recordFits, boolean otherFits) {
            this.condition = condition;
            this.recordFits = recordFits;
            this.otherFits = otherFits;
        }

        /** In addition to the version's. */
        String condition() {
            return condition;
        }

        /** Whether it is what was found. */
        boolean met(boolean record) {
            return record ? recordFits : otherFits;
        }
    }

    Change<K, V> above(long version) {
        return new Change<>(key, keyAttributes, keyText, expected, item, value, Math.max(floor, version));
    }
}
