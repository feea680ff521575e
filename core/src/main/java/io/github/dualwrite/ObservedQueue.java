package io.github.dualwrite;

import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** A reconciliation queue whose calls listeners are told of, all as {@link Operation#QUEUE}. */
final class ObservedQueue<K> implements ReconciliationQueue<K> {

    private final ReconciliationQueue<K> real;
    private final StoreCalls calls;

    ObservedQueue(ReconciliationQueue<K> real, StoreCalls calls) {
        this.real = real;
        this.calls = calls;
    }

    /** None of these is on the path of a write or a read: a lambda more does not matter. */
    private <T> T call(int records, Supplier<T> call) {
        return calls.onAuthority(Operation.QUEUE, records, call);
    }

    private void run(int records, Runnable call) {
        boolean unused = call(records, () -> {
            call.run();
            return true;
        });
    }

    @Override
    public List<PendingWrite<K>> claim(Lease lease, int limit) {
        return call(limit, () -> real.claim(lease, limit));
    }

    @Override
    public Set<K> confirm(Collection<KeyVersion<K>> applied) {
        return call(applied.size(), () -> real.confirm(applied));
    }

    @Override
    public void release(Lease lease, Collection<K> keys) {
        run(keys.size(), () -> real.release(lease, keys));
    }

    @Override
    public void pushBack(Lease lease, Collection<PushBack<K>> entries) {
        run(entries.size(), () -> real.pushBack(lease, entries));
    }

    @Override
    public Set<K> park(Lease lease, Collection<Parking<K>> entries) {
        return call(entries.size(), () -> real.park(lease, entries));
    }

    @Override
    public List<ParkedWrite<K>> parked(int offset, int limit) {
        return call(limit, () -> real.parked(offset, limit));
    }

    @Override
    public Optional<ParkedWrite<K>> findParked(K key) {
        return call(1, () -> real.findParked(key));
    }

    @Override
    public boolean retryParked(K key) {
        return call(1, () -> real.retryParked(key));
    }

    @Override
    public int retryAllParked() {
        return call(0, real::retryAllParked);
    }

    @Override
    public Optional<ParkedWrite<K>> discardParked(K key) {
        return call(1, () -> real.discardParked(key));
    }

    @Override
    public Set<K> pendingAmong(Collection<K> keys) {
        return call(keys.size(), () -> real.pendingAmong(keys));
    }

    @Override
    public Optional<Set<K>> pendingKeys(int limit) {
        return call(limit, () -> real.pendingKeys(limit));
    }

    @Override
    public QueueStatistics statistics() {
        return call(0, real::statistics);
    }
}
