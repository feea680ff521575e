package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a mapped table in the order of its key, each page by one statement of its own that locks nothing and sees one snapshot. The SQL is in
 * {@link ScanStatements}, what becomes of a row in {@link ScannedRows}.
 */
final class TableScan<K, V> implements RecordScan<K, V> {

    /** Blocks hold neighbours, so it takes many of them to see the whole: this bounds the error of a share to some per cent. */
    private static final int BLOCKS = 2000;

    private static final int BLOCKS_FOR_EACH_SPLIT = 200;

    private final TableMapping<K, V> mapping;
    private final Sessions sessions;
    private final SqlErrors errors;
    private final boolean readOnly;

    /** Read by the first call, because a follower need not be there before; read again after it did not fit. */
    private volatile @Nullable Opened<K, V> opened;

    /**
     * A scan.
     *
     * @param readOnly whether the table is only ever read through this mapping
     */
    TableScan(TableMapping<K, V> mapping, Sessions sessions, SqlErrors errors, boolean readOnly) {
        this.mapping = mapping;
        this.sessions = sessions;
        this.errors = errors;
        this.readOnly = readOnly;
    }

    /** What depends on the table as it is. */
    private record Opened<K, V>(KeyOrder order, ScanStatements sql, ScannedRows<K, V> rows, String table) {

        int keyColumns() {
            return order.columns().size();
        }
    }

    @FunctionalInterface
    private interface Work<K, V, T> {
        T run(Connection connection, Opened<K, V> table) throws SQLException;
    }

    private <T> T onTable(SqlErrors part, Work<K, V, T> work) {
        try {
            return sessions.statement(Operation.QUERY, List.of(), connection -> {
                try {
                    return work.run(connection, opened(connection, part));
                } catch (SQLException e) {
                    DualWriteException translated = part.translate(Operation.QUERY, List.of(), e, false);
                    if (translated instanceof ConfigurationException) {
                        TableLayout unused = layout(connection, part); // says more, if the table has changed
                    }
                    throw translated;
                }
            });
        } catch (ConfigurationException e) {
            opened = null; // a table that is mended is found without a restart
            throw e;
        }
    }

    private TableLayout layout(Connection connection, SqlErrors part) throws SQLException {
        return readOnly ? TableLayout.readOnly(connection, mapping, part) : TableLayout.read(connection, mapping, part);
    }

    private Opened<K, V> opened(Connection connection, SqlErrors part) throws SQLException {
        Opened<K, V> known = opened;
        if (known == null) {
            TableLayout layout = layout(connection, part);
            KeyOrder order = KeyOrder.read(connection, mapping, layout, part);
            known = new Opened<>(
                    order,
                    new ScanStatements(mapping, layout, order),
                    new ScannedRows<>(mapping, order),
                    Sql.qualified(layout.schema(), layout.table()));
            opened = known;
        }
        return known;
    }

    @Override
    public List<Split> splits(int wanted) {
        if (wanted < 1) {
            throw new IllegalArgumentException("splits must be at least 1, not " + wanted);
        }
        return onTable(errors, (connection, table) -> {
            List<Split> splits = new ArrayList<>();
            @Nullable List<String> above = null;
            for (List<String> bound : bounds(connection, table, wanted)) {
                splits.add(new Split(new KeyRange(above, bound).text(table.keyColumns())));
                above = bound;
            }
            splits.add(new Split(new KeyRange(above, null).text(table.keyColumns())));
            return splits;
        });
    }

    private List<List<String>> bounds(Connection connection, Opened<K, V> table, int wanted) throws SQLException {
        if (wanted == 1) {
            return List.of();
        }
        long blocks = Math.max(BLOCKS, (long) BLOCKS_FOR_EACH_SPLIT * wanted);
        long pages;
        try (PreparedStatement size = connection.prepareStatement(ScanStatements.SIZE)) {
            size.setString(1, table.table());
            try (ResultSet row = size.executeQuery()) {
                row.next();
                pages = row.getLong(1);
            }
        }
        if (pages > 2 * blocks) {
            List<List<String>> bounds = bounds(connection, table, wanted, 100.0 * blocks / pages);
            if (bounds.size() == wanted - 1) {
                return bounds;
            } // else nearly all blocks are empty, and what little there is can be read
        }
        return bounds(connection, table, wanted, null);
    }

    private List<List<String>> bounds(
            Connection connection, Opened<K, V> table, int wanted, @Nullable Double percentage) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(table.sql().bounds(percentage != null))) {
            int next = 1;
            if (percentage != null) {
                select.setDouble(next++, percentage);
            }
            select.setLong(next++, wanted);
            select.setLong(next, wanted);
            List<List<String>> bounds = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    List<String> bound = new ArrayList<>();
                    for (int i = 1; i <= table.keyColumns(); i++) {
                        bound.add(row.getString(i));
                    }
                    bounds.add(bound);
                }
            }
            return bounds;
        }
    }

    @Override
    public OptionalLong estimatedRecords() {
        return onTable(errors, (connection, table) -> {
            try (PreparedStatement size = connection.prepareStatement(ScanStatements.SIZE)) {
                size.setString(1, table.table());
                try (ResultSet row = size.executeQuery()) {
                    row.next();
                    return row.getBoolean(3) ? OptionalLong.of(row.getLong(2)) : OptionalLong.empty();
                }
            }
        });
    }

    @Override
    public ScanPage<K, V> page(Split split, @Nullable String after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1, not " + limit);
        }
        SqlErrors part = errors.in("split " + split.range());
        return onTable(part, (connection, table) -> {
            KeyRange range = range(part, table, split, after);
            try (PreparedStatement select =
                    connection.prepareStatement(table.sql().page(range.above() != null, range.upTo() != null))) {
                int next = bind(select, bind(select, 1, range.above()), range.upTo());
                select.setInt(next, limit);
                boolean unused = select.execute() && select.getMoreResults();
                try (ResultSet rows = select.getResultSet()) {
                    return table.rows().page(rows, limit);
                }
            }
        });
    }

    /** What is left of a split after a position. */
    private KeyRange range(SqlErrors part, Opened<K, V> table, Split split, @Nullable String after) {
        try {
            KeyRange whole = KeyRange.of(split.range(), table.keyColumns());
            return after == null ? whole : new KeyRange(KeyRange.position(after, table.keyColumns()), whole.upTo());
        } catch (IllegalArgumentException e) {
            throw part.configuration(
                    Operation.QUERY,
                    "this split" + (after == null ? "" : " at position " + after) + " is none of table " + table.table()
                            + "; it belongs to another table or mapping, begin a new job for this one",
                    e);
        }
    }

    private static int bind(PreparedStatement select, int first, @Nullable List<String> key) throws SQLException {
        int next = first;
        if (key != null) {
            for (String text : key) {
                select.setString(next++, text);
            }
        }
        return next;
    }
}
