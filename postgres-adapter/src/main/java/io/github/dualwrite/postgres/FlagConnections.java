package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * Connections for read routes, which commit each statement by themselves: a change that is not committed would seem made. None
 * waits for an answer without end: a route that cannot be read any more is not seen to be taken back either.
 */
final class FlagConnections {

    /** Longer than a query may take, so that the server has the first word. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final DataSource dataSource;
    private final Duration patience;

    FlagConnections(DataSource dataSource) {
        this(dataSource, PATIENCE);
    }

    FlagConnections(DataSource dataSource, Duration patience) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.patience = patience;
    }

    /** What is to be done on a connection. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /** Does it on a connection with auto-commit on, and closes that. */
    <T> T call(Work<T> work) throws SQLException {
        try (Connection connection = open()) {
            NetworkLimit limit = NetworkLimit.set(connection, Runnable::run, patience);
            try {
                return work.on(connection);
            } finally {
                limit.lift();
            }
        }
    }

    private Connection open() throws SQLException {
        return Transactions.free(
                dataSource,
                "give the read routes a DataSource of their own that switches it on, or switch it on in their pool if nobody"
                        + " else relies on that");
    }
}
