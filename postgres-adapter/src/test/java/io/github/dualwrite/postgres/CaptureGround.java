package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** A database whose table {@code sample} is captured for the repository {@code test}. */
final class CaptureGround implements AutoCloseable {

    static final Duration LOCK_WAIT = Duration.ofSeconds(30);

    final HikariDataSource pool;
    final DualwriteSchema schema = DualwriteSchema.defaults().schema("dual \"write\"");
    final CaptureTrigger capture = CaptureTrigger.of(schema, PostgresAuthorityContractTest.mapping(), "test");

    CaptureGround() throws SQLException {
        pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 24);
        schema.install(pool);
    }

    /** Starts again with an empty, captured table. */
    void reset() {
        run(
                "DROP TABLE IF EXISTS sample CASCADE",
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL DEFAULT 0)",
                "TRUNCATE " + schema.pending());
        capture.install(pool, LOCK_WAIT);
    }

    PostgresStore<String, Sample> store() {
        return PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()).schema(schema);
    }

    TestRepository<String, Sample> repository() {
        return new TestRepository<>(store(), Sample::id);
    }

    void run(String... statements) {
        PostgresServer.execute(pool, statements);
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Pending keys with their versions. */
    Map<String, Long> pending(String repository) {
        Map<String, Long> versions = new TreeMap<>();
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT key, version FROM " + schema.pending()
                        + " WHERE repository = '" + repository.replace("'", "''") + "'")) {
            while (row.next()) {
                versions.put(row.getString(1), row.getLong(2));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return versions;
    }

    Map<String, Long> pending() {
        return pending("test");
    }

    /** Runs statements, returns the keys that they made pending or newer, and forgets nothing. */
    Map<String, Long> changedBy(String... statements) {
        Map<String, Long> before = pending();
        run(statements);
        Map<String, Long> changed = new TreeMap<>(pending());
        changed.entrySet().removeIf(entry -> entry.getValue().equals(before.get(entry.getKey())));
        changed.forEach((key, version) -> {
            if (before.getOrDefault(key, 0L) >= version) {
                throw new AssertionError("the version of " + key + " went back to " + version);
            }
        });
        return changed;
    }

    Map<String, Sample> stored() {
        Map<String, Sample> stored = new HashMap<>();
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, text, number FROM sample")) {
            while (row.next()) {
                stored.put(row.getString(1), new Sample(row.getString(1), row.getString(2), row.getLong(3)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return stored;
    }

    @Override
    public void close() {
        pool.close();
    }
}
