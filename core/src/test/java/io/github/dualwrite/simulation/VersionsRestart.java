package io.github.dualwrite.simulation;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** An authority that counts the versions of a key from one again when it is created after a delete (TRAPS 11). */
final class VersionsRestart extends ForwardingAuthority {

    private final Map<String, Long> start;
    private final Map<String, Long> deleted = new HashMap<>();

    static Authority<String, Sample> of(Authority<String, Sample> good) {
        Map<String, Long> start = new HashMap<>();
        return new VersionsRestart(good, start);
    }

    private VersionsRestart(Authority<String, Sample> good, Map<String, Long> start) {
        super(good, new Queue(good.queue(), start));
        this.start = start;
    }

    private VersionedRecord<String, Sample> written(VersionedRecord<String, Sample> r) {
        Long deletedAt = deleted.remove(r.key());
        if (r.tombstone()) {
            deleted.put(r.key(), r.version());
        } else if (deletedAt != null) {
            start.put(r.key(), r.version() - 1);
        }
        return shown(r);
    }

    private VersionedRecord<String, Sample> shown(VersionedRecord<String, Sample> r) {
        return new VersionedRecord<>(r.key(), r.version() - start.getOrDefault(r.key(), 0L), r.value());
    }

    @Override
    public VersionedRecord<String, Sample> create(Sample value) {
        return written(inner.create(value));
    }

    @Override
    public VersionedRecord<String, Sample> update(Sample value) {
        return written(inner.update(value));
    }

    @Override
    public VersionedRecord<String, Sample> save(Sample value) {
        return written(inner.save(value));
    }

    @Override
    public Optional<VersionedRecord<String, Sample>> delete(String key) {
        return inner.delete(key).map(this::written);
    }

    @Override
    public List<VersionedRecord<String, Sample>> saveAll(Collection<? extends Sample> values) {
        return inner.saveAll(values).stream().map(this::written).toList();
    }

    @Override
    public List<VersionedRecord<String, Sample>> deleteAll(Collection<? extends String> keys) {
        return inner.deleteAll(keys).stream().map(this::written).toList();
    }

    @Override
    public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
        return inner.snapshot(keys).stream().map(this::shown).toList();
    }

    private static final class Queue extends ForwardingQueue {
        private final Map<String, Long> start;

        private Queue(ReconciliationQueue<String> inner, Map<String, Long> start) {
            super(inner);
            this.start = start;
        }

        private long real(String key, long shown) {
            return shown + start.getOrDefault(key, 0L);
        }

        @Override
        public List<PendingWrite<String>> claim(Lease lease, int limit) {
            return inner.claim(lease, limit).stream()
                    .map(w -> new PendingWrite<>(
                            w.key(), w.version() - start.getOrDefault(w.key(), 0L), w.attempts(), w.pendingSince()))
                    .toList();
        }

        @Override
        public Set<String> confirm(Collection<KeyVersion<String>> applied) {
            return inner.confirm(applied.stream()
                    .map(a -> new KeyVersion<>(a.key(), real(a.key(), a.version())))
                    .toList());
        }

        @Override
        public void pushBack(Lease lease, Collection<PushBack<String>> entries) {
            inner.pushBack(
                    lease,
                    entries.stream()
                            .map(e -> new PushBack<>(e.key(), real(e.key(), e.version()), e.delay(), e.error()))
                            .toList());
        }

        @Override
        public Set<String> park(Lease lease, Collection<Parking<String>> entries) {
            return inner.park(
                    lease,
                    entries.stream()
                            .map(e -> new Parking<>(e.key(), real(e.key(), e.version()), e.reason()))
                            .toList());
        }
    }
}
