package io.github.dualwrite.examples.livemigration;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * The schema in PostgreSQL that is this program's own, marked by a comment. A lock of the session keeps a second run away; it
 * ends with this object.
 */
final class PostgresGround implements AutoCloseable {

    private static final long LOCK = 0x6c6976656d696772L;

    private static final String DDL = String.join(
            ";",
            "CREATE SCHEMA " + Names.SCHEMA,
            "COMMENT ON SCHEMA " + Names.SCHEMA + " IS '" + Names.MARK + "'",
            "CREATE TYPE " + Names.SCHEMA + ".tier AS ENUM ('FREE', 'PLUS', 'BUSINESS')",
            "CREATE TABLE " + Names.CUSTOMERS + " ("
                    + "id uuid PRIMARY KEY, "
                    + "name text NOT NULL, "
                    + "email text NOT NULL, "
                    + "tier " + Names.SCHEMA + ".tier NOT NULL, "
                    + "balance numeric(12, 2) NOT NULL, "
                    + "score double precision NOT NULL, "
                    + "loyalty_points integer, "
                    + "newsletter boolean NOT NULL, "
                    + "created_at timestamptz NOT NULL, "
                    + "last_order_at timestamptz, "
                    + "birth_date date, "
                    + "preferences jsonb NOT NULL, "
                    + "tags text[] NOT NULL, "
                    + "note text, "
                    + "revision bigint NOT NULL)",
            "CREATE INDEX ON " + Names.CUSTOMERS + " (email)");

    private final DataSource dataSource;
    private final Connection connection;
    private boolean leftover;
    private boolean made;

    /**
     * Looks at what is there and changes nothing.
     *
     * @throws UsageException if the schema is somebody else's, or another run is under way
     */
    PostgresGround(DataSource dataSource) throws SQLException {
        this.dataSource = dataSource;
        this.connection = dataSource.getConnection();
        try {
            look();
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void look() throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_try_advisory_lock(?)")) {
            lock.setLong(1, LOCK);
            try (ResultSet row = lock.executeQuery()) {
                if (!row.next() || !row.getBoolean(1)) {
                    throw new UsageException("another run of this program works on this PostgreSQL; wait for its end");
                }
            }
        }
        leftover = isThere(connection);
    }

    /**
     * Whether an earlier run left the schema, or one that is under way made it.
     *
     * @throws UsageException if it is somebody else's
     */
    static boolean isThere(DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return isThere(connection);
        }
    }

    private static boolean isThere(Connection connection) throws SQLException {
        try (PreparedStatement find = connection.prepareStatement(
                "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = ?")) {
            find.setString(1, Names.SCHEMA);
            try (ResultSet row = find.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                if (Names.MARK.equals(row.getString(1))) {
                    return true;
                }
                throw new UsageException("PostgreSQL has a schema " + Names.SCHEMA
                        + " that this program did not make; it does not touch it. Rename or remove it,"
                        + " or use another database");
            }
        }
    }

    /** Makes the schema, in place of one that an earlier run left. */
    void make() throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            if (leftover) {
                statement.execute("DROP SCHEMA " + Names.SCHEMA + " CASCADE");
            }
            statement.execute(DDL);
            connection.commit();
            made = true;
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
        Repositories.schema().install(dataSource);
    }

    /** Removes the schema, if this object made it. */
    void remove() throws SQLException {
        if (made) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("DROP SCHEMA " + Names.SCHEMA + " CASCADE");
                made = false;
            }
        }
    }

    @Override
    public void close() throws SQLException {
        try (connection;
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_unlock(" + LOCK + ")"); // the pool may keep the session
        }
    }
}
