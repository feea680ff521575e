package io.github.dualwrite.dynamodb;

import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.dynamodb.Change.Expected;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The verbs of a DynamoDB table that is the authority. {@link DynamoDbStore} says how. */
final class DynamoDbAuthority<K, V> implements Authority<K, V> {

    private final String description;
    private final String table;
    private final TableItems<K, V> items;
    private final RecordKeys<K, V> keys;
    private final QueueTable queueTable;
    private final AtomicWrites<K, V> writes;
    private final Snapshots<K, V> snapshots;
    private final ReconciliationQueue<K> queue;
    private final RecordScan<K, V> scan;
    private final JobStore jobs;
    private final Duration timeout;
    private final DynamoDbErrors errors;

    DynamoDbAuthority(
            String description,
            String table,
            TableItems<K, V> items,
            RecordKeys<K, V> keys,
            QueueTable queueTable,
            AtomicWrites<K, V> writes,
            Snapshots<K, V> snapshots,
            ReconciliationQueue<K> queue,
            RecordScan<K, V> scan,
            JobStore jobs,
            Duration timeout,
            DynamoDbErrors errors) {
        this.description = description;
        this.table = table;
        this.items = items;
        this.keys = keys;
        this.queueTable = queueTable;
        this.writes = writes;
        this.snapshots = snapshots;
        this.queue = queue;
        this.scan = scan;
        this.jobs = jobs;
        this.timeout = timeout;
        this.errors = errors;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public String lookup(K key) {
        return items.lookup(table, key).orElseGet(() -> Authority.super.lookup(key));
    }

    @Override
    public ReconciliationQueue<K> queue() {
        return queue;
    }

    @Override
    public Optional<RecordScan<K, V>> scan() {
        return Optional.of(scan);
    }

    @Override
    public Optional<JobStore> jobs() {
        return Optional.of(jobs);
    }

    @Override
    public VersionedRecord<K, V> create(V value) {
        return one(Operation.CREATE, value, Expected.NO_RECORD, (change, record) -> {
            throw new RecordExistsException(
                    errors.context(Operation.CREATE, List.of(change.key())), "the record exists already", null);
        });
    }

    @Override
    public VersionedRecord<K, V> update(V value) {
        return one(Operation.UPDATE, value, Expected.RECORD, (change, record) -> {
            throw new RecordNotFoundException(
                    errors.context(Operation.UPDATE, List.of(change.key())), "there is no such record", null);
        });
    }

    @Override
    public VersionedRecord<K, V> save(V value) {
        return one(Operation.SAVE, value, Expected.ANYTHING, (change, record) -> change);
    }

    private VersionedRecord<K, V> one(
            Operation operation, V value, Expected expected, AtomicWrites.Surprise<K, V> surprise) {
        Change<K, V> change = translated(operation, List.of(), () -> put(operation, value, expected));
        return translated(operation, List.of(change.key()), () -> writes.commit(operation, List.of(change), surprise))
                .get(0);
    }

    @Override
    public Optional<VersionedRecord<K, V>> delete(K key) {
        return removed(Operation.DELETE, List.of(key)).stream().findFirst();
    }

    @Override
    public List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys) {
        return removed(Operation.DELETE_ALL, List.copyOf(new LinkedHashSet<K>(keys)));
    }

    private List<VersionedRecord<K, V>> removed(Operation operation, List<K> distinct) {
        atMost(operation, distinct);
        return translated(
                operation,
                distinct,
                () -> writes.commit(
                        operation,
                        distinct.stream()
                                .map(key -> tombstone(key, Expected.RECORD))
                                .toList(),
                        (change, record) -> null));
    }

    @Override
    public List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values) {
        Map<K, Change<K, V>> last = new LinkedHashMap<>();
        for (V value : values) {
            Change<K, V> change =
                    translated(Operation.SAVE_ALL, List.of(), () -> put(Operation.SAVE_ALL, value, Expected.ANYTHING));
            last.put(change.key(), change);
        }
        List<K> distinct = List.copyOf(last.keySet());
        atMost(Operation.SAVE_ALL, distinct);
        return translated(
                Operation.SAVE_ALL,
                distinct,
                () -> writes.commit(Operation.SAVE_ALL, List.copyOf(last.values()), (change, record) -> change));
    }

    private void atMost(Operation operation, List<K> distinct) {
        if (distinct.size() > AtomicWrites.MOST_KEYS) {
            throw errors.permanent(
                    operation,
                    distinct,
                    "a batch is written all or none, and a transaction of DynamoDB holds " + AtomicWrites.MOST_KEYS
                            + " records with their pending writes, not " + distinct.size() + "; split the batch");
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>In transactions of 50 keys, of fewer where their records are larger than 4 MB together. If one of them fails, those before it have
     * taken effect: then the outcome is unknown as a whole, and marking all keys again is right. A key that cannot be marked for good is named
     * by the error; those before it have taken effect.
     */
    @Override
    public void markPending(Collection<? extends K> marked) {
        List<K> distinct = List.copyOf(new LinkedHashSet<K>(marked));
        for (int from = 0; from < distinct.size(); from += AtomicWrites.MOST_KEYS) {
            List<K> chunk = distinct.subList(from, Math.min(distinct.size(), from + AtomicWrites.MOST_KEYS));
            try {
                markWhole(chunk);
            } catch (PermanentStoreException e) {
                throw e;
            } catch (RuntimeException e) {
                throw from == 0 ? e : errors.outcomeUnknown(Operation.MARK_PENDING, distinct, e);
            }
        }
    }

    /** All, or halves if it is one of them that cannot be, or if they are too large together. */
    private void markWhole(List<K> chunk) {
        try {
            translated(Operation.MARK_PENDING, chunk, () -> mark(chunk));
        } catch (PermanentStoreException e) {
            if (chunk.size() == 1) {
                throw e;
            }
            markHalf(chunk.subList(0, chunk.size() / 2), false);
            markHalf(chunk.subList(chunk.size() / 2, chunk.size()), true);
        }
    }

    private void markHalf(List<K> half, boolean othersAreMarked) {
        try {
            markWhole(half);
        } catch (PermanentStoreException | OutcomeUnknownException e) {
            throw e;
        } catch (RuntimeException e) {
            throw othersAreMarked ? errors.outcomeUnknown(Operation.MARK_PENDING, half, e) : e;
        }
    }

    /** A key without a record gets a new tombstone, which remembers its version like any other. */
    private List<VersionedRecord<K, V>> mark(List<K> chunk) {
        return writes.commit(
                Operation.MARK_PENDING,
                chunk.stream().map(this::touched).toList(),
                (change, record) -> (record ? touched(change.key()) : tombstone(change.key(), Expected.NO_RECORD))
                        .above(change.floor()));
    }

    private Change<K, V> touched(K key) {
        Map<String, AttributeValue> attributes = keys.written(key);
        return new Change<>(key, attributes, keys.text(attributes), Expected.RECORD, null, null, 0);
    }

    @Override
    public Optional<V> read(K key) {
        return Optional.ofNullable(translated(
                Operation.READ, List.of(key), () -> records(List.of(key)).get(key)));
    }

    @Override
    public Map<K, V> readAll(Collection<? extends K> wanted) {
        return wanted.isEmpty() ? Map.of() : translated(Operation.READ_ALL, wanted, () -> records(wanted));
    }

    private Map<K, V> records(Collection<? extends K> wanted) {
        return patiently(deadline -> snapshots.records(located(wanted), deadline));
    }

    @Override
    public List<VersionedRecord<K, V>> snapshot(Collection<? extends K> wanted) {
        return wanted.isEmpty()
                ? List.of()
                : translated(
                        Operation.SNAPSHOT, wanted, () -> snapshots.pending(located(wanted), new Deadline(timeout)));
    }

    private <T> T patiently(Function<Deadline, T> read) {
        Deadline deadline = new Deadline(timeout);
        for (int attempt = 1; ; attempt++) {
            try {
                return read.apply(deadline);
            } catch (RuntimeException e) {
                if (!errors.retryable(e) || !deadline.pause(attempt)) {
                    throw e;
                }
            }
        }
    }

    private Collection<PendingKey<K>> located(Collection<? extends K> wanted) {
        Map<K, PendingKey<K>> located = new LinkedHashMap<>();
        for (K key : wanted) {
            Map<String, AttributeValue> attributes = keys.attributes(key);
            located.put(key, new PendingKey<>(key, attributes, queueTable.key(keys.text(attributes))));
        }
        return located.values();
    }

    /** What is stored is what is read again: a record that does not come back is refused before it is written. */
    private Change<K, V> put(Operation operation, V value, Expected expected) {
        K key = keys.of(value);
        return translated(operation, List.of(key), () -> {
            Map<String, AttributeValue> attributes = keys.written(key);
            Map<String, AttributeValue> item = RecordException.guard(() -> items.record(key, 1, value));
            V stored = Objects.requireNonNull(RecordException.guard(() -> items.value(item)));
            return new Change<>(key, attributes, keys.text(attributes), expected, item, stored, 0);
        });
    }

    private Change<K, V> tombstone(K key, Expected expected) {
        Map<String, AttributeValue> attributes = keys.written(key);
        Map<String, AttributeValue> item = RecordException.guard(() -> items.tombstone(key, 1));
        return new Change<>(key, attributes, keys.text(attributes), expected, item, null, 0);
    }

    private <T extends @Nullable Object> T translated(Operation operation, Collection<?> concerned, Supplier<T> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            throw errors.authorityFailure(operation, concerned, e);
        }
    }
}
