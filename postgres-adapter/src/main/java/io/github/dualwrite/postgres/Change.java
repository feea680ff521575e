package io.github.dualwrite.postgres;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record or tombstone to be stored, in the form in which it is sent.
 *
 * @param keyText the key's text
 * @param key the key
 * @param version its version; 0 for a baseline
 * @param record what is to be stored; {@code null} for a tombstone
 * @param keyParts the key columns' texts; of a tombstone alone, and empty for a mapping by hand
 * @param columns the mapped columns' texts; empty for a tombstone and for a mapping by hand
 */
record Change<K, V>(
        String keyText,
        K key,
        long version,
        @Nullable V record,
        List<@Nullable String> keyParts,
        List<@Nullable String> columns) {

    static <K, V> Change<K, V> byHand(String keyText, K key, long version, @Nullable V record) {
        return new Change<>(keyText, key, version, record, List.of(), List.of());
    }

    boolean tombstone() {
        return record == null;
    }

    /** The value of a change that is not a tombstone. */
    V value() {
        return Objects.requireNonNull(record, "value");
    }

    /** The text of a mapped column; {@code null} also for a tombstone. */
    @Nullable
    String column(int index) {
        return columns.isEmpty() ? null : columns.get(index);
    }
}
