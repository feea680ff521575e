package io.github.dualwrite;

import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A follower whose calls listeners are told of. As long as there are none, each call costs one look at that. */
final class ObservedFollower<K, V> implements Follower<K, V> {

    private final Follower<K, V> real;
    private final StoreCalls calls;

    ObservedFollower(Follower<K, V> real, StoreCalls calls) {
        this.real = real;
        this.calls = calls;
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<K, V>> records) {
        return calls.off()
                ? real.apply(records)
                : calls.onFollower(Operation.APPLY, records.size(), () -> real.apply(records), StoreCalls::ofBatch);
    }

    @Override
    public CompletableFuture<Optional<V>> read(K key) {
        return calls.off()
                ? real.read(key)
                : calls.onFollower(Operation.READ, 1, () -> real.read(key), StoreCalls::success);
    }

    @Override
    public CompletableFuture<Map<K, V>> readAll(Collection<? extends K> keys) {
        return calls.off()
                ? real.readAll(keys)
                : calls.onFollower(Operation.READ_ALL, keys.size(), () -> real.readAll(keys), StoreCalls::success);
    }

    @Override
    public CompletableFuture<Void> check() {
        return real.check();
    }

    @Override
    public CompletableFuture<Void> check(Map<String, String> authorityTypes) {
        return real.check(authorityTypes);
    }

    @Override
    public String description() {
        return real.description();
    }

    @Override
    public int batchLimit() {
        return real.batchLimit();
    }

    @Override
    public boolean mayBlock() {
        return real.mayBlock();
    }

    @Override
    public Optional<Baseline<K, V>> baseline() {
        return real.baseline();
    }

    @Override
    public Optional<AppliedVersions<K>> appliedVersions() {
        return real.appliedVersions();
    }

    @Override
    public String lookup(K key) {
        return real.lookup(key);
    }

    @Override
    public Optional<RecordScan<K, V>> scan() {
        return real.scan();
    }

    @Override
    public Optional<String> scanNeeds() {
        return real.scanNeeds();
    }
}
