package io.github.dualwrite.postgres.testsupport;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

/** Pools for tests. They make a connection when it is asked for: making one costs the server more than most tests' statements. */
public final class PostgresPool {

    private PostgresPool() {}

    /** A pool that keeps what it has made, up to so many connections; its database is not called yet. */
    public static HikariDataSource of(DataSource source, int size) {
        return new HikariDataSource(config(source, size));
    }

    /** The same for settings of a test's own. */
    public static HikariConfig config(DataSource source, int size) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(0);
        return config;
    }
}
