package io.github.dualwrite;

import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.CallerTransaction;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Writes inside a transaction that the caller runs: records and pending writes are committed, or rolled back, by the caller's
 * commit. After it, and never after a rollback, the keys are brought to the secondary, by other threads; if the transaction offers no hook
 * for that, the reconciler does it. In synchronous mode the after-commit action waits for them, bounded, if the transaction {@linkplain
 * CallerTransaction#releasedBeforeActions has given back} its connection before.
 *
 * <p>Results are {@link PendingReason#AWAITING_COMMIT pending}. Reads see the transaction's own writes. Reads through the repository that would go to
 * the secondary go to the primary for its keys, from the first statement on a key on. Five minutes after the last statement on it that ends, unless the
 * library has heard of the commit by then: after that it lasts until the secondary has the write, whatever runs first after the commit. Of a rollback the
 * library does not hear, nor of a commit if the transaction has no after-commit hook, or one that fails; without a hook it is so only while less than a
 * quarter of the room for pending keys is taken. If the commit comes later than these five minutes, reads between it and its hook may miss the writes;
 * if there is no hook, or it does not {@linkplain CallerTransaction#afterCompletion tell} of a lost answer, reads may until they are reconciled.
 *
 * <p>Belongs to one transaction and is as safe for use by many threads as that transaction: usually not.
 */
public final class TransactionalWrites<K, V> {

    private final Arguments arguments;
    private final AuthorityWrites<K, V> authority;
    private final CallerTransaction transaction;
    private final WriteProtocol<K, V> protocol;
    private final Map<K, PendingKeys.Uncommitted> changed = new LinkedHashMap<>();
    private boolean asked;
    private boolean hooked;

    TransactionalWrites(
            Arguments arguments,
            AuthorityWrites<K, V> authority,
            CallerTransaction transaction,
            WriteProtocol<K, V> protocol) {
        this.arguments = arguments;
        this.authority = authority;
        this.transaction = transaction;
        this.protocol = protocol;
    }

    /**
     * Inserts a record.
     *
     * @throws RecordExistsException if there is a record under its key
     */
    public WriteResult<K, V> create(V value) {
        arguments.notNull("value", value);
        return write(Operation.CREATE, List.of(), () -> List.of(authority.create(value)))
                .get(0);
    }

    /**
     * Replaces a record.
     *
     * @throws RecordNotFoundException if there is no record under its key
     */
    public WriteResult<K, V> update(V value) {
        arguments.notNull("value", value);
        return write(Operation.UPDATE, List.of(), () -> List.of(authority.update(value)))
                .get(0);
    }

    /**
     * Inserts or replaces a record. One whose key the primary is to generate is inserted.
     *
     * @throws RecordExistsException if the key that the primary generates is taken, because what it generates keys from is behind
     */
    public WriteResult<K, V> save(V value) {
        arguments.notNull("value", value);
        return write(Operation.SAVE, List.of(), () -> List.of(authority.save(value)))
                .get(0);
    }

    /** Removes a record; empty if there was none. */
    public Optional<WriteResult<K, V>> delete(K key) {
        arguments.notNull("key", key);
        return write(
                        Operation.DELETE,
                        List.of(key),
                        () -> authority.delete(key).map(List::of).orElse(List.of()))
                .stream()
                .findFirst();
    }

    /** Inserts or replaces records; returns a result for each distinct key, in no particular order. */
    public List<WriteResult<K, V>> saveAll(Collection<? extends V> values) {
        List<V> copy = arguments.copy("values", values);
        return copy.isEmpty() ? List.of() : write(Operation.SAVE_ALL, List.of(), () -> authority.saveAll(copy));
    }

    /** Removes records; returns a result for each record that there was, in no particular order. */
    public List<WriteResult<K, V>> deleteAll(Collection<? extends K> keys) {
        List<K> copy = arguments.copy("keys", keys);
        return copy.isEmpty() ? List.of() : write(Operation.DELETE_ALL, copy, () -> authority.deleteAll(copy));
    }

    /**
     * Names keys whose records other statements of this transaction have changed, in whatever way. Call it after those
     * statements: their locks keep the versions in the order of the commits.
     */
    public void markPending(Collection<? extends K> keys) {
        List<K> copy = arguments.copy("keys", keys);
        if (!copy.isEmpty()) {
            protocol.commitOnAuthority(Operation.MARK_PENDING, copy, () -> {
                authority.markPending(copy);
                return List.of();
            });
            followLater(copy);
        }
    }

    /** The record under a key, as this transaction sees it. */
    public Optional<V> read(K key) {
        arguments.notNull("key", key);
        return authority.read(key);
    }

    /** The records that exist under the given keys, as this transaction sees them. */
    public Map<K, V> readAll(Collection<? extends K> keys) {
        List<K> copy = arguments.copy("keys", keys);
        return ReadProtocol.askedFor(copy, authority.readAll(copy));
    }

    private List<WriteResult<K, V>> write(
            Operation operation, Collection<?> keys, Supplier<List<VersionedRecord<K, V>>> statement) {
        List<VersionedRecord<K, V>> written;
        try {
            written = protocol.commitOnAuthority(operation, keys, statement);
        } catch (DualWriteException e) {
            // the statement may have taken effect, and the caller may commit all the same
            followLater(WriteProtocol.keysOf(e));
            throw e;
        }
        followLater(written.stream().map(VersionedRecord::key).toList());
        return written.stream()
                .map(r -> new WriteResult<>(r, PendingReason.AWAITING_COMMIT))
                .toList();
    }

    private void followLater(Collection<K> keys) {
        try {
            if (!asked && !keys.isEmpty()) {
                asked = true; // once: a transaction has a hook or has none
                boolean mayWait = transaction.releasedBeforeActions();
                hooked = transaction.afterCompletion(
                        () -> protocol.followCommitted(new LinkedHashMap<>(changed), mayWait),
                        () -> protocol.outcomeUnknown(List.copyOf(changed.keySet())));
            }
        } finally { // the caller may commit all the same
            for (K key : keys) {
                changed.compute(
                        key,
                        (k, before) -> before == null
                                ? protocol.uncommitted(k, hooked)
                                : protocol.uncommittedAgain(k, before, hooked));
            }
        }
    }
}
