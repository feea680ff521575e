package io.github.dualwrite.postgres;

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
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * PostgreSQL in the role of the follower. An apply keeps the version sequence ahead of what is applied ({@link SequenceLead}), then
 * stores a {@link Batch} by {@link Following#apply}.
 */
final class PostgresFollower<K, V> implements Follower<K, V> {

    private final String description;
    private final Following<K, V> following;
    private final FollowerCalls calls;
    private final SequenceLead lead;
    private final SqlErrors errors;
    private final DualwriteSchema schema;
    private final Optional<RecordScan<K, V>> scan;
    private final String repository;

    PostgresFollower(
            String description,
            Following<K, V> following,
            FollowerCalls calls,
            Optional<RecordScan<K, V>> scan,
            DualwriteSchema schema,
            SqlErrors errors,
            String repository) {
        this.description = description;
        this.following = following;
        this.calls = calls;
        this.scan = scan;
        this.schema = schema;
        this.repository = repository;
        this.lead = new SequenceLead(schema, repository, System::nanoTime);
        this.errors = errors;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public String lookup(K key) {
        return following.lookup(key).orElseGet(() -> Follower.super.lookup(key));
    }

    @Override
    public CompletableFuture<Void> check() {
        return check(Map.of());
    }

    @Override
    @SuppressWarnings("NullAway") // Void has no other value
    public CompletableFuture<Void> check(Map<String, String> authorityTypes) {
        return calls.call(
                Operation.OPEN,
                List.of(),
                session -> session.statement(Operation.OPEN, List.of(), connection -> {
                    SchemaCheck.checkFollower(connection, schema, errors);
                    following.check(connection, authorityTypes);
                    return null;
                }));
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<K, V>> records) {
        List<VersionedRecord<K, V>> given = List.copyOf(records);
        List<K> keys = given.stream().map(VersionedRecord::key).toList();
        return calls.call(
                Operation.APPLY,
                keys,
                session -> new Batch<>(session, following, errors, keys, "retry the parked write")
                        .store(i -> change(given.get(i)), changes -> apply(session, changes)));
    }

    private Change<K, V> change(VersionedRecord<K, V> record) {
        return following.change(record.key(), record.version(), record.value());
    }

    private Set<String> apply(FollowerSession session, List<Change<K, V>> changes) {
        lead.ensure(session, changes);
        return following.apply(session, changes);
    }

    @Override
    public Optional<Baseline<K, V>> baseline() {
        return Optional.of(new PostgresBaseline<>(following, calls, errors));
    }

    @Override
    public Optional<RecordScan<K, V>> scan() {
        return scan;
    }

    @Override
    public Optional<String> scanNeeds() {
        return following.scanNeeds();
    }

    @Override
    public Optional<AppliedVersions<K>> appliedVersions() {
        return Optional.of(new AppliedTable<>(following, calls, schema, repository));
    }

    @Override
    public CompletableFuture<Optional<V>> read(K key) {
        return calls.call(Operation.READ, List.of(key), session -> following.read(session, key));
    }

    @Override
    public CompletableFuture<Map<K, V>> readAll(Collection<? extends K> keys) {
        List<K> asked = List.copyOf(keys);
        return asked.isEmpty()
                ? CompletableFuture.completedFuture(Map.of())
                : calls.call(Operation.READ_ALL, asked, session -> following.readAll(session, asked));
    }
}
