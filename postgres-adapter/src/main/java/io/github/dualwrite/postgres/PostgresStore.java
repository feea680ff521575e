package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * A PostgreSQL database as a store, through a {@code DataSource} that the caller owns and configures. Immutable and safe for
 * use by many threads.
 *
 * <p>The {@code DataSource} must hand out connections with auto-commit on: a single write is one statement that commits itself,
 * in one round trip. Inside a transaction of the caller use {@code repository.within(JdbcTransaction.of(…))}.
 */
public final class PostgresStore<K, V> implements AuthorityStore<K, V> {

    private final DataSource dataSource;
    private final PostgresMapping<K, V> mapping;
    private final DualwriteSchema schema;

    private PostgresStore(DataSource dataSource, PostgresMapping<K, V> mapping, DualwriteSchema schema) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.mapping = Objects.requireNonNull(mapping, "mapping");
        this.schema = Objects.requireNonNull(schema, "schema");
    }

    /** A store with Dualwrite's objects under their default names. */
    public static <K, V> PostgresStore<K, V> of(DataSource dataSource, PostgresMapping<K, V> mapping) {
        return new PostgresStore<>(dataSource, mapping, DualwriteSchema.defaults());
    }

    /** The same store with Dualwrite's objects under other names. */
    public PostgresStore<K, V> schema(DualwriteSchema schema) {
        return new PostgresStore<>(dataSource, mapping, schema);
    }

    @Override
    public Authority<K, V> openAuthority(StoreContext context) {
        String description = mapping instanceof TableMapping<?, ?> table
                ? "PostgreSQL table " + (table.schema() == null ? "" : table.schema() + ".") + table.table()
                : "PostgreSQL aggregate " + ((AggregateMapping<?, ?>) mapping).description();
        SqlErrors errors = new SqlErrors(context.repository(), description);
        Sessions sessions = new OwnSessions(dataSource, errors);
        Access<K, V> access = sessions.statement(Operation.OPEN, List.of(), connection -> {
            SchemaCheck.check(connection, schema, errors);
            return mapping instanceof TableMapping<K, V> table
                    ? new TableAccess<>(table, TableLayout.read(connection, table, errors), schema, context, errors)
                    : new AggregateAccess<>((AggregateMapping<K, V>) mapping, schema, context, errors);
        });
        return new PostgresAuthority<>(description, access, sessions, schema, context, errors);
    }
}
