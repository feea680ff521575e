package io.github.dualwrite.integration;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;

/** The sides of pairs that are databases of PostgreSQL. */
final class PostgresSides {

    private PostgresSides() {}

    /** A new database with a table. The caller closes the pool. */
    static PairScenario.Side postgres(String name, HikariDataSource pool) {
        PostgresStore<String, Sample> store = store(pool);
        return new PairScenario.Side(name, store, store, () -> rows(pool));
    }

    /** The table in such a database. */
    static PostgresStore<String, Sample> store(DataSource source) {
        return PostgresStore.of(
                source,
                TableMapping.ofRecord(Sample.class, String.class)
                        .table("sample")
                        .key("id")
                        .build());
    }

    static HikariDataSource database() {
        HikariDataSource pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 16);
        try {
            DualwriteSchema.defaults().install(pool);
            PostgresServer.execute(
                    pool, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL)");
            return pool;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A database that another process has made. */
    static HikariDataSource database(String host, String port, String name) {
        return PostgresPool.of(PostgresServer.dataSource(name, host, Integer.parseInt(port)), 6);
    }

    private static Map<String, Sample> rows(DataSource source) {
        Map<String, Sample> records = new HashMap<>();
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, text, number FROM sample")) {
            while (row.next()) {
                records.put(row.getString(1), new Sample(row.getString(1), row.getString(2), row.getLong(3)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return records;
    }
}
