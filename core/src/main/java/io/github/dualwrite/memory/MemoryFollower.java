package io.github.dualwrite.memory;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The follower by example. Every answer is there at once. */
final class MemoryFollower<K, V> implements Follower<K, V> {

    private final MemoryTables<K, V> tables;

    MemoryFollower(MemoryTables<K, V> tables) {
        this.tables = tables;
    }

    @Override
    public String description() {
        return "follower in memory";
    }

    @Override
    public CompletableFuture<Void> check() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<K, V>> records) {
        List<ApplyResult> results = new ArrayList<>(records.size());
        return CompletableFuture.completedFuture(tables.atomically(() -> {
            for (VersionedRecord<K, V> written : records) {
                results.add(apply(written));
            }
            return results;
        }));
    }

    private ApplyResult apply(VersionedRecord<K, V> written) {
        K key = written.key();
        Long there = tables.appliedVersions.get(key);
        if (there != null && there >= written.version()) {
            return ApplyResult.superseded();
        }
        tables.appliedVersions.put(key, written.version()); // also that of a tombstone: it keeps older versions out
        tables.sawVersion(written.version());
        V value = written.value();
        if (value == null) {
            tables.records.remove(key);
        } else {
            tables.records.put(key, value);
        }
        return ApplyResult.applied();
    }

    @Override
    public CompletableFuture<Optional<V>> read(K key) {
        return CompletableFuture.completedFuture(tables.atomically(() -> Optional.ofNullable(tables.records.get(key))));
    }

    @Override
    public CompletableFuture<Map<K, V>> readAll(Collection<? extends K> keys) {
        return CompletableFuture.completedFuture(tables.atomically(() -> tables.recordsUnder(keys)));
    }
}
