package io.github.dualwrite.fake;

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
import java.util.concurrent.locks.LockSupport;

/** Queues of which a test needs one or two verbs. */
public final class Queues {

    private Queues() {}

    /** Has no verb. */
    public static class Unused<K> implements ReconciliationQueue<K> {

        private static UnsupportedOperationException unused() {
            return new UnsupportedOperationException("not needed in this test");
        }

        @Override
        public List<PendingWrite<K>> claim(Lease lease, int limit) {
            throw unused();
        }

        @Override
        public Set<K> confirm(Collection<KeyVersion<K>> applied) {
            throw unused();
        }

        @Override
        public void release(Lease lease, Collection<K> keys) {
            throw unused();
        }

        @Override
        public void pushBack(Lease lease, Collection<PushBack<K>> entries) {
            throw unused();
        }

        @Override
        public Set<K> park(Lease lease, Collection<Parking<K>> entries) {
            throw unused();
        }

        @Override
        public List<ParkedWrite<K>> parked(int offset, int limit) {
            throw unused();
        }

        @Override
        public Optional<ParkedWrite<K>> findParked(K key) {
            throw unused();
        }

        @Override
        public boolean retryParked(K key) {
            throw unused();
        }

        @Override
        public Optional<ParkedWrite<K>> discardParked(K key) {
            throw unused();
        }

        @Override
        public int retryAllParked() {
            throw unused();
        }

        @Override
        public Set<K> pendingAmong(Collection<K> keys) {
            throw unused();
        }

        @Override
        public Optional<Set<K>> pendingKeys(int limit) {
            throw unused();
        }

        @Override
        public QueueStatistics statistics() {
            throw unused();
        }
    }

    /** What is pending is a set that the test changes. */
    public static final class OfKeys<K> extends Unused<K> {
        private final Set<K> pending;

        public OfKeys(Set<K> pending) {
            this.pending = pending;
        }

        @Override
        public List<ParkedWrite<K>> parked(int offset, int limit) {
            return List.of();
        }

        @Override
        public Set<K> pendingAmong(Collection<K> keys) {
            Set<K> found = Set.copyOf(keys.stream().filter(pending::contains).toList());
            LockSupport.parkNanos(1); // an answer takes its time
            return found;
        }

        @Override
        public Optional<Set<K>> pendingKeys(int limit) {
            Set<K> now = Set.copyOf(pending);
            LockSupport.parkNanos(1);
            return now.size() > limit ? Optional.empty() : Optional.of(now);
        }
    }
}
