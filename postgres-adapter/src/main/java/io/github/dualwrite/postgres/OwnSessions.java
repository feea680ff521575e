package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Each call on a connection of its own from the caller's {@code DataSource}. */
final class OwnSessions implements Sessions {

    private static final Logger log = LoggerFactory.getLogger(OwnSessions.class);

    private final DataSource dataSource;
    private final SqlErrors errors;

    OwnSessions(DataSource dataSource, SqlErrors errors) {
        this.dataSource = dataSource;
        this.errors = errors;
    }

    @Override
    public <T> T statement(Operation operation, Collection<?> keys, SqlWork<T> work) {
        Connection connection = connect(operation, keys);
        try {
            return work.run(connection);
        } catch (SQLException e) {
            // the statement commits itself: a lost answer hides whether it did
            throw errors.translate(operation, keys, e, true);
        } finally {
            close(connection);
        }
    }

    @Override
    public <T> T transaction(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return withoutAutoCommit(operation, keys, Connection.TRANSACTION_READ_COMMITTED, false, work);
    }

    @Override
    public <T> T snapshot(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return withoutAutoCommit(operation, keys, Connection.TRANSACTION_REPEATABLE_READ, true, work);
    }

    @Override
    public DualWriteException unreadable(Operation operation, Collection<?> keys, Exception cause) {
        return new OutcomeUnknownException(
                errors.context(operation, keys),
                "the write is committed, but the stored row cannot be made into a record: " + cause.getMessage(),
                cause);
    }

    private <T> T withoutAutoCommit(
            Operation operation, Collection<?> keys, int isolation, boolean readOnly, SqlWork<T> work) {
        Connection connection = connect(operation, keys);
        boolean committing = false;
        try {
            if (connection.getTransactionIsolation() != isolation) {
                connection.setTransactionIsolation(isolation);
            }
            connection.setReadOnly(readOnly);
            connection.setAutoCommit(false);
            T result = work.run(connection);
            committing = true;
            connection.commit();
            return result;
        } catch (SQLException e) {
            rollback(connection, e);
            throw errors.translate(operation, keys, e, committing);
        } catch (RuntimeException | Error e) {
            rollback(connection, e);
            throw e;
        } finally {
            restore(connection);
            close(connection);
        }
    }

    private static void rollback(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** A pool resets what was changed; a plain connection ends here. Only auto-commit must not stay off in either. */
    private static void restore(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            log.debug("a connection could not be restored; its pool will discard it", e);
        }
    }

    private Connection connect(Operation operation, Collection<?> keys) {
        Connection connection;
        try {
            connection = dataSource.getConnection();
        } catch (SQLException e) {
            throw errors.connecting(operation, keys, e);
        }
        boolean refused = true;
        try {
            if (connection.getAutoCommit()) {
                refused = false;
                return connection;
            }
        } catch (SQLException e) {
            throw errors.connecting(operation, keys, e);
        } finally {
            if (refused) {
                close(connection);
            }
        }
        throw errors.configuration(
                operation,
                "the DataSource hands out connections with auto-commit off. If its pool is configured so, switch"
                        + " auto-commit on; if it is bound to a running transaction, use repository.within(…)",
                null);
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            log.debug("a connection could not be closed", e);
        }
    }
}
