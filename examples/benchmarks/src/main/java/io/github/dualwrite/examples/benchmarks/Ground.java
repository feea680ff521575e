package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.ItemMapping;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** Tables, pools and mappings that the benchmarks share. */
final class Ground {

    static final ItemMapping<Long, Item> ITEMS =
            RecordItemMapping.of(Item.class).partitionKey("id").build(Long.class);

    private Ground() {}

    static HikariDataSource pool(DataSource database, int size) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database);
        config.setMaximumPoolSize(size);
        return new HikariDataSource(config);
    }

    /** What Dualwrite needs, on a server that is durable. */
    static void install(DataSource database) throws SQLException {
        requireOn(database, "synchronous_commit");
        requireOn(database, "fsync");
        DualwriteSchema.defaults().install(database);
    }

    static void createTable(DataSource database) throws SQLException {
        install(database);
        execute(
                database,
                "CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL, price numeric NOT NULL,"
                        + " changed_at timestamptz NOT NULL, active boolean NOT NULL, note text)");
    }

    private static void requireOn(DataSource database, String setting) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + setting)) {
            row.next();
            if (!row.getString(1).equals("on")) {
                throw new IllegalStateException(setting + " must be on for a measurement, not " + row.getString(1));
            }
        }
    }

    static void execute(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Makes the keys from 0 on pending for a repository, by writing them. */
    static void makePending(DataSource database, String repository, int rows) throws SQLException {
        Authority<Long, Item> authority = primary(database).openAuthority(new StoreContext(repository, Duration.ZERO));
        for (int first = 0; first < rows; first += 1000) {
            List<Item> batch = new ArrayList<>();
            for (int i = first; i < Math.min(rows, first + 1000); i++) {
                batch.add(Item.of(i, i));
            }
            authority.saveAll(batch);
        }
        execute(database, "VACUUM ANALYZE dualwrite.pending_write");
    }

    /** Drains the queue and returns how many rows a second that were; fails unless all are applied. */
    static double drain(DualWriteRepository<?, ?> repository, int rows) throws InterruptedException {
        long start = System.nanoTime();
        DrainReport report = repository.reconciler().drain(Duration.ofMinutes(30));
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!report.drained() || report.applied() != rows) {
            throw new IllegalStateException("not drained: " + report);
        }
        return rows / seconds;
    }

    /** MiB that are left in use when what is not is collected. */
    static double heapInUse() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / (double) (1 << 20);
    }

    static PostgresStore<Long, Item> primary(DataSource database) {
        return PostgresStore.of(
                database,
                TableMapping.ofRecord(Item.class, Long.class)
                        .table("item")
                        .key("id")
                        .build());
    }

    static DynamoDbStore<Long, Item> secondary(DynamoDbAsyncClient client, String table, int concurrency) {
        return DynamoDbStore.builder(client, table, ITEMS)
                .concurrency(concurrency)
                .build();
    }
}
