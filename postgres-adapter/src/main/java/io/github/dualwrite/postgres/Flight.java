package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;
import org.postgresql.jdbc.PreferQueryMode;

/**
 * Runs what goes through the gate as one transaction at READ COMMITTED: in one flight where the driver sends statements together and
 * sessions have that level anyway. At a higher one all statements would see what was there before the gate opened; the gate
 * then refuses. Where something between us and the driver makes it send them one by one, as a proxy does that asks each statement
 * for its parameters, what follows the gate refuses. From then on the transaction is opened by itself. Safe for use by many threads.
 */
final class Flight {

    /** What the gate raises. */
    private static final String WRONG_ISOLATION = "25001";

    private volatile boolean apart;

    /** Whether the driver speaks the extended protocol on a connection. */
    static boolean extended(Connection connection) throws SQLException {
        return connection.isWrapperFor(PGConnection.class)
                && connection.unwrap(PGConnection.class).getPreferQueryMode() != PreferQueryMode.SIMPLE;
    }

    /**
     * Whether several statements that are sent together, up to one Sync, are one transaction. In the simple protocol the driver
     * sends them one by one, and each would commit by itself; so it does where it has to describe each one first: with parameters of
     * an unspecified type, or results that are always binary.
     */
    static boolean together(Connection connection) throws SQLException {
        if (!extended(connection) || !connection.isWrapperFor(BaseConnection.class)) {
            return false;
        }
        BaseConnection driver = connection.unwrap(BaseConnection.class);
        return driver.getStringVarcharFlag() && driver.getPrepareThreshold() >= 0;
    }

    <T> T run(FollowerSession session, Connection connection, Operation operation, Collection<?> keys, SqlWork<T> work)
            throws SQLException {
        if (!apart && together(connection)) {
            try {
                return work.run(connection);
            } catch (SQLException e) {
                if (!WRONG_ISOLATION.equals(e.getSQLState()) && !FailureMark.TAKEN_APART.isIn(e)) {
                    throw e;
                }
                apart = true;
            }
        }
        return session.transaction(operation, keys, work);
    }
}
