package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a connection waits for an answer. Without it a server that has gone silent would hold thread and connection for as long
 * as TCP allows. A shorter limit that the connection has already stays. For one thread.
 */
final class NetworkLimit {

    private static final Logger log = LoggerFactory.getLogger(NetworkLimit.class);

    /** How much longer it is than the time-out of a statement, after which the server answers. */
    static final Duration MARGIN = Duration.ofSeconds(5);

    private static final int UNCHANGED = -1;

    private final Connection connection;
    private final Executor executor;
    private final int before;

    private NetworkLimit(Connection connection, Executor executor, int before) {
        this.connection = connection;
        this.executor = executor;
        this.before = before;
    }

    /**
     * Sets a limit until it is {@linkplain #lift lifted}.
     *
     * @param executor what a driver may close a connection on that has waited for too long
     */
    static NetworkLimit set(Connection connection, Executor executor, Duration limit) throws SQLException {
        int millis = (int) limit.toMillis();
        try {
            int before = connection.getNetworkTimeout();
            if (before == 0 || before > millis) {
                connection.setNetworkTimeout(executor, millis);
                return new NetworkLimit(connection, executor, before);
            }
        } catch (SQLFeatureNotSupportedException e) {
            log.debug("connections know no network time-out; set the driver's socketTimeout", SqlCause.of(e));
        }
        return new NetworkLimit(connection, executor, UNCHANGED);
    }

    /** The connection waits as long as before: its next user is somebody else. */
    void lift() {
        if (before != UNCHANGED) {
            try {
                connection.setNetworkTimeout(executor, before);
            } catch (SQLException e) {
                log.debug("a connection is broken; its pool will find out", SqlCause.of(e));
            }
        }
    }
}
