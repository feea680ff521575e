package io.github.dualwrite.memory;

import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
        AppliedVersion there = tables.appliedVersions.get(key);
        if (there != null && there.version() >= written.version()) {
            return ApplyResult.superseded();
        }
        tables.appliedVersions.put(
                key,
                new AppliedVersion(
                        written.version(),
                        written.tombstone())); // also that of a tombstone: it keeps older versions out
        tables.sawVersion(written.version());
        V value = written.value();
        if (value == null) {
            tables.remove(key);
        } else {
            tables.put(key, value);
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

    @Override
    public Optional<Baseline<K, V>> baseline() {
        return Optional.of(this::store);
    }

    @Override
    public Optional<AppliedVersions<K>> appliedVersions() {
        return Optional.of(keys -> CompletableFuture.completedFuture(tables.atomically(() -> {
            Map<K, AppliedVersion> known = new HashMap<>();
            for (K key : keys) {
                AppliedVersion version = tables.appliedVersions.get(key);
                if (version != null) {
                    known.put(key, version);
                }
            }
            return known;
        })));
    }

    @Override
    public Optional<RecordScan<K, V>> scan() {
        return Optional.of(new MemoryScan<>(tables));
    }

    private CompletableFuture<List<ApplyResult>> store(List<ScanPage.Scanned<K, V>> records) {
        List<ApplyResult> results = new ArrayList<>(records.size());
        return CompletableFuture.completedFuture(tables.atomically(() -> {
            for (ScanPage.Scanned<K, V> found : records) {
                results.add(store(found));
            }
            return results;
        }));
    }

    /** A tombstone is a version without a record; a record without a version is a baseline, or was here before us. */
    private ApplyResult store(ScanPage.Scanned<K, V> found) {
        if (tables.appliedVersions.containsKey(found.key()) || tables.records.containsKey(found.key())) {
            return ApplyResult.superseded();
        }
        tables.put(found.key(), found.value());
        return ApplyResult.applied();
    }
}
