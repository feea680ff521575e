package io.github.dualwrite.dynamodb;

import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ItemResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * Reads that belong together, with as few transactions as can be: a {@code TransactGetItems} costs twice as much, is cancelled by
 * every writer of its keys, and ends at 100 items. Versions only grow, so a version that is the same at two times was the same
 * all the time.
 */
final class Snapshots<K, V> {

    private static final int ROUNDS = 5;

    private final TableItems<K, V> items;
    private final BatchGet records;
    private final BatchGet versions;
    private final BatchGet entries;
    private final EntryAndItem both;
    private final DynamoDbErrors errors;
    private final DynamoDbErrors queueErrors;

    /**
     * Reads of a table and of its queue.
     *
     * @param versions reads keys and versions of the same table as {@code records}
     * @param entries reads the table of pending writes
     */
    Snapshots(
            TableItems<K, V> items,
            BatchGet records,
            BatchGet versions,
            BatchGet entries,
            EntryAndItem both,
            DynamoDbErrors errors,
            DynamoDbErrors queueErrors) {
        this.items = items;
        this.records = records;
        this.versions = versions;
        this.entries = entries;
        this.both = both;
        this.errors = errors;
        this.queueErrors = queueErrors;
    }

    /**
     * Version and state of those keys that are pending.
     *
     * <ol>
     *   <li>Read the entries, then the items. An item that is at its entry's version is, in itself, version and state
     *       together: one transaction wrote both.
     *   <li>An item at another version, or none: read the entry again. If it has changed, begin again with this key. If it has
     *       not, and the item is newer, another repository on the same table raised it: its state goes out under the entry's
     *       version, which is never too old a state. If the item is older or missing, its tombstone may have expired, or the
     *       item's half of a transaction is not to be seen yet: only a read of both in one transaction tells. If a writer
     *       cancels that, begin again.
     *   <li>A key that is written faster than that gets the item's own version with the item's state, which is never
     *       wrong: its entry is newer then, and stays.
     * </ol>
     */
    List<VersionedRecord<K, V>> pending(Collection<PendingKey<K>> keys, Deadline deadline) {
        List<VersionedRecord<K, V>> found = new ArrayList<>();
        Map<PendingKey<K>, Long> unsettled = entryVersions(keys, deadline);
        for (int round = 1; !unsettled.isEmpty(); round++) {
            Map<List<Object>, Map<String, AttributeValue>> stored = read(records, unsettled.keySet(), deadline);
            Map<PendingKey<K>, Long> other = new LinkedHashMap<>();
            for (Map.Entry<PendingKey<K>, Long> each : unsettled.entrySet()) {
                Map<String, AttributeValue> item = item(stored, each.getKey());
                Long version = version(item);
                if (version != null && (version.equals(each.getValue()) || round > ROUNDS)) {
                    found.add(record(each.getKey(), version, item));
                } else {
                    other.put(each.getKey(), each.getValue());
                }
            }
            unsettled = new LinkedHashMap<>();
            for (Map.Entry<PendingKey<K>, Long> again :
                    entryVersions(other.keySet(), deadline).entrySet()) {
                Map<String, AttributeValue> item = item(stored, again.getKey());
                Long version = version(item);
                if (!again.getValue().equals(other.get(again.getKey()))) {
                    unsettled.put(again.getKey(), again.getValue());
                } else if (version != null && version > again.getValue()) {
                    found.add(record(again.getKey(), again.getValue(), item));
                } else if (!together(again.getKey(), found, deadline)) {
                    unsettled.put(again.getKey(), again.getValue());
                }
            }
        }
        return found;
    }

    /** Adds what is true of a key, if it is pending; false if a writer is in the way. */
    private boolean together(PendingKey<K> key, List<VersionedRecord<K, V>> found, Deadline deadline) {
        List<ItemResponse> read;
        try {
            read = deadline.await(both.start(key)).responses();
        } catch (TransactionCanceledException e) {
            if (Cancellations.conflict(e)) {
                return false;
            }
            throw e;
        }
        if (read.get(0).hasItem() && !read.get(0).item().isEmpty()) {
            Map<String, AttributeValue> item =
                    read.get(1).hasItem() && !read.get(1).item().isEmpty()
                            ? read.get(1).item()
                            : null;
            found.add(record(key, QueueTable.number(read.get(0).item(), QueueTable.VERSION), item));
        }
        return true;
    }

    /**
     * The records that exist: after the items, their versions are read, and what changed is read once more, until nothing does. Both times single
     * reads may see one half of a transaction that is being committed before the other.
     */
    Map<K, V> records(Collection<PendingKey<K>> keys, Deadline deadline) {
        Map<List<Object>, Map<String, AttributeValue>> stored = read(records, keys, deadline);
        Collection<PendingKey<K>> changed = keys.size() > 1 ? changed(keys, stored, deadline) : List.of();
        for (int attempt = 1; !changed.isEmpty(); attempt++) {
            if (!deadline.pause(attempt)) {
                throw new TransientStoreException(
                        errors.context(
                                Operation.READ_ALL,
                                keys.stream().map(PendingKey::key).toList()),
                        "the records kept changing, so there was no moment at which all could be read; try again, or read fewer at once",
                        null);
            }
            changed.forEach(key -> stored.remove(items.identity(key.attributes())));
            stored.putAll(read(records, changed, deadline));
            changed = changed(keys, stored, deadline);
        }
        Map<K, V> found = new HashMap<>();
        for (PendingKey<K> key : keys) {
            Map<String, AttributeValue> item = item(stored, key);
            V value = item == null ? null : RecordException.guard(() -> items.value(item));
            if (value != null) {
                found.put(key.key(), value);
            }
        }
        return found;
    }

    private List<PendingKey<K>> changed(
            Collection<PendingKey<K>> keys, Map<List<Object>, Map<String, AttributeValue>> stored, Deadline deadline) {
        Map<List<Object>, Map<String, AttributeValue>> now = read(versions, keys, deadline);
        return keys.stream()
                .filter(key -> !Objects.equals(version(item(stored, key)), version(item(now, key)))
                        || (item(stored, key) == null) != (item(now, key) == null))
                .toList();
    }

    private VersionedRecord<K, V> record(PendingKey<K> key, long version, @Nullable Map<String, AttributeValue> item) {
        V value = item == null ? null : RecordException.guard(() -> items.value(item));
        return new VersionedRecord<>(key.key(), version, value);
    }

    private Map<List<Object>, Map<String, AttributeValue>> read(
            BatchGet get, Collection<PendingKey<K>> keys, Deadline deadline) {
        Map<List<Object>, Map<String, AttributeValue>> distinct =
                new LinkedHashMap<>(); // two keys may be stored as one
        keys.forEach(key -> distinct.put(items.identity(key.attributes()), key.attributes()));
        Map<List<Object>, Map<String, AttributeValue>> found = new HashMap<>();
        deadline.await(get.start(distinct.values())).forEach(item -> found.put(items.identity(item), item));
        return found;
    }

    private @Nullable Map<String, AttributeValue> item(
            Map<List<Object>, Map<String, AttributeValue>> stored, PendingKey<K> key) {
        return stored.get(items.identity(key.attributes()));
    }

    private @Nullable Long version(@Nullable Map<String, AttributeValue> item) {
        return item == null ? null : items.marks().version(item);
    }

    private Map<PendingKey<K>, Long> entryVersions(Collection<PendingKey<K>> keys, Deadline deadline) {
        Map<Map<String, AttributeValue>, List<PendingKey<K>>> byEntry = new LinkedHashMap<>();
        keys.forEach(key ->
                byEntry.computeIfAbsent(key.entry(), e -> new ArrayList<>()).add(key));
        Map<PendingKey<K>, Long> found = new LinkedHashMap<>();
        List<Map<String, AttributeValue>> stored;
        try {
            stored = deadline.await(entries.start(byEntry.keySet()));
        } catch (RuntimeException e) {
            throw queueErrors.authorityFailure(
                    Operation.SNAPSHOT, keys.stream().map(PendingKey::key).toList(), e);
        }
        for (Map<String, AttributeValue> entry : stored) {
            for (PendingKey<K> key : byEntry.getOrDefault(QueueTable.keyOf(entry), List.of())) {
                found.put(key, QueueTable.number(entry, QueueTable.VERSION));
            }
        }
        return found;
    }
}
