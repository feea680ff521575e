package io.github.dualwrite.memory;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The authority by example: record, version and pending write change together, in one step. */
final class MemoryAuthority<K, V> implements Authority<K, V> {

    private final MemoryTables<K, V> tables;
    private final MemoryQueueTable<K> queue;
    private final Function<? super V, ? extends K> keyOf;
    private final @Nullable UnaryOperator<V> withKey;
    private final InstantSource clock;
    private final StoreContext context;
    private final MemoryQueue<K> queueVerbs;

    MemoryAuthority(
            MemoryTables<K, V> tables,
            MemoryQueueTable<K> queue,
            Function<? super V, ? extends K> keyOf,
            @Nullable UnaryOperator<V> withKey,
            InstantSource clock,
            StoreContext context) {
        this.tables = tables;
        this.queue = queue;
        this.keyOf = keyOf;
        this.withKey = withKey;
        this.clock = clock;
        this.context = context;
        this.queueVerbs = new MemoryQueue<>(tables, queue, clock);
    }

    @Override
    public String description() {
        return "authority in memory";
    }

    @Override
    public ReconciliationQueue<K> queue() {
        return queueVerbs;
    }

    @Override
    public VersionedRecord<K, V> create(V value) {
        V keyed = keyed(value);
        K key = key(keyed);
        return tables.atomically(() -> {
            if (tables.records.containsKey(key)) {
                throw new RecordExistsException(where(Operation.CREATE, key), "the record exists already", null);
            }
            return write(key, keyed);
        });
    }

    @Override
    public VersionedRecord<K, V> update(V value) {
        K key = key(value);
        return tables.atomically(() -> {
            if (!tables.records.containsKey(key)) {
                throw new RecordNotFoundException(where(Operation.UPDATE, key), "there is no such record", null);
            }
            return write(key, value);
        });
    }

    @Override
    public VersionedRecord<K, V> save(V value) {
        V keyed = keyed(value);
        K key = key(keyed);
        return tables.atomically(() -> write(key, keyed));
    }

    @Override
    public Optional<VersionedRecord<K, V>> delete(K key) {
        return tables.atomically(() -> remove(key));
    }

    @Override
    public List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values) {
        Map<K, V> last = new LinkedHashMap<>(); // before the step: a key that cannot be had refuses the whole batch
        for (V value : values) {
            V keyed = keyed(value);
            last.put(key(keyed), keyed);
        }
        return tables.atomically(() -> {
            List<VersionedRecord<K, V>> written = new ArrayList<>(last.size());
            last.forEach((key, value) -> written.add(write(key, value)));
            return written;
        });
    }

    @Override
    public List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys) {
        return tables.atomically(() -> {
            List<VersionedRecord<K, V>> removed = new ArrayList<>();
            keys.forEach(key -> remove(key).ifPresent(removed::add));
            return removed;
        });
    }

    @Override
    public void markPending(Collection<? extends K> keys) {
        tables.atomically(() -> {
            new LinkedHashSet<K>(keys).forEach(key -> pending(key, tables.records.get(key)));
            return true;
        });
    }

    @Override
    public Optional<V> read(K key) {
        return tables.atomically(() -> Optional.ofNullable(tables.records.get(key)));
    }

    @Override
    public Map<K, V> readAll(Collection<? extends K> keys) {
        return tables.atomically(() -> tables.recordsUnder(keys));
    }

    @Override
    public List<VersionedRecord<K, V>> snapshot(Collection<? extends K> keys) {
        return tables.atomically(() -> {
            List<VersionedRecord<K, V>> found = new ArrayList<>();
            for (K key : new LinkedHashSet<K>(keys)) {
                queue.version(key)
                        .ifPresent(version -> found.add(new VersionedRecord<>(key, version, tables.records.get(key))));
            }
            return found;
        });
    }

    @Override
    public Optional<RecordScan<K, V>> scan() {
        return Optional.of(new MemoryScan<>(tables));
    }

    @Override
    public Optional<JobStore> jobs() {
        return Optional.of(new MemoryJobs(tables, tables.jobs(context.repository()), clock));
    }

    private VersionedRecord<K, V> write(K key, V value) {
        tables.put(key, value);
        return pending(key, value);
    }

    private Optional<VersionedRecord<K, V>> remove(K key) {
        return tables.remove(key) ? Optional.of(pending(key, null)) : Optional.empty();
    }

    private VersionedRecord<K, V> pending(K key, @Nullable V state) {
        long version = tables.nextVersion();
        Instant now = clock.instant();
        queue.enqueue(key, version, now, now.plus(context.grace()));
        return new VersionedRecord<>(key, version, state);
    }

    private V keyed(V value) {
        UnaryOperator<V> generator = withKey;
        return generator == null || keyOf.apply(value) != null ? value : generator.apply(value);
    }

    private K key(V value) {
        return Objects.requireNonNull(
                keyOf.apply(value),
                withKey == null
                        ? "the key function gave no key; a store in memory generates none unless it is made with"
                                + " InMemoryStore.generatingKeys"
                        : "the key function gave no key; update needs one, and the generator of keys must give one");
    }

    private DualWriteException.Context where(Operation operation, K key) {
        return new DualWriteException.Context(context.repository(), operation, description(), List.of(key));
    }
}
