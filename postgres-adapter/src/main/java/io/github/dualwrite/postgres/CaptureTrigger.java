package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Triggers that make keys pending for every insert, update, delete and truncate of a table, whoever issues it: for writers that do
 * not use the library, such as older versions of the application during a rolling deployment, batch jobs and manual SQL.
 *
 * <p>The pending write is part of the writer's transaction and due at once: nobody else is bringing it to the follower. Writes of
 * the library cost no second version, except where the key's entry was made in an outer part of the transaction than the one that
 * changes the row (a savepoint), and on tables with a foreign key {@code ON UPDATE CASCADE} or {@code SET}: there each draws one
 * more version, which is harmless; so does each row that comes or goes inside a savepoint on a partitioned table, once its transaction
 * has begun an update. Repositories need not be told: triggers can come and go while they are open.
 *
 * <p>Installing and uninstalling need the owner of the table, who also needs what the {@linkplain io.github.dualwrite.postgres
 * package} says about Dualwrite's own objects; writers need no privilege on those. Writers at {@code REPEATABLE READ} and {@code
 * SERIALIZABLE} must be ready to run again: a reconciler that changes the pending write of their key after their snapshot was taken ends them
 * with SQLSTATE 40001. PostgreSQL 14 or newer. Immutable and safe for use by many threads.
 */
public final class CaptureTrigger {

    private static final long INSTALL_LOCK = 0x6475616c63617074L;

    /** For {@code CREATE OR REPLACE TRIGGER}. */
    private static final int OLDEST_SERVER = 14;

    private final DualwriteSchema schema;
    private final @Nullable TableMapping<?, ?> mapping;
    private final List<CaptureSql.KeyColumn> keys;
    private final CaptureSql sql;
    private final SqlErrors errors;

    private CaptureTrigger(
            DualwriteSchema schema,
            String repository,
            TableMapping.Target table,
            List<CaptureSql.KeyColumn> keys,
            @Nullable TableMapping<?, ?> mapping) {
        this.schema = Objects.requireNonNull(schema, "schema");
        this.mapping = mapping;
        this.keys = List.copyOf(keys);
        this.sql =
                new CaptureSql(schema, Objects.requireNonNull(repository, "repository"), table, keys, mapping != null);
        this.errors = new SqlErrors(repository, "PostgreSQL table " + sql.tableName(), schema);
    }

    /** Captures writes of a mapped table, where each row is one record. */
    public static CaptureTrigger of(DualwriteSchema schema, TableMapping<?, ?> mapping, String repository) {
        return new CaptureTrigger(
                schema,
                repository,
                new TableMapping.Target(mapping.schema(), mapping.table()),
                mapping.keyColumns().stream()
                        .map(column -> new CaptureSql.KeyColumn(column.name(), column.type()))
                        .toList(),
                mapping);
    }

    /**
     * Captures writes of one of the tables of an {@link AggregateMapping}: rows that belong to a record under the key that some
     * of their columns hold, for example {@code address.customer_id}. A row that moves to another record makes both pending;
     * a row in which one of these columns is {@code NULL} belongs to no record.
     *
     * <p>Every table of the aggregate needs one, that of the root included.
     *
     * @param table {@code table} or {@code schema.table}, unquoted, in the case in which PostgreSQL has it
     */
    public static Builder part(DualwriteSchema schema, String repository, String table) {
        return new Builder(schema, repository, TableMapping.Target.of(table));
    }

    /** Collects the columns that hold the key. Not safe for use by many threads. */
    public static final class Builder {
        private final DualwriteSchema schema;
        private final String repository;
        private final TableMapping.Target table;
        private final List<CaptureSql.KeyColumn> keys = new ArrayList<>();

        Builder(DualwriteSchema schema, String repository, TableMapping.Target table) {
            this.schema = schema;
            this.repository = repository;
            this.table = table;
        }

        /**
         * A column that is part of the key, in the order of its parts. {@link AggregateMapping#encodeKey} must give the same text
         * as this column type: numbers and texts as they are, several parts joined by {@code |} with {@code ~} written {@code ~0}
         * and {@code |} written {@code ~1} inside a part.
         */
        public Builder key(String column, ColumnType<?> type) {
            if (!type.usableAsKey()) {
                throw new IllegalArgumentException("column " + column + " of type " + type
                        + " cannot be part of a key: equal values of this type can have different texts");
            }
            keys.add(new CaptureSql.KeyColumn(Objects.requireNonNull(column, "column"), type));
            return this;
        }

        /** The trigger. */
        public CaptureTrigger build() {
            if (keys.isEmpty()) {
                throw new IllegalArgumentException(
                        "table " + table.table() + ": no column is said to hold the key; call key(…)");
            }
            return new CaptureTrigger(schema, repository, table, keys, null);
        }
    }

    /**
     * What {@link #install} executes after its checks, for Flyway, Liquibase or a look at it. May run again without harm; a table
     * that is named without its schema is looked up on the {@code search_path} of the session. Name the schema where several
     * have a table of that name: the triggers' names and functions belong to repository, schema and table as they are given here.
     */
    public String sql() {
        return sql.install();
    }

    /** What {@link #uninstall} executes after its check. */
    public String uninstallSql() {
        return sql.uninstall();
    }

    /**
     * Installs the triggers, or replaces those of another version of Dualwrite or of another key, in one transaction. Does nothing
     * and waits for nobody if they are active already.
     *
     * <p>Needs a {@code SHARE ROW EXCLUSIVE} lock on the table for a moment. It waits for transactions that have written to it, and
     * writers that come later wait behind it: {@code lockWait} bounds both. When it returns, every write of a transaction that
     * had not written yet is captured, and all others are committed or rolled back.
     *
     * @throws ConfigurationException if the table has no unique key on exactly the mapped key columns, does not fit otherwise, or
     *     a privilege is missing; nothing is changed then
     * @throws TransientStoreException if the lock was not to be had within {@code lockWait}, naming who holds it; nothing is changed
     *     then
     */
    public void install(DataSource dataSource, Duration lockWait) {
        change(
                dataSource,
                lockWait,
                connection -> {
                    long table = check(connection);
                    return !new CaptureCatalog(sql).status(connection, table).active();
                },
                sql.install());
    }

    /**
     * Removes the triggers and their functions, in one transaction. Does nothing if there are none. From its commit on only the
     * library's own writes make keys pending.
     *
     * <p>Refuses to where a write of the library changes other rows of the table by a foreign key ({@code ON DELETE CASCADE}, for instance), because a
     * repository that is open would lose these from then on. When none writes to the table any more, run {@link #uninstallSql}.
     *
     * @throws ConfigurationException if there is such a foreign key of a {@linkplain #of mapped table}; nothing is changed then
     * @throws IllegalStateException if the data source hands out a connection with auto-commit off
     * @throws TransientStoreException if the table's lock was not to be had within {@code lockWait}; nothing is changed then
     */
    public void uninstall(DataSource dataSource, Duration lockWait) {
        change(
                dataSource,
                lockWait,
                connection -> {
                    checkNotNeeded(connection);
                    return true;
                },
                sql.uninstall());
    }

    /** A repository looks at this only when it is built. */
    private void checkNotNeeded(Connection connection) throws SQLException {
        Optional<Long> table = CaptureCatalog.find(connection, sql.tableName());
        if (mapping == null
                || table.isEmpty()
                || new CaptureCatalog(sql).status(connection, table.get()).state() == CaptureStatus.State.ABSENT) {
            return;
        }
        List<String> needed =
                ForeignActions.find(connection, mapping, sql.tableName()).own();
        if (!needed.isEmpty()) {
            throw errors.configuration(
                    Operation.OPEN,
                    "capture stays installed: a write of table " + sql.tableName()
                            + " changes other rows of it by a foreign key (" + String.join(", ", needed)
                            + "), and without capture these would not reach the secondary; give it NO ACTION before, or,"
                            + " when the library writes to this table no more, run what uninstallSql() gives",
                    null);
        }
    }

    /** Looks into the catalog whether every write is captured. Any role may ask. */
    public CaptureStatus status(DataSource dataSource) {
        try (Connection connection = dataSource.getConnection()) {
            return status(connection);
        } catch (SQLException e) {
            throw errors.translate(Operation.OPEN, List.of(), e, false);
        }
    }

    CaptureStatus status(Connection connection) throws SQLException {
        return new CaptureCatalog(sql).status(connection, table(connection));
    }

    /** Whether the actions of the table's foreign keys are captured, whatever else a {@link #status} has to say. */
    boolean captures(Connection connection) throws SQLException {
        return new CaptureCatalog(sql).captures(connection, table(connection));
    }

    private void change(DataSource dataSource, Duration lockWait, SqlWork<Boolean> needed, String ddl) {
        if (lockWait.compareTo(Duration.ofMillis(1)) < 0 || lockWait.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("lockWait must be from 1 ms to 1 day, not " + lockWait);
        }
        Connection connection;
        try {
            connection = Transactions.begin(
                    dataSource,
                    "triggers are installed in a transaction of their own: give the pool itself, with auto-commit on");
        } catch (SQLException e) {
            throw errors.connecting(Operation.OPEN, List.of(), e);
        }
        boolean committed = false;
        try {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = " + lockWait.toMillis());
                statement.execute("SELECT pg_advisory_xact_lock(" + INSTALL_LOCK + ")");
                if (needed.run(connection)) {
                    statement.execute(ddl);
                }
            }
            Transactions.commit(connection);
            committed = true;
        } catch (SQLException e) {
            throw "55P03".equals(e.getSQLState()) ? blocked(connection, lockWait, e) : refused(e);
        } finally {
            Transactions.end(connection, committed);
        }
    }

    /** What is wrong with a server of such a version; empty if nothing is. */
    static Optional<String> tooOld(int majorVersion) {
        return majorVersion >= OLDEST_SERVER
                ? Optional.empty()
                : Optional.of("the server is PostgreSQL " + majorVersion + ", and capture needs " + OLDEST_SERVER
                        + " or newer; upgrade it, or name the keys of such writes in their transaction (markPending)");
    }

    private long check(Connection connection) throws SQLException {
        Optional<String> old = tooOld(connection.getMetaData().getDatabaseMajorVersion());
        if (old.isPresent()) {
            throw errors.configuration(Operation.OPEN, "cannot capture writes: " + old.get(), null);
        }
        SchemaCheck.check(connection, schema, errors);
        if (mapping != null) {
            TableLayout.read(connection, mapping, errors);
        }
        long table = table(connection);
        List<String> faults = new CaptureCatalog(sql).faults(connection, table, keys);
        if (!faults.isEmpty()) {
            throw errors.configuration(Operation.OPEN, "cannot capture writes: " + String.join("; ", faults), null);
        }
        return table;
    }

    private long table(Connection connection) throws SQLException {
        return CaptureCatalog.find(connection, sql.tableName())
                .orElseThrow(() -> errors.configuration(
                        Operation.OPEN,
                        "table " + sql.tableName()
                                + " does not exist, or the role may not see it; check its name and its"
                                + " case, the schema, and the search_path",
                        null));
    }

    private DualWriteException refused(SQLException e) {
        return errors.translate(Operation.OPEN, List.of(), e, false);
    }

    private TransientStoreException blocked(Connection connection, Duration lockWait, SQLException e) {
        String holders;
        try {
            connection.rollback();
            holders = CaptureCatalog.lockHolders(connection, sql.tableName());
        } catch (SQLException lookup) {
            e.addSuppressed(lookup);
            holders = "";
        }
        return new TransientStoreException(
                errors.context(Operation.OPEN, List.of()),
                "the lock on table " + sql.tableName() + " was not to be had within " + lockWait
                        + ", nothing is changed" + (holders.isEmpty() ? "" : "; it is held by " + holders)
                        + "; try again when these transactions have ended",
                e);
    }
}
