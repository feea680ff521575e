package io.github.dualwrite.memory;

import io.github.dualwrite.memory.MemoryQueueTable.Entry;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The reconciliation queue by example. */
final class MemoryQueue<K> implements ReconciliationQueue<K> {

    private final MemoryTables<K, ?> tables;
    private final MemoryQueueTable<K> queue;
    private final InstantSource clock;

    MemoryQueue(MemoryTables<K, ?> tables, MemoryQueueTable<K> queue, InstantSource clock) {
        this.tables = tables;
        this.queue = queue;
        this.clock = clock;
    }

    @Override
    public List<PendingWrite<K>> claim(Lease lease, int limit) {
        return tables.atomically(() -> {
            Instant now = clock.instant();
            List<Entry<K>> due = queue.pending.values().stream()
                    .filter(e -> !e.due().isAfter(now))
                    .sorted(Comparator.comparing(Entry::due))
                    .limit(limit)
                    .toList();
            List<PendingWrite<K>> claimed = new ArrayList<>(due.size());
            for (Entry<K> e : due) {
                queue.put(new Entry<>(
                        e.key(), e.version(), e.attempts(), e.pendingSince(), now.plus(lease.duration()), lease.id()));
                claimed.add(new PendingWrite<>(e.key(), e.version(), e.attempts(), e.pendingSince()));
            }
            return claimed;
        });
    }

    @Override
    public Set<K> confirm(Collection<KeyVersion<K>> applied) {
        return tables.atomically(() -> {
            Set<K> confirmed = new HashSet<>();
            for (KeyVersion<K> written : applied) {
                if (queue.isAt(written.key(), written.version())) {
                    queue.remove(written.key());
                    confirmed.add(written.key());
                }
            }
            return confirmed;
        });
    }

    @Override
    public void release(Lease lease, Collection<K> keys) {
        tables.atomically(() -> {
            Instant now = clock.instant();
            for (K key : keys) {
                Entry<K> e = queue.pending.get(key);
                if (e != null && e.heldBy(lease.id())) {
                    queue.put(new Entry<>(key, e.version(), e.attempts(), e.pendingSince(), now, null));
                }
            }
            return true;
        });
    }

    @Override
    public void pushBack(Lease lease, Collection<PushBack<K>> entries) {
        tables.atomically(() -> {
            Instant now = clock.instant();
            for (PushBack<K> failed : entries) {
                Entry<K> e = held(lease, failed.key(), failed.version());
                if (e != null) {
                    queue.put(new Entry<>(
                            e.key(), e.version(), e.attempts() + 1, e.pendingSince(), now.plus(failed.delay()), null));
                }
            }
            return true;
        });
    }

    @Override
    public Set<K> park(Lease lease, Collection<Parking<K>> entries) {
        return tables.atomically(() -> {
            Instant now = clock.instant();
            Set<K> parked = new HashSet<>();
            for (Parking<K> rejected : entries) {
                Entry<K> e = held(lease, rejected.key(), rejected.version());
                if (e != null) {
                    queue.remove(e.key());
                    queue.parked.put(
                            e.key(),
                            new ParkedWrite<>(
                                    e.key(), e.version(), now, e.pendingSince(), e.attempts() + 1, rejected.reason()));
                    parked.add(e.key());
                }
            }
            return parked;
        });
    }

    @Override
    public List<ParkedWrite<K>> parked(int offset, int limit) {
        return tables.atomically(
                () -> queue.parked.values().stream().skip(offset).limit(limit).toList());
    }

    @Override
    public Optional<ParkedWrite<K>> findParked(K key) {
        return tables.atomically(() -> Optional.ofNullable(queue.parked.get(key)));
    }

    @Override
    public boolean retryParked(K key) {
        return tables.atomically(() -> {
            ParkedWrite<K> parked = queue.parked.remove(key);
            if (parked == null) {
                return false;
            }
            queue.put(new Entry<>(
                    key, parked.version(), parked.attempts(), parked.pendingSince(), clock.instant(), null));
            return true;
        });
    }

    @Override
    public int retryAllParked() {
        return tables.atomically(() -> {
            List<K> keys = List.copyOf(queue.parked.keySet());
            keys.forEach(this::retryParked);
            return keys.size();
        });
    }

    @Override
    public Optional<ParkedWrite<K>> discardParked(K key) {
        return tables.atomically(() -> Optional.ofNullable(queue.parked.remove(key)));
    }

    @Override
    public Set<K> pendingAmong(Collection<K> keys) {
        return tables.atomically(() -> {
            Set<K> found = new HashSet<>(keys);
            found.removeIf(key -> queue.version(key).isEmpty());
            return found;
        });
    }

    @Override
    public Optional<Set<K>> pendingKeys(int limit) {
        return tables.atomically(() -> {
            Set<K> keys = new HashSet<>(queue.pending.keySet());
            keys.addAll(queue.parked.keySet());
            return keys.size() > limit ? Optional.empty() : Optional.of(keys);
        });
    }

    @Override
    public QueueStatistics statistics() {
        return tables.atomically(() -> new QueueStatistics(
                queue.pending.size(),
                queue.parked.size(),
                queue.pending.values().stream()
                        .map(Entry::pendingSince)
                        .min(Instant::compareTo)
                        .orElse(null)));
    }

    private @Nullable Entry<K> held(Lease lease, K key, long version) {
        Entry<K> e = queue.pending.get(key);
        return e != null && e.heldBy(lease.id()) && e.version() == version ? e : null;
    }
}
