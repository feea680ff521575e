package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The measured process of {@link DrainThroughput}. */
final class DrainProcess {

    private static final int CONCURRENCY = 32;
    private static final int ROUNDS = 3;
    private static final int ROUND_KEYS = 6_000;
    private static final int LARGE = 100_000;

    private final DynamoDbAsyncClient client;
    private final HikariDataSource pool;
    private int tables;

    private DrainProcess(DynamoDbAsyncClient client, HikariDataSource pool) {
        this.client = client;
        this.pool = pool;
    }

    /** Arguments: DynamoDB endpoint, PostgreSQL host, port and database. */
    public static void main(String[] args) throws Exception {
        try (HikariDataSource pool =
                        Ground.pool(PostgresServer.dataSource(args[3], args[1], Integer.parseInt(args[2])), 4);
                DynamoDbAsyncClient client = DynamoDbAsyncClient.builder()
                        .endpointOverride(URI.create(args[0]))
                        .region(Region.EU_CENTRAL_1)
                        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x")))
                        .overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(5)))
                        .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(CONCURRENCY))
                        .build()) {
            Ground.createTable(pool);
            new DrainProcess(client, pool).run();
        }
    }

    private void run() throws Exception {
        bareLoop(newTable(), ROUND_KEYS / 2);
        drain(newTable(), ROUND_KEYS / 2);
        double[] ratios = new double[ROUNDS];
        double[] bare = new double[ROUNDS];
        double[] drained = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            if (round % 2 == 0) {
                bare[round] = bareLoop(newTable(), ROUND_KEYS);
                drained[round] = drain(newTable(), ROUND_KEYS);
            } else {
                drained[round] = drain(newTable(), ROUND_KEYS);
                bare[round] = bareLoop(newTable(), ROUND_KEYS);
            }
            ratios[round] = drained[round] / bare[round];
        }
        System.out.printf(
                "drain, %d at once: bare loop %.0f/s, drain %.0f/s, ratio %.2f (medians of %d alternating rounds of %d)%n",
                CONCURRENCY, Sample.median(bare), Sample.median(drained), Sample.median(ratios), ROUNDS, ROUND_KEYS);
        double rate = drain(newTable(), LARGE);
        System.gc();
        long used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        System.out.printf(
                "drain of %d pending keys with a heap of %d MiB: %.0f/s, heap used after it %d MiB%n",
                LARGE, Runtime.getRuntime().maxMemory() >> 20, rate, used >> 20);
    }

    private String newTable() {
        String table = "bench-" + tables++;
        client.createTable(CreateTableRequest.builder()
                        .tableName(table)
                        .attributeDefinitions(AttributeDefinition.builder()
                                .attributeName("id")
                                .attributeType(ScalarAttributeType.N)
                                .build())
                        .keySchema(KeySchemaElement.builder()
                                .attributeName("id")
                                .keyType(KeyType.HASH)
                                .build())
                        .billingMode(BillingMode.PAY_PER_REQUEST)
                        .build())
                .join();
        return table;
    }

    /** Rows per second of the same conditional puts, without anything around them. */
    private double bareLoop(String table, int rows) throws InterruptedException {
        Semaphore inFlight = new Semaphore(CONCURRENCY);
        long start = System.nanoTime();
        for (int i = 0; i < rows; i++) {
            Map<String, AttributeValue> item = new HashMap<>(Ground.ITEMS.item(Item.of(i, i)));
            item.put("dw_version", AttributeValue.fromN(Integer.toString(i + 1)));
            inFlight.acquire();
            CompletableFuture<PutItemResponse> unused = client.putItem(request -> request.tableName(table)
                            .item(item)
                            .conditionExpression("attribute_not_exists(#k) OR attribute_not_exists(#v) OR #v < :v")
                            .expressionAttributeNames(Map.of("#k", "id", "#v", "dw_version"))
                            .expressionAttributeValues(Map.of(":v", item.get("dw_version"))))
                    .whenComplete((answer, error) -> inFlight.release());
        }
        inFlight.acquire(CONCURRENCY);
        return rows / seconds(start);
    }

    /** Rows per second of a drain of as many pending writes. */
    private double drain(String table, int rows) throws SQLException, InterruptedException {
        String name = "drain of " + table;
        Authority<Long, Item> authority = Ground.primary(pool).openAuthority(new StoreContext(name, Duration.ZERO));
        for (int first = 0; first < rows; first += 1000) {
            List<Item> batch = new ArrayList<>();
            for (int i = first; i < Math.min(rows, first + 1000); i++) {
                batch.add(Item.of(i, i));
            }
            authority.saveAll(batch);
        }
        Ground.execute(pool, "VACUUM ANALYZE dualwrite.pending_write");
        try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                        name, Ground.primary(pool), Ground.secondary(client, table, CONCURRENCY))
                .reconcileInBackground(false)
                .reconcilerSettings(ReconcilerSettings.builder()
                        .pollInterval(Duration.ofMillis(20))
                        .build())
                .build()) {
            long start = System.nanoTime();
            DrainReport report = repository.reconciler().drain(Duration.ofMinutes(10));
            double seconds = seconds(start);
            if (!report.drained() || report.applied() != rows) {
                throw new IllegalStateException("not drained: " + report);
            }
            return rows / seconds;
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
