package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.WithheldException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a transaction of our own begins and ends. */
final class Transactions {

    private static final Logger log = LoggerFactory.getLogger(Transactions.class);

    /** The SQLSTATE of each statement in a transaction in which one has failed. */
    static final String FAILED = "25P02";

    private Transactions() {}

    /**
     * A connection with auto-commit on, on which therefore no transaction of others runs: that of a transaction manager, which some
     * data sources hand out, would be committed with ours.
     *
     * @param instead what to do if it is off
     * @throws IllegalStateException if it is off; nothing is changed
     */
    static Connection free(DataSource dataSource, String instead) throws SQLException {
        Connection connection = dataSource.getConnection();
        boolean free = false;
        try {
            free = connection.getAutoCommit();
        } finally {
            if (!free) {
                connection.close();
            }
        }
        if (!free) {
            throw new IllegalStateException("the DataSource hands out connections with auto-commit off; " + instead);
        }
        return connection;
    }

    /** Begins a transaction on a {@linkplain #free free} connection. */
    static Connection begin(DataSource dataSource, String instead) throws SQLException {
        Connection connection = free(dataSource, instead);
        boolean begun = false;
        try {
            connection.setAutoCommit(false);
            begun = true;
            return connection;
        } finally {
            if (!begun) {
                connection.close();
            }
        }
    }

    /**
     * Commits. The server answers the commit of a transaction in which a statement has failed by rolling it back, and the driver takes that answer for
     * a commit: where somebody has swallowed the error, this throws it again. Then nothing is committed.
     */
    static void commit(Connection connection) throws SQLException {
        if (hasFailed(connection)) {
            throw new SQLException(
                    "a statement of this transaction has failed and its error was swallowed, so that PostgreSQL would roll back instead of"
                            + " committing; let SQLExceptions pass, or roll back to a savepoint",
                    FAILED);
        }
        connection.commit();
    }

    private static boolean hasFailed(Connection connection) throws SQLException {
        if (connection.isWrapperFor(BaseConnection.class)) {
            return connection.unwrap(BaseConnection.class).getTransactionState() == TransactionState.FAILED;
        }
        try (Statement statement = connection.createStatement()) { // a pool that hides the driver's connection
            statement.execute("SELECT 1");
            return false;
        } catch (SQLException e) {
            if (FAILED.equals(e.getSQLState())) {
                return true;
            }
            throw e;
        }
    }

    /**
     * Rolls back what is not committed, whatever was thrown: switching auto-commit on would commit it. Then gives the
     * connection back. What fails here neither hides an error nor makes a commit look like one; a pool discards a broken
     * connection, and the server rolls back what a lost connection left open.
     */
    static void end(Connection connection, boolean committed) {
        try (connection) {
            if (!committed) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        } catch (SQLException | RuntimeException e) { // a pool's connection may throw either
            log.debug("a connection could not be given back", cause(e));
        }
    }

    /** The same, but the connection is still needed. */
    static void reset(Connection connection, boolean committed) {
        try {
            if (!committed) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        } catch (SQLException | RuntimeException e) {
            log.debug("a transaction could not be ended", cause(e));
        }
    }

    /** An error of a connection without what may carry values. */
    static Throwable cause(Exception e) {
        return e instanceof SQLException sql ? SqlCause.of(sql) : WithheldException.of(e);
    }
}
