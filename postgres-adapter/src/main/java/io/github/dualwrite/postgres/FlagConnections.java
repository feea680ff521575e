package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import javax.sql.DataSource;

/** Connections for read routes, which commit each statement by themselves: a change that is not committed would seem made. */
final class FlagConnections {

    private final DataSource dataSource;

    FlagConnections(DataSource dataSource) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    }

    /** A connection with auto-commit on, which the caller of this method closes. */
    Connection open() throws SQLException {
        Connection connection = dataSource.getConnection();
        boolean fit = false;
        try {
            fit = connection.getAutoCommit();
        } finally {
            if (!fit) {
                connection.close();
            }
        }
        if (!fit) {
            throw new IllegalStateException(
                    "the DataSource of the read routes hands out connections with auto-commit off;"
                            + " switch auto-commit on in its pool, or give the read routes a DataSource of their own");
        }
        return connection;
    }
}
