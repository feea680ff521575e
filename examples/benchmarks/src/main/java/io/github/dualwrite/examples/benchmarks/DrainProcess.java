package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.examples.benchmarks.harness.ChildProcess;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The measured process of {@link DrainThroughput}. */
final class DrainProcess {

    private static final int CONCURRENCY = 32;
    private static final String RATE = "rate";
    private static final String HEAP = "heap in use after it";
    private static final String BARE = "bare loop of the same conditional puts";
    private static final String DRAIN = "drain";

    private final DynamoDbAsyncClient client;
    private final HikariDataSource pool;
    private int tables;

    private DrainProcess(DynamoDbAsyncClient client, HikariDataSource pool) {
        this.client = client;
        this.pool = pool;
    }

    public static void main(String[] args) throws Exception {
        ChildProcess.main(args, DrainProcess::run);
        System.exit(0);
    }

    /** Arguments: DynamoDB endpoint, PostgreSQL host, port and database. */
    static void run(Run run, List<String> args) throws Exception {
        try (HikariDataSource pool = Ground.pool(
                        PostgresServer.dataSource(args.get(3), args.get(1), Integer.parseInt(args.get(2))), 4);
                DynamoDbAsyncClient client = DynamoDbAsyncClient.builder()
                        .endpointOverride(URI.create(args.get(0)))
                        .region(Region.EU_CENTRAL_1)
                        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x")))
                        .overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(5)))
                        .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(CONCURRENCY))
                        .build()) {
            Ground.createTable(pool);
            new DrainProcess(client, pool).measure(run);
        }
    }

    private void measure(Run run) throws Exception {
        int rows = run.profile().of(50, 2_000, 4_000);
        Outcome outcome = new Contest(
                        run,
                        "to DynamoDB Local, " + CONCURRENCY + " at once",
                        run.profile().of(0, 1, 1),
                        run.profile().of(1, 3, 7))
                .contender(BARE, round -> Map.of(RATE, bareLoop(newTable(), rows)))
                .contender(DRAIN, round -> Map.of(RATE, drain(newTable(), rows)))
                .run();
        outcome.line(BARE, RATE, "rows/s").report();
        outcome.line(DRAIN, RATE, "rows/s")
                .against(BARE)
                .goal(Goal.ratioAtLeast(0.9))
                .report();

        int many = run.profile().of(100, 10_000, 100_000);
        String what = "drain of " + many + " pending keys";
        Outcome large = new Contest(run, "heap of " + (Runtime.getRuntime().maxMemory() >> 20) + " MiB", 0, 1)
                .contender(what, round -> Map.of(RATE, drain(newTable(), many), HEAP, Ground.heapInUse()))
                .run();
        large.line(what, RATE, "rows/s").report();
        large.line(what, HEAP, "MiB").report();
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
        AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        long start = System.nanoTime();
        for (int i = 0; i < rows; i++) {
            inFlight.acquire();
            CompletableFuture<PutItemResponse> unused = BarePuts.putIfNewer(client, table, Item.of(i, i), i + 1)
                    .whenComplete((answer, error) -> {
                        if (error != null) {
                            failed.set(error);
                        }
                        inFlight.release();
                    });
        }
        inFlight.acquire(CONCURRENCY);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (failed.get() != null) {
            throw new IllegalStateException("a put failed", failed.get());
        }
        return rows / seconds;
    }

    /** Rows per second of a drain of as many pending writes. */
    private double drain(String table, int rows) throws SQLException, InterruptedException {
        String name = "drain of " + table;
        Ground.makePending(pool, name, rows);
        try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                        name, Ground.primary(pool), Ground.secondary(client, table, CONCURRENCY))
                .reconcileInBackground(false)
                .reconcilerSettings(ReconcilerSettings.builder()
                        .pollInterval(Duration.ofMillis(20))
                        .build())
                .build()) {
            return Ground.drain(repository, rows);
        }
    }
}
