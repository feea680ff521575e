package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.VersionedRecord;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record or tombstone to be applied, in the form in which it is sent.
 *
 * @param keyText the key's text
 * @param record what is to be applied
 * @param keyParts the key columns' texts; empty for a mapping by hand
 * @param columns the mapped columns' texts; empty for a tombstone and for a mapping by hand
 */
record Change<K, V>(
        String keyText, VersionedRecord<K, V> record, List<@Nullable String> keyParts, List<@Nullable String> columns) {

    static <K, V> Change<K, V> byHand(String keyText, VersionedRecord<K, V> record) {
        return new Change<>(keyText, record, List.of(), List.of());
    }

    boolean tombstone() {
        return record.tombstone();
    }

    /** The value of a change that is not a tombstone. */
    V value() {
        return Objects.requireNonNull(record.value(), "value");
    }

    /** The text of a mapped column; {@code null} also for a tombstone. */
    @Nullable
    String column(int index) {
        return columns.isEmpty() ? null : columns.get(index);
    }
}
