package io.github.dualwrite.simulation;

import io.github.dualwrite.broken.ForwardingQueue;
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

/** The queue as a process sees it: at the other end of the authority's wire. */
final class SimQueue extends ForwardingQueue {

    private final SimAuthority authority;

    SimQueue(SimAuthority authority, ReconciliationQueue<String> inner) {
        super(inner);
        this.authority = authority;
    }

    private <T> T call(String what, Collection<?> about, Supplier<T> effect) {
        return authority.call(Operation.QUEUE, what, about, effect);
    }

    @Override
    public List<PendingWrite<String>> claim(Lease lease, int limit) {
        return call("claim", List.of(), () -> {
            List<PendingWrite<String>> claimed = inner.claim(lease, limit);
            authority.claimed(lease, claimed.stream().map(PendingWrite::key).toList());
            return claimed;
        });
    }

    @Override
    public Set<String> confirm(Collection<KeyVersion<String>> applied) {
        return call("confirm", applied, () -> inner.confirm(applied));
    }

    @Override
    public void release(Lease lease, Collection<String> keys) {
        call("release", keys, () -> {
            inner.release(lease, keys);
            authority.released(lease, keys);
            return true;
        });
    }

    @Override
    public void pushBack(Lease lease, Collection<PushBack<String>> entries) {
        call("push back", entries, () -> {
            inner.pushBack(lease, entries);
            return true;
        });
    }

    @Override
    public Set<String> park(Lease lease, Collection<Parking<String>> entries) {
        return call("park", entries, () -> {
            Set<String> parked = inner.park(lease, entries);
            authority.parked(parked);
            return parked;
        });
    }

    @Override
    public List<ParkedWrite<String>> parked(int offset, int limit) {
        return call("parked", List.of(), () -> inner.parked(offset, limit));
    }

    @Override
    public Optional<ParkedWrite<String>> findParked(String key) {
        return call("parked", List.of(key), () -> inner.findParked(key));
    }

    @Override
    public boolean retryParked(String key) {
        return call("retry", List.of(key), () -> inner.retryParked(key));
    }

    @Override
    public int retryAllParked() {
        return call("retry all", List.of(), inner::retryAllParked);
    }

    @Override
    public Set<String> pendingAmong(Collection<String> keys) {
        return call("pending among", keys, () -> inner.pendingAmong(keys));
    }

    @Override
    public Optional<Set<String>> pendingKeys(int limit) {
        return call("pending keys", List.of(), () -> inner.pendingKeys(limit));
    }

    @Override
    public QueueStatistics statistics() {
        return call("statistics", List.of(), inner::statistics);
    }
}
