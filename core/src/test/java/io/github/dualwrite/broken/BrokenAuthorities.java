package io.github.dualwrite.broken;

import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongUnaryOperator;

/** One broken rule each. */
public final class BrokenAuthorities {

    private BrokenAuthorities() {}

    public static Authority<String, Sample> confirmWithoutComparison(Authority<String, Sample> good) {
        return new ForwardingAuthority(good, new ForwardingQueue(good.queue()) {
            @Override
            public Set<String> confirm(Collection<KeyVersion<String>> applied) {
                List<String> keys = applied.stream().map(KeyVersion::key).toList();
                return inner.confirm(good.snapshot(keys).stream()
                        .map(r -> new KeyVersion<>(r.key(), r.version()))
                        .toList());
            }
        });
    }

    static Authority<String, Sample> claimWithoutLease(Authority<String, Sample> good) {
        return new ForwardingAuthority(good, new ForwardingQueue(good.queue()) {
            @Override
            public List<PendingWrite<String>> claim(Lease lease, int limit) {
                List<PendingWrite<String>> claimed = inner.claim(lease, limit);
                inner.release(lease, claimed.stream().map(PendingWrite::key).toList());
                return claimed;
            }
        });
    }

    static Authority<String, Sample> versionsStartAgainAfterDelete(Authority<String, Sample> good) {
        Map<String, Long> deletedAt = new ConcurrentHashMap<>();
        return new ForwardingAuthority(good) {
            @Override
            public Optional<VersionedRecord<String, Sample>> delete(String key) {
                Optional<VersionedRecord<String, Sample>> deleted = inner.delete(key);
                deleted.ifPresent(r -> deletedAt.put(key, r.version()));
                return deleted;
            }

            @Override
            public VersionedRecord<String, Sample> create(Sample value) {
                VersionedRecord<String, Sample> created = inner.create(value);
                long start = deletedAt.getOrDefault(value.id(), 0L);
                return new VersionedRecord<>(created.key(), created.version() - start, value);
            }
        };
    }

    static Authority<String, Sample> snapshotReadsStateBeforeVersion(Authority<String, Sample> good) {
        return new ForwardingAuthority(good) {
            @Override
            public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                Map<String, Sample> states = inner.readAll(keys);
                LockSupport.parkNanos(100_000); // the network between two statements
                List<VersionedRecord<String, Sample>> records = new ArrayList<>();
                inner.snapshot(keys)
                        .forEach(r -> records.add(new VersionedRecord<>(r.key(), r.version(), states.get(r.key()))));
                return records;
            }
        };
    }

    static Authority<String, Sample> deleteIsNotEnqueued(Authority<String, Sample> good) {
        return new ForwardingAuthority(good) {
            @Override
            public Optional<VersionedRecord<String, Sample>> delete(String key) {
                Optional<VersionedRecord<String, Sample>> deleted = inner.delete(key);
                deleted.ifPresent(r -> inner.queue().confirm(List.of(new KeyVersion<>(key, r.version()))));
                return deleted;
            }
        };
    }

    static Authority<String, Sample> everyWriteIsAnEntryOfItsOwn(Authority<String, Sample> good) {
        Map<String, List<Long>> versions = new ConcurrentHashMap<>();
        ForwardingQueue queue = new ForwardingQueue(good.queue()) {
            @Override
            public List<PendingWrite<String>> claim(Lease lease, int limit) {
                List<PendingWrite<String>> all = new ArrayList<>();
                for (PendingWrite<String> w : inner.claim(lease, limit)) {
                    versions.getOrDefault(w.key(), List.of(w.version()))
                            .forEach(v -> all.add(new PendingWrite<>(w.key(), v, w.attempts(), w.pendingSince())));
                }
                return all;
            }
        };
        return new ForwardingAuthority(good, queue) {
            @Override
            public VersionedRecord<String, Sample> save(Sample value) {
                return noted(inner.save(value));
            }

            @Override
            public VersionedRecord<String, Sample> update(Sample value) {
                return noted(inner.update(value));
            }

            private VersionedRecord<String, Sample> noted(VersionedRecord<String, Sample> r) {
                versions.merge(r.key(), List.of(r.version()), (a, b) -> {
                    List<Long> both = new ArrayList<>(a);
                    both.addAll(b);
                    return both;
                });
                return r;
            }
        };
    }

    static Authority<String, Sample> aNewWriteStaysParked(Authority<String, Sample> good) {
        return new ForwardingAuthority(good) {
            @Override
            public VersionedRecord<String, Sample> save(Sample value) {
                Optional<ParkedWrite<String>> before = inner.queue().findParked(value.id());
                VersionedRecord<String, Sample> saved = inner.save(value);
                if (before.isPresent()) {
                    Lease lease = Lease.of(Duration.ofMinutes(10));
                    Set<String> others = new HashSet<>();
                    inner.queue().claim(lease, 1_000).forEach(w -> others.add(w.key()));
                    inner.queue().park(lease, List.of(new Parking<>(value.id(), saved.version(), "still parked")));
                    inner.queue().release(lease, others);
                }
                return saved;
            }
        };
    }

    static Authority<String, Sample> refusedCreateIsEnqueued(Authority<String, Sample> good) {
        return new ForwardingAuthority(good) {
            @Override
            public VersionedRecord<String, Sample> create(Sample value) {
                try {
                    return inner.create(value);
                } catch (RecordExistsException e) {
                    inner.markPending(List.of(value.id()));
                    throw e;
                }
            }
        };
    }

    static Authority<String, Sample> saveAllKeepsTheFirstDuplicate(Authority<String, Sample> good) {
        return new ForwardingAuthority(good) {
            @Override
            public List<VersionedRecord<String, Sample>> saveAll(Collection<? extends Sample> values) {
                Map<String, Sample> first = new HashMap<>();
                values.forEach(value -> first.putIfAbsent(value.id(), value));
                return inner.saveAll(first.values());
            }
        };
    }

    static Authority<String, Sample> saveAllWritesOneByOne(Authority<String, Sample> good) {
        return new ForwardingAuthority(good) {
            @Override
            public List<VersionedRecord<String, Sample>> saveAll(Collection<? extends Sample> values) {
                Map<String, VersionedRecord<String, Sample>> written = new HashMap<>();
                values.forEach(value -> written.put(value.id(), inner.save(value)));
                return List.copyOf(written.values());
            }
        };
    }

    static Authority<String, Sample> parkWithoutComparison(Authority<String, Sample> good) {
        return new ForwardingAuthority(good, new ForwardingQueue(good.queue()) {
            @Override
            public Set<String> park(Lease lease, Collection<Parking<String>> entries) {
                inner.claim(lease, 1_000);
                List<Parking<String>> current = new ArrayList<>();
                for (Parking<String> p : entries) {
                    good.snapshot(List.of(p.key()))
                            .forEach(r -> current.add(new Parking<>(p.key(), r.version(), p.reason())));
                }
                return inner.park(lease, current);
            }
        });
    }

    /** Gives each write another version, and shows it so in snapshots. */
    static Authority<String, Sample> renumbered(
            Authority<String, Sample> good, LongUnaryOperator shown, LongUnaryOperator drawn) {
        return new ForwardingAuthority(good) {
            private VersionedRecord<String, Sample> drawn(VersionedRecord<String, Sample> r) {
                return new VersionedRecord<>(r.key(), drawn.applyAsLong(r.version()), r.value());
            }

            @Override
            public VersionedRecord<String, Sample> create(Sample value) {
                return drawn(inner.create(value));
            }

            @Override
            public VersionedRecord<String, Sample> update(Sample value) {
                return drawn(inner.update(value));
            }

            @Override
            public VersionedRecord<String, Sample> save(Sample value) {
                return drawn(inner.save(value));
            }

            @Override
            public Optional<VersionedRecord<String, Sample>> delete(String key) {
                return inner.delete(key).map(this::drawn);
            }

            @Override
            public List<VersionedRecord<String, Sample>> saveAll(Collection<? extends Sample> values) {
                return inner.saveAll(values).stream().map(this::drawn).toList();
            }

            @Override
            public List<VersionedRecord<String, Sample>> deleteAll(Collection<? extends String> keys) {
                return inner.deleteAll(keys).stream().map(this::drawn).toList();
            }

            @Override
            public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                return inner.snapshot(keys).stream()
                        .map(r -> new VersionedRecord<>(r.key(), shown.applyAsLong(r.version()), r.value()))
                        .toList();
            }
        };
    }

    private static final Set<String> WRITES =
            Set.of("create", "update", "save", "delete", "saveAll", "deleteAll", "markPending");

    /** Refuses whole writes while it is told to. */
    @SuppressWarnings("unchecked") // the proxy forwards to what it stands for
    static Authority<String, Sample> refusing(Authority<String, Sample> good, BooleanSupplier refused) {
        return (Authority<String, Sample>) Proxy.newProxyInstance(
                Authority.class.getClassLoader(), new Class<?>[] {Authority.class}, (proxy, method, arguments) -> {
                    if (refused.getAsBoolean() && WRITES.contains(method.getName())) {
                        throw new IllegalStateException("the queue is full");
                    }
                    try {
                        return method.invoke(good, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    static Authority<String, Sample> recordAndPendingWriteInTwoUnits(
            Authority<String, Sample> good, BooleanSupplier refused) {
        return new ForwardingAuthority(refusing(good, refused)) {
            @Override
            public VersionedRecord<String, Sample> save(Sample value) {
                VersionedRecord<String, Sample> saved = good.save(value);
                if (refused.getAsBoolean()) { // the record is there
                    good.queue().confirm(List.of(new KeyVersion<>(saved.key(), saved.version())));
                    throw new IllegalStateException("the queue is full");
                }
                return saved;
            }
        };
    }

    static Authority<String, Sample> pendingKeysForgetsWhatIsParked(Authority<String, Sample> good) {
        return new ForwardingAuthority(good, new ForwardingQueue(good.queue()) {
            @Override
            public Optional<Set<String>> pendingKeys(int limit) {
                return inner.pendingKeys(limit).map(all -> {
                    Set<String> due = new HashSet<>(all);
                    inner.parked(0, limit).forEach(write -> due.remove(write.key()));
                    return due;
                });
            }
        });
    }

    static Authority<String, Sample> pendingKeysGivesUpWhereItMustNot(Authority<String, Sample> good) {
        return new ForwardingAuthority(good, new ForwardingQueue(good.queue()) {
            @Override
            public Optional<Set<String>> pendingKeys(int limit) {
                return inner.pendingKeys(limit).filter(Set::isEmpty);
            }
        });
    }
}
