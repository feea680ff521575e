package io.github.dualwrite.examples.flagsday;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * The primary's pool. The library asks the primary on the thread that reads, so a read during which this thread took no
 * connection was answered by the secondary. An application does not need this; it is how this program checks the library.
 */
final class WatchedPool extends HikariDataSource {

    private final ThreadLocal<Long> taken = ThreadLocal.withInitial(() -> 0L);

    WatchedPool(DataSource source) {
        super(config(source));
    }

    static HikariConfig config(DataSource source) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(24);
        config.setMinimumIdle(4);
        return config;
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
