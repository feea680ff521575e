package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An {@link AggregateMapping} that follows. A batch is one transaction: it locks and compares the applied versions in the order
 * of the keys, and for each that was lower lets the mapping change its tables, which see what was committed before the lock.
 */
final class AggregateFollowing<K, V> implements Following<K, V> {

    private final AggregateMapping<K, V> mapping;
    private final DualwriteSchema schema;
    private final StoreContext context;
    private final SqlErrors errors;
    private final String won;
    private final String settle;

    AggregateFollowing(AggregateMapping<K, V> mapping, DualwriteSchema schema, StoreContext context, SqlErrors errors) {
        this.mapping = mapping;
        this.schema = schema;
        this.context = context;
        this.errors = errors;
        this.won = "WITH raw AS (SELECT * FROM unnest(?::text[], ?::bigint[], ?::boolean[]) WITH ORDINALITY"
                + " AS r(k, v, d, o)), " + FollowerStatements.won(schema) + " SELECT key FROM won";
        this.settle = "UPDATE " + schema.applied()
                + " SET deleted = true WHERE repository = ? AND key = ANY (?) AND deleted IS NULL";
    }

    @Override
    public void check(Connection connection) {
        // only the mapping knows its tables
    }

    @Override
    public Change<K, V> change(VersionedRecord<K, V> record) {
        return Change.byHand(mapping.encodeKey(record.key()), record);
    }

    @Override
    public Set<String> apply(FollowerSession session, List<Change<K, V>> changes) {
        List<K> keys = changes.stream().map(c -> c.record().key()).toList();
        return session.transaction(Operation.APPLY, keys, connection -> {
            Set<String> higher = compare(session, connection, changes);
            boolean removed = false;
            for (Change<K, V> change : changes) {
                if (higher.contains(change.keyText())) {
                    change(connection, change);
                    removed |= change.tombstone();
                }
            }
            if (removed) {
                settle(session, connection, changes);
            }
            return higher;
        });
    }

    private Set<String> compare(FollowerSession session, Connection connection, List<Change<K, V>> changes)
            throws SQLException {
        try (PreparedStatement statement = session.prepare(won)) {
            statement.setArray(1, SqlArrays.text(connection, changes, Change::keyText));
            statement.setArray(
                    2, SqlArrays.bigint(connection, changes, c -> c.record().version()));
            statement.setArray(3, TableFollowing.tombstones(connection, changes));
            statement.setString(4, context.repository());
            Set<String> higher = new HashSet<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    higher.add(rows.getString(1));
                }
            }
            return higher;
        }
    }

    private void change(Connection connection, Change<K, V> change) throws SQLException {
        K key = change.record().key();
        try {
            if (change.tombstone()) {
                mapping.delete(connection, key);
            } else if (!mapping.encodeKey(mapping.store(connection, change.value()))
                    .equals(change.keyText())) {
                throw errors.permanent(
                        Operation.APPLY,
                        List.of(key),
                        "the mapping stored the record under another key; check store of " + mapping.description(),
                        null);
            }
        } catch (DualWriteException e) {
            throw e;
        } catch (RuntimeException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof SQLException sql) {
                    throw sql; // wrapped by the mapping's library
                }
            }
            throw errors.permanent(
                    Operation.APPLY, List.of(key), "the mapping cannot store the record, see the cause", e);
        }
    }

    private void settle(FollowerSession session, Connection connection, List<Change<K, V>> changes)
            throws SQLException {
        try (PreparedStatement statement = session.prepare(settle)) {
            statement.setString(1, context.repository());
            statement.setArray(
                    2,
                    SqlArrays.text(
                            connection,
                            changes.stream().filter(Change::tombstone).toList(),
                            Change::keyText));
            statement.executeUpdate();
        }
    }

    @Override
    public Optional<String> misfit(FollowerSession session, Change<K, V> change) {
        return Optional.empty();
    }

    private AggregateWrites<K, V> reads(FollowerSession session) {
        return new AggregateWrites<>(new AggregateAccess<>(mapping, schema, context, errors), session);
    }

    @Override
    public Optional<V> read(FollowerSession session, K key) {
        return reads(session).read(key);
    }

    @Override
    public Map<K, V> readAll(FollowerSession session, Collection<? extends K> keys) {
        return reads(session).readAll(keys);
    }
}
