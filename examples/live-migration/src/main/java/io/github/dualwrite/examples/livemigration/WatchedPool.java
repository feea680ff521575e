package io.github.dualwrite.examples.livemigration;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * A pool that can tell whether the calling thread has used it. PostgreSQL is asked on the thread that reads, so a read during
 * which this thread took no connection was answered by DynamoDB.
 */
final class WatchedPool extends HikariDataSource {

    private final ThreadLocal<Long> taken = ThreadLocal.withInitial(() -> 0L);

    WatchedPool(HikariConfig config) {
        super(config);
    }

    @Override
    public Connection getConnection() throws SQLException {
        taken.set(taken.get() + 1);
        return super.getConnection();
    }

    /** How many connections the calling thread has taken. */
    long takenHere() {
        return taken.get();
    }
}
