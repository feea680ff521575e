package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementRequest;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * A backfill from PostgreSQL to DynamoDB Local, against a bare loop over the SDK that makes the same conditional writes of rows that it
 * has in memory, as many at once, and against single conditional puts.
 */
final class BackfillToDynamoDb {

    private static final int CONCURRENCY = 32;
    private static final int THREADS = 2; // of the backfill's defaults
    private static final int BATCH = 25;
    private static final String INSERTS = "bare loop of the same conditional inserts, 25 to a request";
    private static final String PUTS = "bare loop of single conditional puts";
    private static final String BACKFILL = "backfill";

    private final DynamoDbAsyncClient client;
    private final List<Map<String, AttributeValue>> items = new ArrayList<>();
    private int jobs;

    private BackfillToDynamoDb(DynamoDbAsyncClient client, int rows) {
        this.client = client;
        for (int i = 0; i < rows; i++) {
            items.add(Five.ITEMS.item(Five.of(i)));
        }
    }

    static void run(Run run) throws Exception {
        int rows = run.profile().of(60, 2_000, 12_000);
        try (HikariDataSource from = Five.database(rows);
                DynamoDbAsyncClient client = DynamoDbServer.shared()
                        .newClient(builder ->
                                builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(10))))) {
            BackfillToDynamoDb tables = new BackfillToDynamoDb(client, rows);
            Outcome outcome = new Contest(
                            run,
                            "PostgreSQL to DynamoDB, " + rows + " rows, " + CONCURRENCY + " requests at once",
                            run.profile().of(0, 1, 2),
                            run.profile().of(1, 3, 9))
                    .contender(INSERTS, round -> Map.of(Five.RATE, tables.batches()))
                    .contender(PUTS, round -> Map.of(Five.RATE, tables.puts()))
                    .contender(BACKFILL, round -> Map.of(Five.RATE, tables.backfill(from)))
                    .run();
            outcome.line(INSERTS, Five.RATE, "rows/s").report();
            outcome.line(PUTS, Five.RATE, "rows/s").report();
            outcome.line(BACKFILL, Five.RATE, "rows/s")
                    .against(INSERTS)
                    .goal(Goal.ratioAtLeast(0.9))
                    .report();
            outcome.line(BACKFILL, Five.RATE, "rows/s")
                    .against(PUTS)
                    .goal(Goal.ratioAtLeast(1))
                    .report();
        }
    }

    private static String newTable() {
        return DynamoDbServer.shared().createTable("id", ScalarAttributeType.N);
    }

    private double batches() throws InterruptedException {
        String table = newTable();
        return loop((items.size() + BATCH - 1) / BATCH, i -> {
            List<BatchStatementRequest> statements =
                    items.subList(i * BATCH, Math.min(items.size(), (i + 1) * BATCH)).stream()
                            .map(item -> BatchStatementRequest.builder()
                                    .statement("INSERT INTO \"" + table + "\" VALUE {"
                                            + item.keySet().stream()
                                                    .map(name -> "'" + name + "': ?")
                                                    .collect(Collectors.joining(", "))
                                            + "}")
                                    .parameters(List.copyOf(item.values()))
                                    .build())
                            .toList();
            return client.batchExecuteStatement(request -> request.statements(statements))
                    .thenAccept(response -> {
                        if (response.responses().stream().anyMatch(answer -> answer.error() != null)) {
                            throw new IllegalStateException("refused");
                        }
                    });
        });
    }

    private double puts() throws InterruptedException {
        String table = newTable();
        return loop(
                items.size(),
                i -> client.putItem(request -> request.tableName(table)
                        .item(items.get(i))
                        .conditionExpression("attribute_not_exists(#k)")
                        .expressionAttributeNames(Map.of("#k", "id"))));
    }

    /** A call of the SDK. */
    @FunctionalInterface
    private interface Call {
        CompletableFuture<?> start(int number);
    }

    private double loop(int calls, Call call) throws InterruptedException {
        Semaphore inFlight = new Semaphore(CONCURRENCY);
        AtomicInteger failed = new AtomicInteger();
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            inFlight.acquire();
            CompletableFuture<?> unused = call.start(i).whenComplete((answer, error) -> {
                if (error != null) {
                    failed.incrementAndGet();
                }
                inFlight.release();
            });
        }
        inFlight.acquire(CONCURRENCY);
        double rate = Five.perSecond(items.size(), start);
        if (failed.get() > 0) {
            throw new IllegalStateException(failed + " calls failed");
        }
        return rate;
    }

    private double backfill(HikariDataSource from) throws InterruptedException {
        String name = "five " + jobs++;
        try (DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                        name, Five.store(from), Five.store(client, newTable(), CONCURRENCY / THREADS))
                .reconcileInBackground(false)
                .build()) {
            long start = System.nanoTime();
            BackfillReport report = repository
                    .backfill(BackfillSettings.<Five>builder()
                            .writesCaptured(() -> true)
                            .build())
                    .run();
            double rate = Five.perSecond(items.size(), start);
            if (!report.complete() || report.applied() != items.size()) {
                throw new IllegalStateException("not copied: " + report);
            }
            return rate;
        }
    }
}
