package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a transaction that we began ends. */
final class Transactions {

    private static final Logger log = LoggerFactory.getLogger(Transactions.class);

    private Transactions() {}

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
        } catch (SQLException e) {
            log.debug("a connection could not be given back", SqlCause.of(e));
        }
    }

    /** The same, but the connection is still needed. */
    static void reset(Connection connection, boolean committed) {
        try {
            if (!committed) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            log.debug("a transaction could not be ended", SqlCause.of(e));
        }
    }
}
