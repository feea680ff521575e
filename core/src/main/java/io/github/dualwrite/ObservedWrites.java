package io.github.dualwrite;

import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Verbs of an authority whose calls listeners are told of. As long as there are none, each call costs one look at that. */
class ObservedWrites<K, V> implements AuthorityWrites<K, V> {

    private final AuthorityWrites<K, V> real;
    final StoreCalls calls;

    ObservedWrites(AuthorityWrites<K, V> real, StoreCalls calls) {
        this.real = real;
        this.calls = calls;
    }

    @Override
    public VersionedRecord<K, V> create(V value) {
        return calls.off() ? real.create(value) : calls.onAuthority(Operation.CREATE, 1, () -> real.create(value));
    }

    @Override
    public VersionedRecord<K, V> update(V value) {
        return calls.off() ? real.update(value) : calls.onAuthority(Operation.UPDATE, 1, () -> real.update(value));
    }

    @Override
    public VersionedRecord<K, V> save(V value) {
        return calls.off() ? real.save(value) : calls.onAuthority(Operation.SAVE, 1, () -> real.save(value));
    }

    @Override
    public Optional<VersionedRecord<K, V>> delete(K key) {
        return calls.off() ? real.delete(key) : calls.onAuthority(Operation.DELETE, 1, () -> real.delete(key));
    }

    @Override
    public List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values) {
        return calls.off()
                ? real.saveAll(values)
                : calls.onAuthority(Operation.SAVE_ALL, values.size(), () -> real.saveAll(values));
    }

    @Override
    public List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys) {
        return calls.off()
                ? real.deleteAll(keys)
                : calls.onAuthority(Operation.DELETE_ALL, keys.size(), () -> real.deleteAll(keys));
    }

    @Override
    public void markPending(Collection<? extends K> keys) {
        if (calls.off()) {
            real.markPending(keys);
        } else {
            boolean unused = calls.onAuthority(Operation.MARK_PENDING, keys.size(), () -> {
                real.markPending(keys);
                return true;
            });
        }
    }

    @Override
    public Optional<V> read(K key) {
        return calls.off() ? real.read(key) : calls.onAuthority(Operation.READ, 1, () -> real.read(key));
    }

    @Override
    public Map<K, V> readAll(Collection<? extends K> keys) {
        return calls.off()
                ? real.readAll(keys)
                : calls.onAuthority(Operation.READ_ALL, keys.size(), () -> real.readAll(keys));
    }
}
