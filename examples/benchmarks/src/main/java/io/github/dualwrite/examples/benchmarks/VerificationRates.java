package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.verify.VerificationReport;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/**
 * A verification with its defaults of two stores that are equal. Between two databases of PostgreSQL against {@code SELECT count(*),
 * sum(hashtext(t::text))} on both at the same time, between PostgreSQL and DynamoDB against a bare parallel scan of DynamoDB alone.
 */
final class VerificationRates {

    private static final int SEGMENTS = 4; // as many as a verification reads at once by default
    private static final String HASHTEXT = "count(*), sum(hashtext(t::text)) on both sides at once";
    private static final String SCAN = "bare scan of DynamoDB, " + SEGMENTS + " segments";
    private static final String VERIFICATION = "verification";
    private static final String MILLION = "time for a million rows";

    private VerificationRates() {}

    static void run(Run run) throws Exception {
        postgres(run);
        dynamoDb(run);
    }

    private static void postgres(Run run) throws Exception {
        int rows = run.profile().of(2_000, 500_000, 1_000_000);
        try (HikariDataSource from = Five.database(rows);
                HikariDataSource to = Five.database(rows);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .reconcileInBackground(false)
                        .build()) {
            Outcome outcome = new Contest(
                            run,
                            "PostgreSQL and PostgreSQL, " + rows + " rows of five columns",
                            run.profile().of(0, 1, 2),
                            run.profile().of(1, 5, 11))
                    .contender(HASHTEXT, round -> Map.of(Five.RATE, hashtext(rows, from, to)))
                    .contender(VERIFICATION, round -> verification(repository, rows))
                    .run();
            outcome.line(HASHTEXT, Five.RATE, "rows/s").report();
            outcome.line(VERIFICATION, Five.RATE, "rows/s")
                    .against(HASHTEXT)
                    .goal(Goal.ratioAtLeast(0.5))
                    .report();
            outcome.line(VERIFICATION, MILLION, "s").goal(Goal.atMost(1)).report();
        }
    }

    private static double hashtext(int rows, DataSource... sides) {
        long start = System.nanoTime();
        List<CompletableFuture<String>> sums = new ArrayList<>();
        for (DataSource side : sides) {
            sums.add(CompletableFuture.supplyAsync(() -> hashtext(side)));
        }
        if (!sums.get(0).join().equals(sums.get(1).join())) {
            throw new IllegalStateException("the tables differ");
        }
        return Five.perSecond(rows, start);
    }

    private static String hashtext(DataSource side) {
        try (Connection connection = side.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*), sum(hashtext(t::text)) FROM five AS t")) {
            row.next();
            return row.getString(1) + " " + row.getString(2);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Double> verification(DualWriteRepository<Long, Five> repository, int rows)
            throws InterruptedException {
        long start = System.nanoTime();
        VerificationReport<Long> report = repository.verification().run();
        double rate = Five.perSecond(rows, start);
        if (report.exitCode() != 0 || report.matching() != rows) {
            throw new IllegalStateException("not verified: " + report.text());
        }
        return Map.of(Five.RATE, rate, MILLION, 1_000_000 / rate);
    }

    private static void dynamoDb(Run run) throws Exception {
        int rows = run.profile().of(50, 20_000, 50_000);
        String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.N);
        try (HikariDataSource from = Five.database(rows);
                DynamoDbAsyncClient client = DynamoDbServer.shared()
                        .newClient(builder ->
                                builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(10))));
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(client, table, 32))
                        .reconcileInBackground(false)
                        .build()) {
            if (!repository
                    .backfill(BackfillSettings.<Five>builder()
                            .writesCaptured(() -> true)
                            .build())
                    .run()
                    .complete()) {
                throw new IllegalStateException("not copied");
            }
            Outcome outcome = new Contest(
                            run,
                            "PostgreSQL and DynamoDB, " + rows + " rows of five columns",
                            run.profile().of(0, 3, 3),
                            run.profile().of(1, 5, 11))
                    .contender(SCAN, round -> Map.of(Five.RATE, scan(client, table, rows)))
                    .contender(VERIFICATION, round -> verification(repository, rows))
                    .run();
            outcome.line(SCAN, Five.RATE, "rows/s").report();
            outcome.line(VERIFICATION, Five.RATE, "rows/s")
                    .against(SCAN)
                    .goal(Goal.ratioAtLeast(0.8))
                    .report();
        }
    }

    private static double scan(DynamoDbAsyncClient client, String table, int rows) {
        long start = System.nanoTime();
        List<CompletableFuture<Integer>> segments = new ArrayList<>();
        for (int i = 0; i < SEGMENTS; i++) {
            int segment = i;
            segments.add(CompletableFuture.supplyAsync(() -> scan(client, table, segment, SEGMENTS)));
        }
        int count = segments.stream().mapToInt(CompletableFuture::join).sum();
        double rate = Five.perSecond(rows, start);
        if (count != rows) {
            throw new IllegalStateException("scanned " + count);
        }
        return rate;
    }

    private static int scan(DynamoDbAsyncClient client, String table, int segment, int segments) {
        int count = 0;
        Map<String, AttributeValue> after = Map.of();
        do {
            Map<String, AttributeValue> start = after;
            ScanResponse page = client.scan(request -> request.tableName(table)
                            .consistentRead(true)
                            .segment(segment)
                            .totalSegments(segments)
                            .exclusiveStartKey(start.isEmpty() ? null : start))
                    .join();
            count += page.items().size();
            after = page.lastEvaluatedKey();
        } while (!after.isEmpty());
        return count;
    }
}
