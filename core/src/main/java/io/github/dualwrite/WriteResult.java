package io.github.dualwrite;

import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of a write that the authority has committed. Immutable if the value is.
 *
 * <p>{@link #toString()} shows key and version, never the value.
 */
public final class WriteResult<K, V> {

    private final VersionedRecord<K, V> committed;
    private final @Nullable PendingReason pendingReason;

    WriteResult(VersionedRecord<K, V> committed, @Nullable PendingReason pendingReason) {
        this.committed = committed;
        this.pendingReason = pendingReason;
    }

    /**
     * What a write gives that the secondary has. For tests of applications.
     *
     * @param value the record as the authority stored it; {@code null} for a delete
     * @throws IllegalArgumentException if the version is below 1
     */
    public static <K, V> WriteResult<K, V> applied(K key, long version, @Nullable V value) {
        return new WriteResult<>(new VersionedRecord<>(key, version, value), null);
    }

    /**
     * What a write gives that the secondary will get. For tests of applications.
     *
     * @param value the record as the authority stored it; {@code null} for a delete
     * @throws IllegalArgumentException if the version is below 1
     */
    public static <K, V> WriteResult<K, V> pending(K key, long version, @Nullable V value, PendingReason reason) {
        return new WriteResult<>(new VersionedRecord<>(key, version, value), Objects.requireNonNull(reason, "reason"));
    }

    /** The key, also if the authority generated it. */
    public K key() {
        return committed.key();
    }

    /** The version that the authority gave this write. */
    public long version() {
        return committed.version();
    }

    /** The record as the authority stored it, with defaults and generated keys; empty after a delete. */
    public Optional<V> value() {
        return Optional.ofNullable(committed.value());
    }

    /** Whether the secondary has this version or a newer one. If not, it will get it: see {@link #pendingReason()}. */
    public boolean secondaryApplied() {
        return pendingReason == null;
    }

    /** Why the secondary is not known to have this version yet; empty if it has. */
    public Optional<PendingReason> pendingReason() {
        return Optional.ofNullable(pendingReason);
    }

    @Override
    public String toString() {
        return committed + (pendingReason == null ? ", applied" : ", pending: " + pendingReason);
    }
}
