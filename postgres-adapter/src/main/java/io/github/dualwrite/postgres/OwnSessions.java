package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
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
        } catch (MappingException e) {
            throw errors.refused(operation, keys, e);
        } finally {
            close(connection);
        }
    }

    @Override
    public <T> T transaction(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return inTransaction("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", operation, keys, work);
    }

    @Override
    public <T> T snapshot(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return inTransaction(SNAPSHOT, operation, keys, work);
    }

    @Override
    public DualWriteException tookEffect(
            Operation operation, Collection<?> keys, String problem, @Nullable Throwable cause) {
        return new OutcomeUnknownException(
                errors.context(operation, keys), "the write is committed, but " + problem, cause);
    }

    /** Sets what the transaction needs for the transaction alone: not every pool resets what is set for a session. */
    private <T> T inTransaction(String settings, Operation operation, Collection<?> keys, SqlWork<T> work) {
        Connection connection = connect(operation, keys);
        boolean committing = false;
        boolean committed = false;
        try {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute(settings);
            }
            T result = work.run(connection);
            committing = true;
            Transactions.commit(connection);
            committed = true;
            return result;
        } catch (SQLException e) {
            throw errors.translate(operation, keys, e, committing);
        } catch (MappingException e) {
            throw errors.refused(operation, keys, e);
        } catch (Throwable e) { // a pool's connection may throw any
            if (committing) {
                throw errors.committing(operation, keys, e);
            }
            throw e;
        } finally {
            Transactions.end(connection, committed);
        }
    }

    /** A connection with auto-commit on, which the caller of this method closes. */
    Connection connect(Operation operation, Collection<?> keys) {
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
                "the DataSource hands out connections with auto-commit off. If it is bound to a running transaction, use"
                        + " repository.within(…). If its pool is configured so, give this store a DataSource that switches auto-commit"
                        + " on, or switch it on in the pool if nobody else relies on that (Hibernate does where"
                        + " provider_disables_autocommit is true: take back both)",
                null);
    }

    /** What fails here neither hides an error nor makes a commit look like one. */
    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException | RuntimeException e) { // a pool's connection may throw either
            log.debug("a connection could not be closed", Transactions.cause(e));
        }
    }
}
