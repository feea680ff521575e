package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.ItemMapping;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** The record that is copied and compared: a table of five columns. */
public record Five(long id, String name, BigDecimal price, Instant changedAt, boolean active) {

    static final String COLUMNS = "id, name, price, changed_at, active";

    /** A metric. */
    static final String RATE = "rows";

    static final ItemMapping<Long, Five> ITEMS =
            RecordItemMapping.of(Five.class).partitionKey("id").build(Long.class);

    static Five of(long id) {
        return new Five(
                id,
                "customer number " + id,
                BigDecimal.valueOf(id, 2),
                Instant.ofEpochSecond(1_700_000_000L + id),
                id % 2 == 0);
    }

    static void createTable(DataSource database) throws SQLException {
        Ground.install(database);
        Ground.execute(
                database,
                "CREATE TABLE five (id bigint PRIMARY KEY, name text NOT NULL, price numeric NOT NULL,"
                        + " changed_at timestamptz NOT NULL, active boolean NOT NULL)");
    }

    /** The same rows as {@link #of} gives, as they were before dual writes began. */
    static void fill(DataSource database, int rows) throws SQLException {
        Ground.execute(
                database,
                "INSERT INTO five SELECT g, 'customer number ' || g, (g / 100.0)::numeric(20, 2),"
                        + " to_timestamp(1700000000 + g), g % 2 = 0 FROM generate_series(0, " + (rows - 1) + ") AS g");
        Ground.execute(database, "VACUUM ANALYZE five");
    }

    /** A new database with so many rows; the caller closes the pool. */
    static HikariDataSource database(int rows) throws SQLException {
        HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 20);
        createTable(pool);
        fill(pool, rows);
        return pool;
    }

    static double perSecond(int rows, long startNanos) {
        return rows / ((System.nanoTime() - startNanos) / 1e9);
    }

    /** As it was before anything was copied. One table at a time, as an apply of a live write may still be under way and waits for one, too. */
    static void empty(HikariDataSource database) throws SQLException {
        Ground.execute(database, "TRUNCATE five");
        Ground.execute(database, "TRUNCATE dualwrite.applied_version");
        Ground.execute(database, "TRUNCATE dualwrite.pending_write");
        Ground.execute(database, "CHECKPOINT");
    }

    static PostgresStore<Long, Five> store(DataSource database) {
        return PostgresStore.of(
                database,
                TableMapping.ofRecord(Five.class, Long.class)
                        .table("five")
                        .key("id")
                        .build());
    }

    static DynamoDbStore<Long, Five> store(DynamoDbAsyncClient client, String table, int concurrency) {
        return DynamoDbStore.builder(client, table, ITEMS)
                .concurrency(concurrency)
                .build();
    }
}
