package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.CallerTransaction;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** PostgreSQL in the role of the authority: puts the parts together. */
final class PostgresAuthority<K, V> implements Authority<K, V> {

    private final String description;
    private final Access<K, V> access;
    private final Sessions sessions;
    private final SqlErrors errors;
    private final AuthorityWrites<K, V> writes;
    private final ReconciliationQueue<K> queue;
    private final Optional<RecordScan<K, V>> scan;
    private final JobStore jobs;

    PostgresAuthority(
            String description,
            Access<K, V> access,
            Optional<RecordScan<K, V>> scan,
            Sessions sessions,
            DualwriteSchema schema,
            StoreContext context,
            SqlErrors errors) {
        this.description = description;
        this.access = access;
        this.sessions = sessions;
        this.errors = errors;
        this.writes = access.writes(sessions);
        this.scan = scan;
        this.jobs = new JobTable(context.repository(), schema, sessions, errors);
        this.queue = new PendingTable<>(context.repository(), schema, sessions, access.keys());
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public String lookup(K key) {
        return access.lookup(key).orElseGet(() -> Authority.super.lookup(key));
    }

    @Override
    public Map<String, String> declaredTypes() {
        return access.declaredTypes();
    }

    @Override
    public List<VersionedRecord<K, V>> snapshot(Collection<? extends K> keys) {
        return access.snapshot(sessions, keys);
    }

    @Override
    public ReconciliationQueue<K> queue() {
        return queue;
    }

    @Override
    public Optional<RecordScan<K, V>> scan() {
        return scan;
    }

    @Override
    public Optional<String> scanNeeds() {
        return access.scanNeeds();
    }

    @Override
    public Optional<JobStore> jobs() {
        return Optional.of(jobs);
    }

    @Override
    public Optional<AuthorityWrites<K, V>> joining(CallerTransaction transaction) {
        return Optional.of(access.writes(new JoinedSessions(transaction.unwrap(Connection.class), errors)));
    }

    @Override
    public VersionedRecord<K, V> create(V value) {
        return writes.create(value);
    }

    @Override
    public VersionedRecord<K, V> update(V value) {
        return writes.update(value);
    }

    @Override
    public VersionedRecord<K, V> save(V value) {
        return writes.save(value);
    }

    @Override
    public Optional<VersionedRecord<K, V>> delete(K key) {
        return writes.delete(key);
    }

    @Override
    public List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values) {
        return writes.saveAll(values);
    }

    @Override
    public List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys) {
        return writes.deleteAll(keys);
    }

    @Override
    public void markPending(Collection<? extends K> keys) {
        writes.markPending(keys);
    }

    @Override
    public Optional<V> read(K key) {
        return writes.read(key);
    }

    @Override
    public Map<K, V> readAll(Collection<? extends K> keys) {
        return writes.readAll(keys);
    }
}
