package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordFields;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL database as a store, through a {@code DataSource} that the caller owns and configures. Immutable and safe for
 * use by many threads.
 *
 * <p>The {@code DataSource} must hand out connections with auto-commit on: a single write is one statement that commits itself,
 * in one round trip. Inside a transaction of the caller use {@code repository.within(JdbcTransaction.of(…))}.
 *
 * <p><b>As follower</b> it keeps the applied version of each key in a table of its own beside the mapped one, and changes record and
 * version in one atomic unit and one round trip, for a single record as for a batch; a mapping by hand takes a transaction of
 * several round trips. A record that the tables refuse for good is found by halving its batch; the others are applied.
 * Calls run on other threads than the caller's. A call that is given up is cancelled on the server; if it takes effect
 * nevertheless, that is harmless, because its version is compared like any other.
 */
public final class PostgresStore<K, V> implements AuthorityStore<K, V>, FollowerStore<K, V> {

    private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);

    private final DataSource dataSource;
    private final PostgresMapping<K, V> mapping;
    private final DualwriteSchema schema;
    private final @Nullable Executor followerExecutor;
    private final Duration followerStatementTimeout;

    private PostgresStore(
            DataSource dataSource,
            PostgresMapping<K, V> mapping,
            DualwriteSchema schema,
            @Nullable Executor followerExecutor,
            Duration followerStatementTimeout) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.mapping = Objects.requireNonNull(mapping, "mapping");
        this.schema = Objects.requireNonNull(schema, "schema");
        this.followerExecutor = followerExecutor;
        this.followerStatementTimeout = followerStatementTimeout;
    }

    /** A store with Dualwrite's objects under their default names. */
    public static <K, V> PostgresStore<K, V> of(DataSource dataSource, PostgresMapping<K, V> mapping) {
        return new PostgresStore<>(dataSource, mapping, DualwriteSchema.defaults(), null, STATEMENT_TIMEOUT);
    }

    /** The same store with Dualwrite's objects under other names. */
    public PostgresStore<K, V> schema(DualwriteSchema schema) {
        return new PostgresStore<>(dataSource, mapping, schema, followerExecutor, followerStatementTimeout);
    }

    /**
     * The same store, whose calls as a follower run on the given executor. It must let as many run at once as there are
     * connections for them, and may reject: that is a transient failure. The caller owns it. Default: up to 16 daemon threads for
     * each repository that end when they have had nothing to do for 10 s.
     */
    public PostgresStore<K, V> followerExecutor(Executor executor) {
        return new PostgresStore<>(
                dataSource, mapping, schema, Objects.requireNonNull(executor, "executor"), followerStatementTimeout);
    }

    /**
     * The same store, with the longest time that a statement of the follower may take. The deadlines of the repository usually
     * end it earlier; this one gives connection and thread back even if the server or the network says nothing any more.
     * Whole seconds. Default: 30 s.
     *
     * <p>It goes for the splits and pages of a scan too, but not for what may rightly read for long: digests made inside the server, the
     * pages of buckets that differ, and what a mapping by hand loads for a scan. For these set {@code lock_timeout} and the driver's {@code
     * socketTimeout}.
     *
     * @throws IllegalArgumentException if it is shorter than a second or longer than a day
     */
    public PostgresStore<K, V> followerStatementTimeout(Duration timeout) {
        if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("followerStatementTimeout must be from 1 s to 1 day, not " + timeout);
        }
        return new PostgresStore<>(dataSource, mapping, schema, followerExecutor, timeout);
    }

    private String description() {
        return mapping instanceof TableMapping<?, ?> table
                ? "PostgreSQL table " + (table.schema() == null ? "" : table.schema() + ".") + table.table()
                : "PostgreSQL aggregate " + ((AggregateMapping<?, ?>) mapping).description();
    }

    @Override
    public Authority<K, V> openAuthority(StoreContext context) {
        String description = description();
        SqlErrors errors = new SqlErrors(context.repository(), description, schema);
        Sessions sessions = new OwnSessions(dataSource, errors);
        Access<K, V> access = sessions.statement(Operation.OPEN, List.of(), connection -> {
            SchemaCheck.check(connection, schema, errors);
            if (!(mapping instanceof TableMapping<K, V> table)) {
                return new AggregateAccess<>((AggregateMapping<K, V>) mapping, schema, context, errors);
            }
            TableLayout read = TableLayout.read(connection, table, errors);
            ForeignActions.check(connection, table, read, schema, context, errors);
            return new LiveTable<>(
                    table, read, layout -> new TableAccess<>(table, layout, schema, context, errors), sessions, errors);
        });
        return new PostgresAuthority<>(
                description, access, scan(sessions, errors, null), sessions, schema, context, errors);
    }

    @Override
    public Optional<RecordFields<V>> fields() {
        return mapping instanceof TableMapping<K, V> table ? Optional.of(table.fields()) : Optional.empty();
    }

    @Override
    public Follower<K, V> openFollower(StoreContext context) {
        SqlErrors errors = new SqlErrors(context.repository(), description(), schema);
        Following<K, V> following = mapping instanceof TableMapping<K, V> table
                ? new TableFollowing<>(table, schema, context, errors, System::nanoTime)
                : new AggregateFollowing<>((AggregateMapping<K, V>) mapping, schema, context, errors);
        FollowerCalls calls =
                new FollowerCalls(dataSource, errors, followerExecutor, followerStatementTimeout, context.repository());
        return new PostgresFollower<>(
                description(),
                following,
                calls,
                scan(new OwnSessions(dataSource, errors), errors, followerStatementTimeout),
                schema,
                errors,
                context.repository());
    }

    private Optional<RecordScan<K, V>> scan(Sessions sessions, SqlErrors errors, @Nullable Duration timeout) {
        if (mapping instanceof TableMapping<K, V> table) {
            return Optional.of(new TableScan<>(table, sessions, errors, timeout));
        }
        AggregateMapping<K, V> aggregate = (AggregateMapping<K, V>) mapping;
        return aggregate
                .keyTable()
                .map(table -> new AggregateScan<>(
                        aggregate, new TableScan<>(table, sessions, errors, timeout), sessions, errors));
    }
}
