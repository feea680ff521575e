package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A {@link TableMapping} that follows; the statements are in {@link FollowerStatements}. */
final class TableFollowing<K, V> implements Following<K, V> {

    private final TableMapping<K, V> mapping;
    private final DualwriteSchema schema;
    private final StoreContext context;
    private final SqlErrors errors;
    private final TableKeys<K> keys;
    private final Flight flight = new Flight();

    private final LongSupplier nanos;

    /**
     * Read by the first call, because the table need not be there before; read again after it did not fit, and looked at again once in a
     * while, because a column that has become narrower may round in silence.
     */
    private volatile @Nullable Opened<K, V> opened;

    private volatile long lookedAt;

    /**
     * A table that follows.
     *
     * @param nanos as {@link System#nanoTime}
     */
    TableFollowing(
            TableMapping<K, V> mapping,
            DualwriteSchema schema,
            StoreContext context,
            SqlErrors errors,
            LongSupplier nanos) {
        this.mapping = mapping;
        this.schema = schema;
        this.context = context;
        this.errors = errors;
        this.nanos = nanos;
        this.keys = new TableKeys<>(mapping);
    }

    /** What depends on the table as it is. */
    private record Opened<K, V>(
            TableLayout layout,
            TableAccess<K, V> access,
            FollowerStatements sql,
            TableBaseline<K, V> baseline,
            FollowerReads<K, V> reads,
            RowTriggers triggers,
            Narrowing narrowing) {}

    private Opened<K, V> opened(Connection connection) throws SQLException {
        Opened<K, V> known = opened;
        long now = nanos.getAsLong();
        if (known != null && now - lookedAt <= RowTriggers.AGAIN) {
            return known;
        }
        lookedAt = now;
        TableLayout layout = TableLayout.read(connection, mapping, errors);
        if (known == null || !known.layout().equals(layout)) {
            TableAccess<K, V> access = new TableAccess<>(mapping, layout, schema, context, errors);
            FollowerStatements sql = new FollowerStatements(mapping, layout, schema);
            RowTriggers triggers = new RowTriggers(access.table(), nanos);
            known = new Opened<>(
                    layout,
                    access,
                    sql,
                    new TableBaseline<>(connection, mapping, access, sql, triggers, flight, context),
                    new FollowerReads<>(access, sql),
                    triggers,
                    new Narrowing(mapping, layout));
            opened = known;
        }
        return known;
    }

    private <T> T onTable(FollowerSession session, Operation operation, Collection<?> keys, SqlWork<T> work) {
        try {
            return session.statement(operation, keys, work);
        } catch (ConfigurationException e) {
            if (!SqlErrors.missingPartition(e.getCause())) {
                opened = null; // a table that is mended is found without a restart
            }
            throw e;
        }
    }

    /** If a single value is refused, looks whether the table has changed since it was read, and if it has tries once more. */
    private Set<String> unlessWidened(
            FollowerSession session, List<Change<K, V>> changes, Supplier<Set<String>> attempt) {
        Opened<K, V> before = opened;
        try {
            return attempt.get();
        } catch (PermanentStoreException e) {
            if (changes.size() > 1
                    || before == null
                    || !(SqlErrors.valueRefused(e) || e.getCause() instanceof MappingException)
                    || !changed(session, before)) {
                throw e;
            }
            return attempt.get();
        }
    }

    private boolean changed(FollowerSession session, Opened<K, V> before) {
        return onTable(session, Operation.APPLY, List.of(), connection -> {
            if (TableLayout.read(connection, mapping, errors).equals(before.layout())) {
                return false;
            }
            opened = null;
            return true;
        });
    }

    @Override
    public void check(Connection connection, Map<String, String> authorityTypes) throws SQLException {
        TableLayout layout = TableLayout.read(connection, mapping, errors);
        for (TableMapping.Column<V> column : mapping.columns()) {
            TableLayout.Fact fact = layout.fact(column.name());
            String told = authorityTypes.get(column.name());
            if (fact.computed() || told == null) {
                continue;
            }
            DeclaredType there = DeclaredType.parse(told);
            List<String> missing = there.missingIn(DeclaredType.of(fact));
            if (NarrowerType.than(there.type(), fact.declared()) || !missing.isEmpty()) {
                throw unfit(
                        "column " + column.name() + " of type " + fact.declared() + " holds less than " + there.type()
                                + ", the type of the authority's column of that name"
                                + (missing.isEmpty() ? "" : " (" + String.join(", ", missing) + ")") + "; widen it");
            }
            if (there.nullable() && !fact.nullable() && !column.key() && !column.primitive()) {
                throw unfit("column " + column.name()
                        + " can not be NULL, and the authority's column of that name can; let this one be NULL, or declare that one"
                        + " NOT NULL or give it a validated CHECK (" + column.name() + " IS NOT NULL)");
            }
        }
        new RowTriggers(Sql.qualified(layout.schema(), layout.table()), nanos).refuse(connection, errors);
    }

    private ConfigurationException unfit(String problem) {
        return errors.configuration(
                Operation.OPEN,
                problem
                        + ". If no record needs it, refuseUnfitSecondary(false) opens the repository all the same, and what"
                        + " does not fit is parked",
                null);
    }

    @Override
    public Optional<String> lookup(K key) {
        return Optional.of(mapping.lookup(key));
    }

    @Override
    public String keyText(K key) {
        return keys.encode(key);
    }

    @Override
    public Change<K, V> change(K key, long version, @Nullable V value) {
        List<Object> parts = mapping.keyParts(key);
        String keyText = keys.encode(key, parts);
        if (value == null) {
            List<@Nullable String> partTexts = new ArrayList<>(parts.size());
            for (int i = 0; i < parts.size(); i++) {
                partTexts.add(mapping.keyColumns().get(i).text(parts.get(i)));
            }
            return new Change<>(keyText, key, version, null, partTexts, List.of());
        }
        if (!carries(value, parts) && !mapping.keyIn(value).map(keys::encode).equals(Optional.of(keyText))) {
            throw new MappingException(
                    "the record carries another key than the one that it is applied under; check the mappings of both stores");
        }
        List<TableMapping.Column<V>> columns = mapping.columns();
        List<@Nullable String> texts = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            texts.add(columns.get(i).textIn(value));
        }
        return new Change<>(keyText, key, version, value, List.of(), texts);
    }

    /** Whether a record certainly has these parts of the key; what functions of an application do is looked at in full. */
    private boolean carries(V value, List<Object> parts) {
        if (mapping.byHand()) {
            return false;
        }
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).equals(mapping.keyColumns().get(i).valueIn(value))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Set<String> apply(FollowerSession session, List<Change<K, V>> changes) {
        return unlessWidened(session, changes, () -> applied(session, changes));
    }

    private Set<String> applied(FollowerSession session, List<Change<K, V>> changes) {
        List<K> changed = changes.stream().map(Change::key).toList();
        boolean removes = changes.stream().anyMatch(Change::tombstone);
        return onTable(session, Operation.APPLY, changed, connection -> {
            Opened<K, V> table = opened(connection);
            table.narrowing().check(changes);
            return removes
                    ? flight.run(
                            session, connection, Operation.APPLY, changed, c -> apply(session, c, table, changes, true))
                    : apply(session, connection, table, changes, false);
        });
    }

    private Set<String> apply(
            FollowerSession session,
            Connection connection,
            Opened<K, V> table,
            List<Change<K, V>> changes,
            boolean removes)
            throws SQLException {
        FollowerStatements sql = table.sql();
        boolean counted = table.triggers().mayKeepAway(connection);
        try (PreparedStatement statement = session.prepare(
                removes
                        ? (counted ? sql.storeAndRemoveCounted : sql.storeAndRemove)
                        : (counted ? sql.storeCounted : sql.store))) {
            int next = 1;
            statement.setArray(next++, SqlArrays.text(connection, changes, Change::keyText));
            statement.setArray(next++, SqlArrays.bigint(connection, changes, Change::version));
            statement.setArray(next++, tombstones(connection, changes));
            next = table.baseline().bind(statement, next, changes);
            statement.setString(next++, context.repository());
            if (removes) {
                List<Change<K, V>> removed =
                        changes.stream().filter(Change::tombstone).toList();
                statement.setArray(next++, SqlArrays.text(connection, removed, Change::keyText));
                for (int i = 0; i < mapping.keyColumns().size(); i++) {
                    int part = i;
                    statement.setArray(
                            next++,
                            SqlArrays.text(
                                    connection, removed, c -> c.keyParts().get(part)));
                }
                statement.setString(next, context.repository());
            }
            return TableBaseline.left(changes, TableBaseline.keys(statement, removes));
        }
    }

    @Override
    public Set<String> baseline(FollowerSession session, List<Change<K, V>> records) {
        return unlessWidened(session, records, () -> based(session, records));
    }

    private Set<String> based(FollowerSession session, List<Change<K, V>> records) {
        List<K> stored = records.stream().map(Change::key).toList();
        return onTable(session, Operation.APPLY, stored, connection -> {
            Opened<K, V> table = opened(connection);
            table.narrowing().check(records);
            return table.baseline().store(session, connection, records, stored);
        });
    }

    static Array tombstones(Connection connection, List<? extends Change<?, ?>> changes) throws SQLException {
        return connection.createArrayOf(
                "boolean", changes.stream().map(Change::tombstone).toArray());
    }

    @Override
    public Optional<String> misfit(FollowerSession session, Change<K, V> change) {
        return session.statement(Operation.APPLY, List.of(change.key()), connection -> {
            Opened<K, V> table = opened(connection);
            Optional<String> column =
                    Misfit.find(session, mapping, table.access().table(), change);
            return column.isPresent() ? column : table.triggers().before(connection);
        });
    }

    @Override
    public Optional<V> read(FollowerSession session, K key) {
        return onTable(
                session,
                Operation.READ,
                List.of(key),
                connection -> opened(connection).reads().one(connection, key));
    }

    @Override
    public Map<K, V> readAll(FollowerSession session, Collection<? extends K> keys) {
        return onTable(
                session,
                Operation.READ_ALL,
                keys,
                connection -> opened(connection).reads().many(connection, keys));
    }
}
