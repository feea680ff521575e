package io.github.dualwrite.broken;

import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
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

/** Does what another queue does; to be broken at one point. */
public class ForwardingQueue implements ReconciliationQueue<String> {

    protected final ReconciliationQueue<String> inner;

    public ForwardingQueue(ReconciliationQueue<String> inner) {
        this.inner = inner;
    }

    @Override
    public List<PendingWrite<String>> claim(Lease lease, int limit) {
        return inner.claim(lease, limit);
    }

    @Override
    public Set<String> confirm(Collection<KeyVersion<String>> applied) {
        return inner.confirm(applied);
    }

    @Override
    public void release(Lease lease, Collection<String> keys) {
        inner.release(lease, keys);
    }

    @Override
    public void pushBack(Lease lease, Collection<PushBack<String>> entries) {
        inner.pushBack(lease, entries);
    }

    @Override
    public Set<String> park(Lease lease, Collection<Parking<String>> entries) {
        return inner.park(lease, entries);
    }

    @Override
    public List<ParkedWrite<String>> parked(int offset, int limit) {
        return inner.parked(offset, limit);
    }

    @Override
    public Optional<ParkedWrite<String>> findParked(String key) {
        return inner.findParked(key);
    }

    @Override
    public boolean retryParked(String key) {
        return inner.retryParked(key);
    }

    @Override
    public int retryAllParked() {
        return inner.retryAllParked();
    }

    @Override
    public Optional<ParkedWrite<String>> discardParked(String key) {
        return inner.discardParked(key);
    }

    @Override
    public Set<String> pendingAmong(Collection<String> keys) {
        return inner.pendingAmong(keys);
    }

    @Override
    public Optional<Set<String>> pendingKeys(int limit) {
        return inner.pendingKeys(limit);
    }

    @Override
    public QueueStatistics statistics() {
        return inner.statistics();
    }
}
