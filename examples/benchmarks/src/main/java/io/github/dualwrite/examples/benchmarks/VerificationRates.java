package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
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

    private static final int SEGMENTS = 2;

    private VerificationRates() {}

    static void run() throws Exception {
        postgres(1_000_000, 5);
        dynamoDb(20_000, 5);
    }

    private static void postgres(int rows, int rounds) throws Exception {
        try (HikariDataSource from = Five.database(rows);
                HikariDataSource to = Five.database(rows);
                DualWriteRepository<Long, Five> repository = DualWriteRepository.builder(
                                "five", Five.store(from), Five.store(to))
                        .reconcileInBackground(false)
                        .build()) {
            Rounds.Measured hashes = () -> hashtext(rows, from, to);
            Rounds.Measured verification = () -> verification(repository, rows);
            Rounds unused = Rounds.of(1, hashes, verification); // warm
            Rounds measured = Rounds.of(rounds, hashes, verification);
            System.out.printf(
                    "verification, PostgreSQL and PostgreSQL, %d rows: hashtext on both sides %.0f rows/s, verification %.0f"
                            + " rows/s, time ratio %s (medians of %d alternating rounds)%n",
                    rows, measured.median(0), measured.median(1), measured.ratio(0, 1), rounds);
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
        return Rounds.perSecond(rows, start);
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

    private static double verification(DualWriteRepository<Long, Five> repository, int rows)
            throws InterruptedException {
        long start = System.nanoTime();
        VerificationReport<Long> report = repository.verification().run();
        double rate = Rounds.perSecond(rows, start);
        if (report.exitCode() != 0 || report.matching() != rows) {
            throw new IllegalStateException("not verified: " + report.text());
        }
        return rate;
    }

    private static void dynamoDb(int rows, int rounds) throws Exception {
        String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.N);
        try (HikariDataSource from = Five.database(rows);
                DynamoDbAsyncClient client = DynamoDbServer.shared()
                        .newClient(builder -> builder.overrideConfiguration(
                                DynamoDbStore.clientOverrides(Duration.ofSeconds(10))));
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
            Rounds.Measured scan = () -> scan(client, table, rows);
            Rounds.Measured verification = () -> verification(repository, rows);
            Rounds unused = Rounds.of(1, scan, verification); // warm
            Rounds measured = Rounds.of(rounds, scan, verification);
            System.out.printf(
                    "verification, PostgreSQL and DynamoDB, %d rows: bare scan of %d segments %.0f rows/s, verification %.0f"
                            + " rows/s, ratio %s (medians of %d alternating rounds)%n",
                    rows, SEGMENTS, measured.median(0), measured.median(1), measured.ratio(1, 0), rounds);
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
        double rate = Rounds.perSecond(rows, start);
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
