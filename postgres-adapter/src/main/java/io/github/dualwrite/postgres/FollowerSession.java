package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** All calls on one connection with auto-commit on, which somebody else opened and will close. */
final class FollowerSession implements Sessions {

    /**
     * Ends a transaction whose client has vanished, and with it the locks, about when its statement would have timed out. The second one is
     * for a server that waits inside a statement, as COPY does.
     */
    private static final String WHILE_THE_CLIENT_LIVES = "; SET LOCAL idle_in_transaction_session_timeout = '%ds';"
            + " SET LOCAL tcp_keepalives_idle = 10; SET LOCAL tcp_keepalives_interval = 5;"
            + " SET LOCAL tcp_keepalives_count = 4";

    /** The same for a transaction of one round trip, as a part of a query: that has no time in which it is idle. */
    static final String WHILE_THE_HOST_LIVES = "set_config('tcp_keepalives_idle', '10', true),"
            + " set_config('tcp_keepalives_interval', '5', true), set_config('tcp_keepalives_count', '4', true)";

    private final Connection connection;
    private final SqlErrors errors;
    private final int timeoutSeconds;
    private final BooleanSupplier givenUp;

    FollowerSession(Connection connection, SqlErrors errors, int timeoutSeconds, BooleanSupplier givenUp) {
        this.connection = connection;
        this.errors = errors;
        this.timeoutSeconds = timeoutSeconds;
        this.givenUp = givenUp;
    }

    /** A statement that ends by the session's time-out. */
    PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setQueryTimeout(timeoutSeconds);
        return statement;
    }

    @Override
    public <T> T statement(Operation operation, Collection<?> keys, SqlWork<T> work) {
        try {
            if (givenUp.getAsBoolean()) {
                throw new CancellationException("nobody waits for it any more");
            }
            return work.run(connection);
        } catch (SQLException e) {
            throw errors.translate(operation, keys, e, true);
        } catch (MappingException e) {
            throw errors.refused(operation, keys, e);
        }
    }

    @Override
    public <T> T transaction(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return changing("", operation, keys, work);
    }

    /** The same, with an error instead of a change that leaves out rows which row security hides. */
    <T> T unfiltered(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return changing("; SET LOCAL row_security = off", operation, keys, work);
    }

    private <T> T changing(String more, Operation operation, Collection<?> keys, SqlWork<T> work) {
        return inTransaction(
                "SET TRANSACTION ISOLATION LEVEL READ COMMITTED" + more
                        + WHILE_THE_CLIENT_LIVES.formatted(timeoutSeconds),
                operation,
                keys,
                work);
    }

    @Override
    public <T> T snapshot(Operation operation, Collection<?> keys, SqlWork<T> work) {
        return inTransaction(SNAPSHOT, operation, keys, work);
    }

    @Override
    public DualWriteException tookEffect(
            Operation operation, Collection<?> keys, String problem, @Nullable Throwable cause) {
        return errors.permanent(operation, keys, problem, cause);
    }

    private <T> T inTransaction(String settings, Operation operation, Collection<?> keys, SqlWork<T> work) {
        return statement(operation, keys, open -> {
            boolean committed = false;
            open.setAutoCommit(false);
            try {
                try (Statement statement = open.createStatement()) {
                    statement.setQueryTimeout(timeoutSeconds);
                    statement.execute(settings);
                }
                T result = work.run(open);
                Transactions.commit(open);
                committed = true;
                return result;
            } finally {
                Transactions.reset(open, committed);
            }
        });
    }
}
