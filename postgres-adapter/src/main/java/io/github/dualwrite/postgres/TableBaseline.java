package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.StoreContext;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores a baseline in a mapped table; the SQL is in {@link FollowerStatements}.
 *
 * <p>A large batch first goes by {@code COPY}, the server's fastest way in, in one transaction:
 *
 * <ol>
 *   <li>through the gate, and only then look which keys have a version;
 *   <li>{@code COPY} the others. It cannot skip a row: if there is a record without a version, or a live upsert stores one meanwhile,
 *       it fails on the unique key, and nothing is stored. After that batches look for records too, until they find none.
 * </ol>
 *
 * <p>Whatever {@code COPY} fails on, the batch then goes the way of a small one: by one statement that skips what is there by then,
 * or says what is wrong with which record.
 */
final class TableBaseline<K, V> {

    private static final Logger log = LoggerFactory.getLogger(TableBaseline.class);

    /** Fewer are not worth the round trips. */
    private static final int MANY = 100;

    /** A table with row security cannot be copied into; one with rules, or partitions, would be filled in another way or order. */
    private static final String PLAIN =
            "SELECT relkind = 'r' AND NOT relrowsecurity AND NOT relhasrules FROM pg_class WHERE oid = to_regclass(?)";

    private final FollowerStatements sql;
    private final RowTriggers triggers;
    private final SqlErrors errors;
    private final Flight flight;
    private final StoreContext context;
    private final boolean plain;
    private final int[] written;
    private final int[] keyPlaces;

    /** Whether records without a version were met of late: there are some if a job is done again. */
    private volatile boolean recordsExpected;

    TableBaseline(
            Connection connection,
            TableMapping<K, V> mapping,
            TableAccess<K, V> access,
            FollowerStatements sql,
            RowTriggers triggers,
            Flight flight,
            StoreContext context)
            throws SQLException {
        this.sql = sql;
        this.triggers = triggers;
        this.errors = access.errors;
        this.flight = flight;
        this.context = context;
        this.written =
                access.written.stream().mapToInt(mapping.columns()::indexOf).toArray();
        this.keyPlaces = mapping.keyColumns().stream()
                .mapToInt(mapping.columns()::indexOf)
                .toArray();
        try (PreparedStatement select = connection.prepareStatement(PLAIN)) {
            select.setString(1, access.table());
            try (ResultSet row = select.executeQuery()) {
                this.plain = row.next() && row.getBoolean(1);
            }
        }
    }

    Set<String> store(FollowerSession session, Connection connection, List<Change<K, V>> records, List<K> keys)
            throws SQLException {
        if (records.size() >= MANY && plain && Flight.extended(connection)) {
            try {
                return session.transaction(Operation.APPLY, keys, c -> copy(session, c, records, keys));
            } catch (DualWriteException e) {
                if (!(e instanceof PermanentFailure)) {
                    throw e;
                }
                recordsExpected = true;
                log.debug("a batch of a baseline cannot be copied; it is inserted", e);
            }
        }
        return flight.run(session, connection, Operation.APPLY, keys, c -> insert(session, c, records, keys));
    }

    private Set<String> copy(FollowerSession session, Connection connection, List<Change<K, V>> records, List<K> keys)
            throws SQLException {
        boolean both = recordsExpected;
        Set<String> taken = taken(session, connection, records, both);
        if (both && taken.isEmpty()) {
            recordsExpected = false;
        }
        CopyText rows = new CopyText();
        for (Change<K, V> record : records) {
            if (!taken.contains(record.keyText())) {
                for (int i : written) {
                    rows.value(record.column(i));
                }
                rows.endRow();
            }
        }
        if (rows.length() > 0 && copy(connection, rows, sql.copy) != records.size() - taken.size()) {
            triggers.lookAgain();
            throw errors.keptAway(Operation.APPLY, keys, null);
        }
        return taken;
    }

    /** Goes through the gate and looks which keys have a version, or a version or a record. */
    private Set<String> taken(
            FollowerSession session, Connection connection, List<Change<K, V>> records, boolean withRecords)
            throws SQLException {
        try (PreparedStatement select = session.prepare(withRecords ? sql.taken : sql.versioned)) {
            select.setArray(1, SqlArrays.text(connection, records, Change::keyText));
            int next = 2;
            for (int i = 0; withRecords && i < keyPlaces.length; i++) {
                int place = keyPlaces[i];
                select.setArray(next++, SqlArrays.text(connection, records, c -> c.column(place)));
            }
            select.setString(next, context.repository());
            return Set.copyOf(keys(select, true));
        }
    }

    /** Copies rows in, and returns how many were stored. */
    private static long copy(Connection connection, CopyText rows, String into) throws SQLException {
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(into);
        try {
            copy.writeToCopy(rows.bytes(), 0, rows.length());
            return copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private Set<String> insert(FollowerSession session, Connection connection, List<Change<K, V>> records, List<K> keys)
            throws SQLException {
        Set<String> left = insert(session, records);
        if (!left.isEmpty() && triggers.mayKeepAway(connection)) {
            List<Change<K, V>> notStored =
                    records.stream().filter(r -> left.contains(r.keyText())).toList();
            if (taken(session, connection, notStored, true).size() < left.size()) {
                throw errors.keptAway(Operation.APPLY, keys, null);
            }
        }
        return left;
    }

    private Set<String> insert(FollowerSession session, List<Change<K, V>> records) throws SQLException {
        try (PreparedStatement statement = session.prepare(sql.baseline)) {
            statement.setArray(1, SqlArrays.text(statement.getConnection(), records, Change::keyText));
            int next = bind(statement, 2, records);
            statement.setString(next, context.repository());
            return left(records, keys(statement, true));
        }
    }

    /** Binds the columns that are written, one array for each. */
    int bind(PreparedStatement statement, int first, List<Change<K, V>> records) throws SQLException {
        int next = first;
        for (int i : written) {
            statement.setArray(next++, SqlArrays.text(statement.getConnection(), records, c -> c.column(i)));
        }
        return next;
    }

    /** The keys that a statement returns, after the gate's answer if it went through the gate first. */
    static List<String> keys(PreparedStatement statement, boolean throughTheGate) throws SQLException {
        boolean unused = statement.execute();
        if (throughTheGate) {
            unused = statement.getMoreResults();
        }
        List<String> keys = new ArrayList<>();
        try (ResultSet rows = statement.getResultSet()) {
            while (rows.next()) {
                keys.add(rows.getString(1));
            }
        }
        return keys;
    }

    /** The keys of the changes, which are distinct, without those that were stored; mostly none is left. */
    static Set<String> left(List<? extends Change<?, ?>> changes, Collection<String> stored) {
        if (stored.size() == changes.size()) {
            return Set.of();
        }
        Set<String> left = new HashSet<>();
        changes.forEach(change -> left.add(change.keyText()));
        stored.forEach(left::remove);
        return left;
    }
}
