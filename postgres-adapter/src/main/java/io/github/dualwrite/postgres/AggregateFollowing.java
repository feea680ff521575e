package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
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
import org.jspecify.annotations.Nullable;

/**
 * An {@link AggregateMapping} that follows. A batch is one transaction: it locks and compares the applied versions in the order
 * of the keys, and for each that was lower lets the mapping change its tables, which see what was committed before the lock.
 *
 * <p>The mapping's tables may have no key on which a baseline could meet anything. So its transaction takes the versions too, as 0,
 * where there are none, and with that the lock on which it meets upserts as well as tombstones; it removes them again before it
 * commits, so that nobody ever sees them.
 */
final class AggregateFollowing<K, V> implements Following<K, V> {

    private final AggregateMapping<K, V> mapping;
    private final DualwriteSchema schema;
    private final StoreContext context;
    private final SqlErrors errors;
    private final String won;
    private final String settle;
    private final String take;
    private final String giveBack;

    AggregateFollowing(AggregateMapping<K, V> mapping, DualwriteSchema schema, StoreContext context, SqlErrors errors) {
        this.mapping = mapping;
        this.schema = schema;
        this.context = context;
        this.errors = errors;
        this.won = "WITH raw AS (SELECT * FROM unnest(?::text[], ?::bigint[], ?::boolean[]) WITH ORDINALITY"
                + " AS r(k, v, d, o)), " + FollowerStatements.won(schema) + " SELECT key FROM won";
        this.take = "INSERT INTO " + schema.applied() + " (repository, key, version, deleted)"
                + " SELECT ?, r.k, 0, false FROM unnest(?::text[]) WITH ORDINALITY AS r(k, o) ORDER BY r.o"
                + " ON CONFLICT (repository, key) DO NOTHING RETURNING key";
        this.giveBack = "DELETE FROM " + schema.applied() + " WHERE repository = ? AND key = ANY (?) AND version = 0";
        this.settle = "UPDATE " + schema.applied()
                + " SET deleted = true WHERE repository = ? AND key = ANY (?) AND deleted IS NULL";
    }

    @Override
    public void check(Connection connection, Map<String, String> authorityTypes) throws SQLException {
        SchemaCheck.checkGivingBack(connection, schema, errors); // only the mapping knows its own tables
    }

    @Override
    public Optional<String> scanNeeds() {
        return AggregateScan.needs(mapping);
    }

    @Override
    public String keyText(K key) {
        return AggregateAccess.keyText(mapping, key);
    }

    @Override
    public Change<K, V> change(K key, long version, @Nullable V record) {
        return Change.byHand(AggregateAccess.keyText(mapping, key), key, version, record);
    }

    @Override
    public Set<String> apply(FollowerSession session, List<Change<K, V>> changes) {
        List<K> keys = changes.stream().map(Change::key).toList();
        return session.unfiltered(Operation.APPLY, keys, connection -> {
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
            return TableBaseline.left(changes, higher);
        });
    }

    @Override
    public Set<String> baseline(FollowerSession session, List<Change<K, V>> records) {
        List<K> keys = records.stream().map(Change::key).toList();
        return session.unfiltered(Operation.APPLY, keys, connection -> {
            Set<String> stored = take(session, connection, records);
            List<Change<K, V>> taken =
                    records.stream().filter(r -> stored.contains(r.keyText())).toList();
            Set<K> found = found(connection, taken);
            for (Change<K, V> record : taken) {
                if (found.contains(record.key())) {
                    stored.remove(record.keyText());
                } else {
                    change(connection, record);
                }
            }
            try (PreparedStatement statement = session.prepare(giveBack)) {
                statement.setString(1, context.repository());
                statement.setArray(2, SqlArrays.text(connection, taken, Change::keyText));
                statement.executeUpdate();
            }
            return TableBaseline.left(records, stored);
        });
    }

    private Set<String> take(FollowerSession session, Connection connection, List<Change<K, V>> records)
            throws SQLException {
        try (PreparedStatement statement = session.prepare(take)) {
            statement.setString(1, context.repository());
            statement.setArray(2, SqlArrays.text(connection, records, Change::keyText));
            return keys(statement);
        }
    }

    private Set<K> found(Connection connection, List<Change<K, V>> taken) throws SQLException {
        List<K> keys = taken.stream().map(Change::key).toList();
        try {
            return keys.isEmpty()
                    ? Set.of()
                    : AggregateAccess.load(mapping, connection, keys).keySet();
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            throw refused(keys, e, "the mapping cannot look for the records, see the cause");
        }
    }

    private static Set<String> keys(PreparedStatement statement) throws SQLException {
        Set<String> keys = new HashSet<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                keys.add(rows.getString(1));
            }
        }
        return keys;
    }

    private Set<String> compare(FollowerSession session, Connection connection, List<Change<K, V>> changes)
            throws SQLException {
        try (PreparedStatement statement = session.prepare(won)) {
            statement.setArray(1, SqlArrays.text(connection, changes, Change::keyText));
            statement.setArray(2, SqlArrays.bigint(connection, changes, Change::version));
            statement.setArray(3, TableFollowing.tombstones(connection, changes));
            statement.setString(4, context.repository());
            return keys(statement);
        }
    }

    private void change(Connection connection, Change<K, V> change) throws SQLException {
        K key = change.key();
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
        } catch (RuntimeException | AssertionError | StackOverflowError e) { // of this record
            throw refused(List.of(key), e, "the mapping cannot store the record, see the cause");
        }
    }

    private DualWriteException refused(List<K> keys, Throwable e, String message) throws SQLException {
        Optional<SQLException> wrapped = SqlErrors.wrapped(e);
        if (wrapped.isPresent()) {
            throw wrapped.get();
        }
        return errors.permanent(Operation.APPLY, keys, message, e);
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
