package io.github.dualwrite.integration;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.Json;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** A table in PostgreSQL and one in DynamoDB for the same records, and repositories over them. */
final class Pair implements AutoCloseable {

    enum Status {
        NEW,
        OLD
    }

    /** One record type, mapped by convention on both sides. */
    @SuppressWarnings("ArrayRecordComponent") // it is what bytea and B are mapped to
    record Account(
            String id,
            @Nullable Short small,
            @Nullable Integer number,
            @Nullable Long big,
            @Nullable BigDecimal exact,
            @Nullable String label,
            @Nullable Boolean flag,
            @Nullable UUID uuid,
            @Nullable Instant happenedAt,
            @Nullable LocalDate day,
            byte @Nullable [] bytes,
            @Nullable Json document,
            @Nullable List<@Nullable String> texts,
            @Nullable List<@Nullable Long> numbers,
            @Nullable Status status) {

        static Account full(String id, long n) {
            return new Account(
                    id,
                    (short) n,
                    (int) -n,
                    n,
                    BigDecimal.valueOf(-n * 1000, 5),
                    n % 2 == 0 ? "" : "label " + n,
                    n % 2 == 0,
                    new UUID(n, -n),
                    Instant.ofEpochSecond(n, 123_456_000),
                    LocalDate.EPOCH.plusDays(n),
                    new byte[] {(byte) n, 0, -1},
                    new Json("{\"n\": " + n + "}"),
                    Arrays.asList("a", null, ""),
                    Arrays.asList(n, null, Long.MIN_VALUE),
                    n % 2 == 0 ? Status.NEW : Status.OLD);
        }

        static Account empty(String id) {
            return new Account(id, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
        }
    }

    static final RecordItemMapping<String, Account> ITEMS =
            RecordItemMapping.of(Account.class).partitionKey("id").build(String.class);

    final FakeService service = new FakeService();
    final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);
    final HikariDataSource pool;

    Pair() throws SQLException {
        pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 16);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, "CREATE TYPE account_status AS ENUM ('NEW', 'OLD')", """
                CREATE TABLE account (
                    id text PRIMARY KEY, small smallint, number integer, big bigint, exact numeric, label text,
                    flag boolean, uuid uuid, happened_at timestamptz, day date, bytes bytea, document jsonb,
                    texts text[], numbers bigint[], status account_status)
                """);
    }

    PostgresStore<String, Account> primary() {
        return PostgresStore.of(
                pool,
                TableMapping.ofRecord(Account.class, String.class)
                        .table("account")
                        .key("id")
                        .build());
    }

    DynamoDbStore<String, Account> secondary() {
        return DynamoDbStore.builder(service.client(), table, ITEMS).build();
    }

    /** Short times, so that an outage and its end can be seen in a test. */
    DualWriteRepositoryBuilder<String, Account> repository() {
        return DualWriteRepository.builder("accounts", primary(), secondary())
                .secondaryTimeout(Duration.ofSeconds(2))
                .grace(Duration.ofMillis(2100))
                .circuitBreakerConfig(CircuitBreakerConfig.custom()
                        .slidingWindowSize(10)
                        .minimumNumberOfCalls(5)
                        .waitDurationInOpenState(Duration.ofMillis(500))
                        .permittedNumberOfCallsInHalfOpenState(2)
                        .writableStackTraceEnabled(false)
                        .build())
                .reconcilerSettings(ReconcilerSettings.builder()
                        .pollInterval(Duration.ofMillis(50))
                        .initialBackoff(Duration.ofMillis(50))
                        .maxBackoff(Duration.ofMillis(500))
                        .build())
                .reconcileInBackground(false);
    }

    /** The rows' keys and labels, by plain SQL. */
    Map<String, String> labelsOnPrimary() {
        Map<String, String> labels = new HashMap<>();
        try (Connection connection = pool.getConnection();
                PreparedStatement select = connection.prepareStatement("SELECT id, label FROM account");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                labels.put(row.getString(1), row.getString(2));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return labels;
    }

    /** The items' keys and labels without tombstones, by a plain scan. */
    Map<String, String> labelsOnSecondary() {
        Map<String, String> labels = new HashMap<>();
        DynamoDbServer.shared()
                .client()
                .scanPaginator(r -> r.tableName(table).consistentRead(true))
                .items()
                .subscribe(item -> {
                    if (!item.containsKey("dw_deleted")) {
                        AttributeValue label = item.get("label");
                        labels.put(item.get("id").s(), label == null ? "" : label.s());
                    }
                })
                .join();
        return labels;
    }

    @Override
    public void close() {
        pool.close();
    }
}
