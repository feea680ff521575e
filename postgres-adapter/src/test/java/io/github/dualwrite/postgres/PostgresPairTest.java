package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;

/** PostgreSQL to PostgreSQL: another database, another schema, another layout, other names for Dualwrite's own objects. */
class PostgresPairTest extends PairScenario {

    private final List<HikariDataSource> pools = new ArrayList<>();

    private HikariDataSource database(String... statements) {
        HikariDataSource pool = FollowerGround.database(statements);
        pools.add(pool);
        return pool;
    }

    @AfterEach
    void close() {
        pools.forEach(HikariDataSource::close);
    }

    @Override
    protected Side first() {
        HikariDataSource pool = database(FollowerGround.SAMPLE);
        PostgresStore<String, Sample> store = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping());
        return new Side("old", store, store, () -> records(pool, "SELECT id, text, number FROM sample"));
    }

    @Override
    protected Side second() {
        HikariDataSource pool = database(
                "CREATE SCHEMA shop",
                "CREATE TABLE shop.thing (amount numeric(20) NOT NULL, body varchar(200), thing_id varchar(50) PRIMARY KEY,"
                        + " added_at timestamptz NOT NULL DEFAULT now())");
        DualwriteSchema schema = DualwriteSchema.defaults()
                .schema("dual \"2\"")
                .appliedTable("applied")
                .pendingTable("queue")
                .versionSequence("number");
        try {
            schema.install(pool);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        PostgresStore<String, Sample> store = PostgresStore.of(
                        pool,
                        TableMapping.<String, Sample>columns("shop.thing")
                                .key("thing_id", ColumnType.TEXT, Sample::id)
                                .column("body", ColumnType.TEXT, Sample::text)
                                .column(
                                        "amount",
                                        ColumnType.NUMERIC,
                                        sample -> java.math.BigDecimal.valueOf(sample.number()))
                                .build(row -> new Sample(
                                        row.get("thing_id", ColumnType.TEXT),
                                        row.get("body", ColumnType.TEXT),
                                        row.get("amount", ColumnType.NUMERIC).longValueExact())))
                .schema(schema);
        return new Side("new", store, store, () -> records(pool, "SELECT thing_id, body, amount FROM shop.thing"));
    }

    private static Map<String, Sample> records(DataSource source, String sql) {
        Map<String, Sample> records = new HashMap<>();
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                records.put(row.getString(1), new Sample(row.getString(1), row.getString(2), row.getLong(3)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return records;
    }
}
