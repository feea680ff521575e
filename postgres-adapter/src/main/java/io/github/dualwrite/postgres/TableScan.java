package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.KeyBounds;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a mapped table in the order of its key, each page by one statement of its own that locks nothing and sees one snapshot (where the
 * driver sends statements one by one, in a transaction). The SQL is in
 * {@link ScanStatements}, what becomes of a row in {@link ScannedRows}.
 */
final class TableScan<K, V> implements RecordScan<K, V> {

    /** Blocks hold neighbours, so it takes many of them to see the whole: this bounds the error of a share to some per cent. */
    private static final int BLOCKS = 2000;

    private static final int BLOCKS_FOR_EACH_SPLIT = 200;

    private final TableMapping<K, V> mapping;
    private final Sessions sessions;
    private final SqlErrors errors;
    private final @Nullable Duration timeout;
    private final Selection selection;

    /** Read by the first call, because a follower need not be there before; read again after it did not fit. */
    private volatile @Nullable Opened<K, V> opened;

    /** Whether the driver sends statements one by one, so that settings hold for a page only in a transaction. */
    private volatile boolean apart;

    /**
     * A scan of the whole table.
     *
     * @param timeout how long what reads no more than it gives may take; {@code null} for what the connection itself allows
     */
    TableScan(TableMapping<K, V> mapping, Sessions sessions, SqlErrors errors, @Nullable Duration timeout) {
        this(mapping, sessions, errors, timeout, Selection.ALL);
    }

    private TableScan(
            TableMapping<K, V> mapping,
            Sessions sessions,
            SqlErrors errors,
            @Nullable Duration timeout,
            Selection selection) {
        this.mapping = mapping;
        this.sessions = sessions;
        this.errors = errors;
        this.timeout = timeout;
        this.selection = selection;
    }

    /**
     * Which records are read.
     *
     * @param bounds the keys between which they are
     * @param bucket the condition for those of some buckets, with how many there are and which of them; {@code null} for all
     */
    private record Selection(KeyRange bounds, @Nullable String bucket, int buckets, Set<Integer> some) {
        static final Selection ALL = new Selection(KeyRange.ALL, null, 0, Set.of());
    }

    /**
     * What depends on the table as it is.
     *
     * @param ordered one for each order in which it can be read, first the one to cut by
     */
    record Opened<K, V>(TableLayout layout, List<Ordered<K, V>> ordered, String table) {

        Ordered<K, V> usual() {
            return ordered.get(0);
        }

        /** What is left of a split after a position; empty if the table cannot be read in the order in which the split is meant. */
        Optional<Rest<K, V>> known(SqlErrors part, Split split, @Nullable String after) {
            try {
                String order = KeyRange.order(split.range());
                return ordered.stream()
                        .filter(one -> one.order().text().equals(order))
                        .findFirst()
                        .map(one -> new Rest<>(one, one.range(split, after)));
            } catch (IllegalArgumentException e) {
                throw part.configuration(
                        Operation.QUERY,
                        "this split" + (after == null ? "" : " at position " + after) + " is none of table " + table
                                + "; it belongs to another table or mapping, or to an earlier version of this library:"
                                + " begin a new job for this one",
                        e);
            }
        }

        /** The same, if nothing else is known of the table. */
        Rest<K, V> rest(SqlErrors part, Split split, @Nullable String after) {
            return known(part, split, after)
                    .orElseThrow(() -> part.configuration(
                            Operation.QUERY,
                            "table " + table + " was cut in the order of an index on (" + KeyRange.order(split.range())
                                    + ") and has no such index now: create it again, or begin a new job or verification",
                            null));
        }
    }

    /** One order of reading. */
    record Ordered<K, V>(KeyOrder order, ScanStatements sql, ScannedRows<K, V> rows) {

        private KeyRange range(Split split, @Nullable String after) {
            int columns = order.columns().size();
            KeyRange whole = KeyRange.of(split.range(), columns);
            return after == null ? whole : new KeyRange(KeyRange.position(after, columns), whole.upTo());
        }
    }

    /** What is to be read, and in which order. */
    record Rest<K, V>(Ordered<K, V> in, KeyRange range) {}

    @FunctionalInterface
    interface Work<K, V, T> {
        T run(Connection connection, Opened<K, V> table) throws SQLException;
    }

    /** A statement that ends by the time-out. */
    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        if (timeout != null) {
            statement.setQueryTimeout((int) timeout.toSeconds());
        }
        return statement;
    }

    private <T> T briefly(SqlErrors part, Work<K, V, T> work) {
        return onTable(part, limited(work));
    }

    /** Work that ends a little after the time-out, whatever the server or the network does. */
    private <T> Work<K, V, T> limited(Work<K, V, T> work) {
        Duration limit = timeout;
        return limit == null
                ? work
                : (connection, table) -> {
                    NetworkLimit network = NetworkLimit.set(connection, Runnable::run, limit.plus(NetworkLimit.MARGIN));
                    try {
                        return work.run(connection, table);
                    } finally {
                        network.lift();
                    }
                };
    }

    private <T> T onTable(SqlErrors part, Work<K, V, T> work) {
        Opened<K, V> before = opened;
        try {
            return attempt(part, work);
        } catch (PermanentStoreException e) {
            if (before == null || !SqlErrors.valueRefused(e)) {
                throw e;
            }
            opened = null; // a bound that the key's column could not hold as it was: it may have been widened
            return attempt(part, work);
        }
    }

    private <T> T attempt(SqlErrors part, Work<K, V, T> work) {
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

    /** Asks for no more than reading needs: who only scans need not be allowed to write. */
    private TableLayout layout(Connection connection, SqlErrors part) throws SQLException {
        return TableLayout.readOnly(connection, mapping, part);
    }

    private Opened<K, V> opened(Connection connection, SqlErrors part) throws SQLException {
        Opened<K, V> known = opened;
        if (known == null) {
            known = read(connection, part);
            opened = known;
        }
        return known;
    }

    private Opened<K, V> read(Connection connection, SqlErrors part) throws SQLException {
        TableLayout layout = layout(connection, part);
        return new Opened<>(
                layout,
                KeyOrder.usable(connection, mapping, layout, part).stream()
                        .map(order -> new Ordered<>(
                                order, new ScanStatements(mapping, layout, order), new ScannedRows<>(mapping, order)))
                        .toList(),
                Sql.qualified(layout.schema(), layout.table()));
    }

    /** Looks again if another process may have cut by an index that came later. */
    private Rest<K, V> rest(
            Connection connection, Opened<K, V> table, SqlErrors part, Split split, @Nullable String after)
            throws SQLException {
        Optional<Rest<K, V>> known = table.known(part, split, after);
        if (known.isPresent()) {
            return known.get();
        }
        Opened<K, V> again = read(connection, part);
        opened = again;
        return again.rest(part, split, after);
    }

    @Override
    public List<Split> splits(int wanted) {
        if (wanted < 1) {
            throw new IllegalArgumentException("splits must be at least 1, not " + wanted);
        }
        return briefly(errors, (connection, table) -> {
            KeyOrder order = table.usual().order();
            List<Split> splits = new ArrayList<>();
            @Nullable List<String> above = selection.bounds().above();
            for (List<String> bound : bounds(connection, table, wanted)) {
                splits.add(new Split(new KeyRange(above, bound).text(order)));
                above = bound;
            }
            splits.add(new Split(new KeyRange(above, selection.bounds().upTo()).text(order)));
            return splits;
        });
    }

    private List<List<String>> bounds(Connection connection, Opened<K, V> table, int wanted) throws SQLException {
        if (wanted == 1) {
            return List.of();
        }
        long blocks = Math.max(BLOCKS, (long) BLOCKS_FOR_EACH_SPLIT * wanted);
        long pages = blocks(connection, table);
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
        KeyRange within = selection.bounds();
        try (PreparedStatement select = prepare(connection, table.usual().sql().bounds(percentage != null, within))) {
            int next = 1;
            for (int look = 1; look <= 2; look++) {
                if (percentage != null) {
                    select.setDouble(next++, percentage);
                }
                next = bind(select, bind(select, next, within.above()), within.upTo());
            }
            select.setLong(next++, wanted);
            select.setLong(next, wanted);
            List<List<String>> bounds = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    List<String> bound = new ArrayList<>();
                    for (int i = 1; i <= table.usual().order().columns().size(); i++) {
                        bound.add(row.getString(i));
                    }
                    bounds.add(bound);
                }
            }
            return bounds;
        }
    }

    private long blocks(Connection connection, Opened<K, V> table) throws SQLException {
        try (PreparedStatement size = prepare(connection, ScanStatements.SIZE)) {
            size.setString(1, table.table());
            try (ResultSet row = size.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * The table itself, whatever its name: one that was dropped and made again, emptied or rewritten is another one. Indexes are no part of it: each
     * split names its order.
     */
    @Override
    public String form() {
        return inSnapshot(errors, (connection, table) -> {
            try (PreparedStatement select = connection.prepareStatement(ScanStatements.IDENTITY)) {
                select.setString(1, table.table());
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return "table " + row.getString(1) + " "
                            + Sql.list(
                                    mapping.columns(),
                                    column -> column.name() + " "
                                            + table.layout().fact(column.name()).typeName())
                            + " as " + (mapping.knowsComponents() ? mapping.form() : "mapped by hand");
                }
            }
        });
    }

    /** The file that the table's blocks are in: another one after the table was rewritten. */
    static String file(Connection connection, Opened<?, ?> table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT pg_relation_filenode(to_regclass(?))")) {
            select.setString(1, table.table());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return String.valueOf(row.getString(1));
            }
        }
    }

    String file() {
        return briefly(errors, TableScan::file);
    }

    /** How many blocks the table has. */
    long blocks() {
        return briefly(errors, this::blocks);
    }

    /** Whether only a range of keys is read. */
    boolean bounded() {
        return !selection.bounds().all();
    }

    @Override
    public OptionalLong estimatedRecords() {
        if (!selection.equals(Selection.ALL)) {
            return OptionalLong.empty(); // counting them would be to read them
        }
        return briefly(errors, (connection, table) -> {
            try (PreparedStatement size = prepare(connection, ScanStatements.SIZE)) {
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
        Work<K, V, ScanPage<K, V>> all =
                (connection, table) -> page(connection, rest(connection, table, part, split, after), limit);
        Work<K, V, ScanPage<K, V>> reading = selection.bucket() == null ? limited(all) : all;
        if (!apart) {
            Optional<ScanPage<K, V>> page = onTable(
                    part,
                    (connection, table) -> Flight.together(connection)
                            ? Optional.of(reading.run(connection, table))
                            : Optional.empty());
            if (page.isPresent()) {
                return page.get();
            }
            apart = true;
        }
        try {
            return sessions.snapshot(Operation.QUERY, List.of(), connection -> {
                try {
                    return reading.run(connection, opened(connection, part));
                } catch (SQLException e) {
                    throw part.translate(Operation.QUERY, List.of(), e, false);
                }
            });
        } catch (ConfigurationException e) {
            opened = null;
            throw e;
        }
    }

    private ScanPage<K, V> page(Connection connection, Rest<K, V> rest, int limit) throws SQLException {
        KeyRange range = rest.range();
        String sql = rest.in().sql().page(range, selection.bucket());
        try (PreparedStatement select =
                selection.bucket() == null ? prepare(connection, sql) : connection.prepareStatement(sql)) {
            int next = bind(select, bind(select, 1, range.above()), range.upTo());
            if (selection.bucket() != null) {
                select.setInt(next++, selection.buckets());
                select.setArray(next++, SqlArrays.bigint(connection, selection.some(), Integer::longValue));
            }
            select.setInt(next, limit);
            boolean unused = select.execute() && select.getMoreResults();
            try (ResultSet rows = select.getResultSet()) {
                return rest.in().rows().page(rows, limit);
            }
        }
    }

    static int bind(PreparedStatement select, int first, @Nullable List<String> key) throws SQLException {
        int next = first;
        if (key != null) {
            for (String text : key) {
                select.setString(next++, text);
            }
        }
        return next;
    }

    @Override
    public Optional<RecordScan<K, V>> within(KeyBounds<K> bounds) {
        return onTable(
                        errors,
                        (connection, table) -> table.usual().order().asInJava(connection, table.layout(), bounds))
                ? Optional.of(new TableScan<>(
                        mapping,
                        sessions,
                        errors,
                        timeout,
                        new Selection(new KeyRange(texts(bounds.above()), texts(bounds.upTo())), null, 0, Set.of())))
                : Optional.empty();
    }

    private @Nullable List<String> texts(@Nullable K key) {
        if (key == null) {
            return null;
        }
        List<Object> parts = mapping.keyParts(key);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            texts.add(String.valueOf(mapping.keyColumns().get(i).type().text(parts.get(i))));
        }
        return texts;
    }

    @Override
    public Optional<BucketDigests<K, V>> bucketDigests() {
        return digestsWithout(Set.of()).map(digests -> digests);
    }

    /** Digests that leave fields out. */
    Optional<TableDigests<K, V>> digestsWithout(Set<String> fields) {
        return inSnapshot(errors, (connection, table) -> DigestForm.read(connection, mapping, table.layout(), fields))
                .map(form -> new TableDigests<>(this, mapping, errors, form, fields));
    }

    /** The same scan of the records in some buckets. */
    TableScan<K, V> of(DigestForm form, Set<Integer> some, int buckets) {
        return new TableScan<>(
                mapping,
                sessions,
                errors,
                timeout,
                new Selection(selection.bounds(), form.bucket() + " = ANY (?)", buckets, Set.copyOf(some)));
    }

    /** Runs statements in one read-only transaction, on the table as it is then. */
    <T> T inSnapshot(SqlErrors part, Work<K, V, T> work) {
        return sessions.snapshot(Operation.QUERY, List.of(), connection -> {
            try {
                return work.run(connection, read(connection, part));
            } catch (SQLException e) {
                throw part.translate(Operation.QUERY, List.of(), e, false);
            }
        });
    }
}
