package io.github.dualwrite.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * The names of Dualwrite's own objects in a database, and their DDL. One set of objects serves any number of repositories.
 * Immutable.
 *
 * <p>The DDL is also on the class path for Flyway or Liquibase, as versioned files in {@code io/github/dualwrite/postgres}, with
 * the placeholders <code>${dualwrite_schema}</code>, <code>${dualwrite_pending_table}</code>, <code>${dualwrite_due_index}</code>,
 * <code>${dualwrite_version_sequence}</code>, <code>${dualwrite_applied_table}</code>,
 * <code>${dualwrite_read_route_table}</code> and <code>${dualwrite_read_route_log}</code>. Every file may run again without harm.
 */
public final class DualwriteSchema {

    private static final List<String> VERSIONS = List.of(
            "V1__dualwrite_pending_write.sql", "V2__dualwrite_applied_version.sql", "V3__dualwrite_read_route.sql");
    private static final long INSTALL_LOCK = 0x6475616c77726974L;

    private final String schema;
    private final String pendingTable;
    private final String versionSequence;
    private final String appliedTable;
    private final String readRouteTable;

    private DualwriteSchema(
            String schema, String pendingTable, String versionSequence, String appliedTable, String readRouteTable) {
        this.schema = schema;
        this.pendingTable = pendingTable;
        this.versionSequence = versionSequence;
        this.appliedTable = appliedTable;
        this.readRouteTable = readRouteTable;
    }

    /**
     * Schema {@code dualwrite} with table {@code pending_write} and sequence {@code version} for an authority, table {@code
     * applied_version} for a follower, and table {@code read_route} with its history {@code read_route_log} for flags.
     */
    public static DualwriteSchema defaults() {
        return new DualwriteSchema("dualwrite", "pending_write", "version", "applied_version", "read_route");
    }

    /** The same with another schema. */
    public DualwriteSchema schema(String schema) {
        return new DualwriteSchema(named(schema), pendingTable, versionSequence, appliedTable, readRouteTable);
    }

    /** The same with another table for pending writes. */
    public DualwriteSchema pendingTable(String pendingTable) {
        return new DualwriteSchema(schema, named(pendingTable), versionSequence, appliedTable, readRouteTable);
    }

    /** The same with another sequence for versions. */
    public DualwriteSchema versionSequence(String versionSequence) {
        return new DualwriteSchema(schema, pendingTable, named(versionSequence), appliedTable, readRouteTable);
    }

    /** The same with another table for the versions that a follower has applied. */
    public DualwriteSchema appliedTable(String appliedTable) {
        return new DualwriteSchema(schema, pendingTable, versionSequence, named(appliedTable), readRouteTable);
    }

    /** The same with another table for read routes; its history is named alike, with {@code _log} at the end. */
    public DualwriteSchema readRouteTable(String readRouteTable) {
        return new DualwriteSchema(schema, pendingTable, versionSequence, appliedTable, named(readRouteTable));
    }

    private static String named(String name) {
        Objects.requireNonNull(name, "name");
        if (name.isBlank() || name.getBytes(StandardCharsets.UTF_8).length > 59) {
            throw new IllegalArgumentException(
                    "a name must have 1 to 59 bytes (PostgreSQL cuts at 63), not '" + name + "'");
        }
        return name;
    }

    /** The DDL with this object's names, in the order in which it has to run. */
    public String ddl() {
        Map<String, String> names = Map.of(
                "${dualwrite_schema}", Sql.quote(schema),
                "${dualwrite_pending_table}", Sql.quote(pendingTable),
                "${dualwrite_due_index}", Sql.quote(pendingTable + "_due"),
                "${dualwrite_version_sequence}", Sql.quote(versionSequence),
                "${dualwrite_applied_table}", Sql.quote(appliedTable),
                "${dualwrite_read_route_table}", Sql.quote(readRouteTable),
                "${dualwrite_read_route_log}", Sql.quote(readRouteTable + "_log"));
        StringBuilder ddl = new StringBuilder();
        for (String version : VERSIONS) {
            String text = resource(version);
            for (Map.Entry<String, String> name : names.entrySet()) {
                text = text.replace(name.getKey(), name.getValue());
            }
            ddl.append(text);
        }
        return ddl.toString();
    }

    /**
     * Creates what does not exist yet, in one transaction. May be called again, also by several processes at once.
     *
     * @throws SQLException if the role lacks a privilege or the database cannot be reached; nothing is changed then
     */
    public void install(DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_advisory_xact_lock(" + INSTALL_LOCK + ")");
                statement.execute(ddl());
                connection.commit();
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(autoCommit);
            }
        }
    }

    String schemaName() {
        return schema;
    }

    String pendingTableName() {
        return pendingTable;
    }

    String sequenceName() {
        return versionSequence;
    }

    /** The qualified and quoted table. */
    String pending() {
        return Sql.qualified(schema, pendingTable);
    }

    /** The qualified and quoted table of what a follower has applied. */
    String applied() {
        return Sql.qualified(schema, appliedTable);
    }

    /** The qualified and quoted sequence. */
    String sequence() {
        return Sql.qualified(schema, versionSequence);
    }

    /** The qualified and quoted table of read routes. */
    String readRoutes() {
        return Sql.qualified(schema, readRouteTable);
    }

    /** The qualified and quoted history of read routes. */
    String readRouteLog() {
        return Sql.qualified(schema, readRouteTable + "_log");
    }

    /** An expression that draws the next version. */
    String nextVersion() {
        return "nextval('" + Sql.qualified(schema, versionSequence).replace("'", "''") + "'::regclass)";
    }

    private static String resource(String name) {
        try (InputStream in = DualwriteSchema.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("resource " + name, e);
        }
    }
}
