package io.github.dualwrite.broken;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.HeldWrite;
import io.github.dualwrite.testkit.Sample;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Adds row locks to an authority, so that a write can be held: the rules for held writes are tried on it. It has one flaw on
 * request: drawing the version before the lock is held.
 */
final class RowLockingAuthority extends ForwardingAuthority {

    private final Map<String, Semaphore> locks = new ConcurrentHashMap<>();
    private final boolean versionBeforeLock;

    RowLockingAuthority(Authority<String, Sample> inner, boolean versionBeforeLock) {
        super(inner);
        this.versionBeforeLock = versionBeforeLock;
    }

    private Semaphore lock(String key) {
        return locks.computeIfAbsent(key, k -> new Semaphore(1));
    }

    @Override
    public VersionedRecord<String, Sample> save(Sample value) {
        long early = versionBeforeLock ? inner.save(value).version() : 0;
        lock(value.id()).acquireUninterruptibly();
        try {
            VersionedRecord<String, Sample> saved = inner.save(value);
            return versionBeforeLock ? new VersionedRecord<>(value.id(), early, value) : saved;
        } finally {
            lock(value.id()).release();
        }
    }

    @Override
    public Optional<VersionedRecord<String, Sample>> delete(String key) {
        lock(key).acquireUninterruptibly();
        try {
            return inner.delete(key);
        } finally {
            lock(key).release();
        }
    }

    HeldWrite hold(Sample value) {
        Semaphore lock = lock(value.id());
        lock.acquireUninterruptibly();
        return new HeldWrite() {
            private boolean over;

            @Override
            public boolean blocksAnother() {
                return lock.hasQueuedThreads();
            }

            @Override
            public VersionedRecord<String, Sample> release() {
                VersionedRecord<String, Sample> written = inner.save(value);
                abandon();
                return written;
            }

            @Override
            public void abandon() {
                if (!over) {
                    over = true;
                    lock.release();
                }
            }
        };
    }
}
