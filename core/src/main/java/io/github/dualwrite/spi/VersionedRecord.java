package io.github.dualwrite.spi;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The state of one key at one version: a record, or a tombstone if the value is {@code null}.
 *
 * <p>Immutable if the value is. {@link #toString()} shows key and version, never the value.
 *
 * @param key the key; never {@code null}
 * @param version strictly increasing per key in the authority's commit order, across update, delete and re-create
 * @param value the record, or {@code null} for a tombstone
 */
public record VersionedRecord<K, V>(
        K key, long version, @Nullable V value) {

    /** Refuses a {@code null} key and a version below 1. */
    public VersionedRecord {
        Objects.requireNonNull(key, "key");
        if (version < 1) {
            throw new IllegalArgumentException("version must be at least 1, not " + version);
        }
    }

    /** Whether the key was deleted at this version. */
    public boolean tombstone() {
        return value == null;
    }

    @Override
    public String toString() {
        return (tombstone() ? "tombstone " : "record ") + key + " at version " + version;
    }
}
