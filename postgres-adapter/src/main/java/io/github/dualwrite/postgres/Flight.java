package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;

/**
 * Runs what goes through the gate as one transaction at READ COMMITTED: in one flight where the driver sends statements together and
 * sessions have that level anyway. At a higher one all statements would see what was there before the gate opened; the gate
 * then refuses, and from then on the transaction is opened by itself. Safe for use by many threads.
 */
final class Flight {

    /** What the gate raises. */
    private static final String WRONG_ISOLATION = "25001";

    private volatile boolean apart;

    <T> T run(FollowerSession session, Connection connection, Operation operation, Collection<?> keys, SqlWork<T> work)
            throws SQLException {
        if (!apart && session.sendsStatementsTogether()) {
            try {
                return work.run(connection);
            } catch (SQLException e) {
                if (!WRONG_ISOLATION.equals(e.getSQLState())) {
                    throw e;
                }
                apart = true;
            }
        }
        return session.transaction(operation, keys, work);
    }
}
