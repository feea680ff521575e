package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.FollowerStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.function.IntConsumer;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * Asynchronous {@code save} against the same upsert by plain JDBC: one client, local PostgreSQL with {@code
 * synchronous_commit=on}, rounds in turn, median of the rounds' ratios.
 */
final class SaveLatency {

    private static final int ROUNDS = 11;
    private static final int CALLS = 1500;
    private static final int KEYS = 10_000;

    static final String UPSERT = """
            INSERT INTO item (id, name, price, changed_at, active, note) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, price = excluded.price,
                changed_at = excluded.changed_at, active = excluded.active, note = excluded.note
            """;

    private SaveLatency() {}

    static void run() throws SQLException {
        measure("secondary in memory", InMemoryStore.keyedBy(Item::id));
        DynamoDbServer server = DynamoDbServer.shared();
        measure(
                "secondary on DynamoDB Local, on the same processors",
                Ground.secondary(server.client(), server.createTable("id", ScalarAttributeType.N), 32));
    }

    static void measure(String what, FollowerStore<Long, Item> secondary) throws SQLException {
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 10)) {
            Ground.createTable(pool);
            try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                            "items", Ground.primary(pool), secondary)
                    .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                    .grace(Duration.ofSeconds(30))
                    .build()) {
                IntConsumer plain = i -> upsert(pool, Item.of(i % KEYS, i));
                IntConsumer ours = i -> repository.save(Item.of(i % KEYS, i));
                Sample.of(KEYS, plain);
                Sample.of(KEYS, ours);
                double[] ratios = new double[ROUNDS];
                double[] plainMedians = new double[ROUNDS];
                double[] oursMedians = new double[ROUNDS];
                for (int round = 0; round < ROUNDS; round++) {
                    Sample first = Sample.of(CALLS, round % 2 == 0 ? plain : ours);
                    Sample second = Sample.of(CALLS, round % 2 == 0 ? ours : plain);
                    plainMedians[round] = (round % 2 == 0 ? first : second).micros(0.5);
                    oursMedians[round] = (round % 2 == 0 ? second : first).micros(0.5);
                    ratios[round] = oursMedians[round] / plainMedians[round];
                }
                System.out.printf(
                        "save, asynchronous, 1 client, %s: plain upsert %.0f us, save %.0f us, ratio %.2f"
                                + " (medians of %d alternating rounds of %d)%n",
                        what,
                        Sample.median(plainMedians),
                        Sample.median(oursMedians),
                        Sample.median(ratios),
                        ROUNDS,
                        CALLS);
            }
        }
    }

    private static void upsert(HikariDataSource pool, Item item) {
        try (Connection connection = pool.getConnection();
                PreparedStatement statement = connection.prepareStatement(UPSERT)) {
            statement.setLong(1, item.id());
            statement.setString(2, item.name());
            statement.setBigDecimal(3, item.price());
            statement.setTimestamp(4, Timestamp.from(item.changedAt()));
            statement.setBoolean(5, item.active());
            statement.setString(6, item.note());
            statement.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
