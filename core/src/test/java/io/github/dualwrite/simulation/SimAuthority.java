package io.github.dualwrite.simulation;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The authority as a process sees it: at the other end of a wire. Its caller waits. */
final class SimAuthority implements Authority<String, Sample> {

    private final Instance instance;
    private final World world;
    private final Authority<String, Sample> inner;
    private final SimQueue queue;

    SimAuthority(Instance instance, Authority<String, Sample> inner) {
        this.instance = instance;
        this.world = instance.world;
        this.inner = inner;
        this.queue = new SimQueue(this, inner.queue());
    }

    @Override
    public String description() {
        return "simulated authority";
    }

    <T> T call(Operation operation, String what, Collection<?> keys, Supplier<T> effect) {
        instance.mustLive();
        Fate fate = world.faults.authority();
        long sent = world.loop.now();
        Actor caller = world.loop.current();
        try {
            return world.loop.await(
                    world.wire.send(
                            instance,
                            Step.Touch.AUTHORITY,
                            what,
                            keys,
                            fate,
                            () -> failure(operation, keys, fate),
                            effect),
                    -1);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                world.rules.ofTheAuthority(failure);
                throw failure;
            }
            throw new AssertionError(e);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        } finally {
            if (caller != null) {
                caller.authorityTime += world.loop.now() - sent;
            }
        }
    }

    private static DualWriteException failure(Operation operation, Collection<?> keys, Fate fate) {
        DualWriteException.Context context =
                new DualWriteException.Context(World.REPOSITORY, operation, "simulated authority", List.copyOf(keys));
        boolean known = fate == Fate.FAILS_BEFORE || isRead(operation);
        return known
                ? new TransientStoreException(context, "made to fail", null)
                : new OutcomeUnknownException(context, "made to lose the answer", null);
    }

    private static boolean isRead(Operation operation) {
        return operation == Operation.READ
                || operation == Operation.READ_ALL
                || operation == Operation.SNAPSHOT
                || operation == Operation.QUEUE;
    }

    void claimed(Lease lease, Collection<String> keys) {
        if (!keys.isEmpty()) {
            long now = world.loop.now();
            if (world.instances().stream().anyMatch(other -> other != instance && other.leaseEnds > now)) {
                world.saw("claim next to another instance's");
            }
            instance.leaseEnds = now + lease.duration().toNanos();
        }
        world.fingerprint.claimed(instance, lease, keys);
    }

    void released(Lease lease, Collection<String> keys) {
        world.fingerprint.released(lease, keys);
    }

    void parked(Collection<String> keys) {
        keys.forEach(key -> world.rules.parked(key, instance));
    }

    private List<VersionedRecord<String, Sample>> write(
            Operation operation, Collection<?> keys, Supplier<List<VersionedRecord<String, Sample>>> effect) {
        Map<String, Integer> states = new HashMap<>();
        try {
            return call(operation, operation.name(), keys, () -> {
                List<VersionedRecord<String, Sample>> written = effect.get();
                written.forEach(each -> {
                    world.history.committed(each);
                    states.put(each.key(), world.history.latest(each.key()));
                });
                world.rules.moved(written.stream().map(VersionedRecord::key).toList());
                return written;
            });
        } catch (OutcomeUnknownException e) {
            world.history.unknown(instance, states);
            throw e;
        }
    }

    @Override
    public VersionedRecord<String, Sample> create(Sample value) {
        return write(Operation.CREATE, List.of(value.id()), () -> List.of(inner.create(value)))
                .get(0);
    }

    @Override
    public VersionedRecord<String, Sample> update(Sample value) {
        return write(Operation.UPDATE, List.of(value.id()), () -> List.of(inner.update(value)))
                .get(0);
    }

    @Override
    public VersionedRecord<String, Sample> save(Sample value) {
        return write(Operation.SAVE, List.of(value.id()), () -> List.of(inner.save(value)))
                .get(0);
    }

    @Override
    public Optional<VersionedRecord<String, Sample>> delete(String key) {
        return write(
                        Operation.DELETE,
                        List.of(key),
                        () -> inner.delete(key).map(List::of).orElse(List.of()))
                .stream()
                .findFirst();
    }

    @Override
    public List<VersionedRecord<String, Sample>> saveAll(Collection<? extends Sample> values) {
        return write(Operation.SAVE_ALL, values.stream().map(Sample::id).toList(), () -> inner.saveAll(values));
    }

    @Override
    public List<VersionedRecord<String, Sample>> deleteAll(Collection<? extends String> keys) {
        return write(Operation.DELETE_ALL, keys, () -> inner.deleteAll(keys));
    }

    @Override
    public void markPending(Collection<? extends String> keys) {
        call(Operation.MARK_PENDING, "MARK_PENDING", keys, () -> {
            inner.markPending(keys);
            world.rules.moved(keys);
            return true;
        });
    }

    @Override
    public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
        return call(Operation.SNAPSHOT, "SNAPSHOT", keys, () -> {
            List<VersionedRecord<String, Sample>> seen = inner.snapshot(keys);
            seen.forEach(world.history::seen);
            return seen;
        });
    }

    @Override
    public Optional<Sample> read(String key) {
        return call(Operation.READ, "read authority", List.of(key), () -> inner.read(key));
    }

    @Override
    public Map<String, Sample> readAll(Collection<? extends String> keys) {
        return call(Operation.READ_ALL, "read authority", keys, () -> inner.readAll(keys));
    }

    @Override
    public Optional<RecordScan<String, Sample>> scan() {
        return inner.scan().map(scan -> (RecordScan<String, Sample>) new SimScan(scan, new SimScan.Calls() {
            @Override
            public <T> T call(String what, Collection<?> about, Supplier<T> effect) {
                return SimAuthority.this.call(Operation.READ_ALL, what + " of the authority", about, effect);
            }
        }));
    }

    @Override
    public Optional<JobStore> jobs() {
        return inner.jobs().map(jobs -> (JobStore) new SimJobs(this, jobs));
    }

    @Override
    public ReconciliationQueue<String> queue() {
        return queue;
    }
}
