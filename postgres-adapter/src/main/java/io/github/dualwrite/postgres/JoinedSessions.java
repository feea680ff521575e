package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** All calls inside the transaction that the caller runs on one connection; never commits and never rolls back. */
final class JoinedSessions implements Sessions {

    private final Connection connection;
    private final SqlErrors errors;

    JoinedSessions(Connection connection, SqlErrors errors) {
        this.connection = connection;
        this.errors = errors;
    }

    @Override
    public <T> T statement(Operation operation, Collection<?> keys, SqlWork<T> work) {
        try {
            if (connection.getAutoCommit()) {
                throw errors.configuration(
                        operation,
                        "the connection of the caller's transaction has auto-commit on, so there is no transaction; call"
                                + " setAutoCommit(false) first",
                        null);
            }
            return work.run(connection);
        } catch (SQLException e) {
            throw errors.translate(operation, keys, e, false); // the commit is the caller's and has not been tried
        } catch (MappingException e) {
            throw errors.refused(operation, keys, e);
        }
    }

    @Override
    public DualWriteException tookEffect(
            Operation operation, Collection<?> keys, String problem, @Nullable Throwable cause) {
        return errors.permanent(
                operation, keys, "the statement took effect in the caller's transaction, but " + problem, cause);
    }

    /**
     * All or nothing also where the caller goes on after an error, which may come from Java and not from the server. Marking changes no
     * record: if that fails, the caller's changes must not become committable without it.
     */
    @Override
    public <T> T transaction(Operation operation, Collection<?> keys, SqlWork<T> work) {
        if (operation == Operation.MARK_PENDING) {
            return statement(operation, keys, work);
        }
        boolean unused = statement(operation, keys, open -> execute(open, "SAVEPOINT dualwrite"));
        try {
            T result = statement(operation, keys, work);
            unused = statement(operation, keys, open -> execute(open, "RELEASE SAVEPOINT dualwrite"));
            return result;
        } catch (Throwable e) {
            undo(e);
            throw e;
        }
    }

    private void undo(Throwable because) {
        try {
            boolean unused = execute(connection, "ROLLBACK TO SAVEPOINT dualwrite; RELEASE SAVEPOINT dualwrite");
        } catch (SQLException e) {
            because.addSuppressed(SqlCause.of(e));
        }
    }

    private static boolean execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.execute(sql);
        }
    }

    @Override
    public <T> T snapshot(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return statement(operation, keys, work);
    }
}
