package io.github.dualwrite.examples.livemigration;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where the two databases are.
 *
 * @param dynamoDb the endpoint itself, not the relay in front of it
 */
record Coordinates(
        String jdbcUrl, @Nullable String jdbcUser, @Nullable String jdbcPassword, URI dynamoDb, String region) {

    /** A pool of connections to PostgreSQL. */
    HikariDataSource pool(String name, int size) {
        return new HikariDataSource(config(name, size));
    }

    /** The same, watched. */
    WatchedPool watchedPool(String name, int size) {
        return new WatchedPool(config(name, size));
    }

    private HikariConfig config(String name, int size) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(jdbcUrl);
        config.setUsername(jdbcUser);
        config.setPassword(jdbcPassword);
        config.setMaximumPoolSize(size);
        return config;
    }

    /** Never shows the password, nor a URL that may contain it. */
    @Override
    public String toString() {
        return "dynamoDb=" + dynamoDb + " region=" + region;
    }
}
