package io.github.dualwrite.integration;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.Sample;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** A process that backfills from PostgreSQL when it is told to. */
final class BackfillingProcess {

    private static final String READY = "ready";
    private static final String GO = "go";

    private final Process process;
    private final BufferedReader out;

    private BackfillingProcess(Process process) {
        this.process = process;
        this.out = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts one, which prepares itself and waits; a database, or an endpoint and a table of DynamoDB, to copy to. */
    static BackfillingProcess start(String from, List<String> to) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                PostgresServer.shared().host(),
                Integer.toString(PostgresServer.shared().port()),
                from));
        arguments.addAll(to);
        return new BackfillingProcess(TestJvm.start(BackfillingProcess.class, arguments));
    }

    /** Lets it begin, at so many rows in a second. */
    void go(double rowsPerSecond) throws IOException {
        answer(READY);
        process.outputWriter(StandardCharsets.UTF_8)
                .append(GO + " " + rowsPerSecond + "\n")
                .flush();
    }

    /** Kills it with SIGKILL, and gives its exit code. */
    int kill() throws InterruptedException {
        return process.destroyForcibly().waitFor();
    }

    /** Waits for its end, and gives the report that it printed. */
    String report() throws IOException, InterruptedException {
        String report = answer("report");
        process.waitFor();
        return report;
    }

    /** Log lines may come between. */
    private String answer(String beginning) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(beginning)) {
                return line;
            }
        }
        throw new IllegalStateException("the process ended before it said " + beginning);
    }

    static DualWriteRepository<String, Sample> repository(
            AuthorityStore<String, Sample> from, FollowerStore<String, Sample> to) {
        return DualWriteRepository.builder("accounts", from, to)
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(21))
                .reconcileInBackground(false)
                .build();
    }

    /** Small pages, so that there are many moments to die at. */
    static BackfillSettings<Sample> settings(double rowsPerSecond) {
        return BackfillSettings.<Sample>builder()
                .splits(48)
                .pageSize(20)
                .rowsPerSecond(rowsPerSecond)
                .lease(Duration.ofSeconds(2))
                .pollInterval(Duration.ofMillis(50))
                .writesCaptured(() -> true)
                .build();
    }

    /** Arguments: host and port of PostgreSQL, the database to copy from, and where to: see {@link #start}. */
    public static void main(String[] args) throws Exception {
        try (HikariDataSource from = PostgresSides.database(args[0], args[1], args[2]);
                Target to = args.length == 4
                        ? postgres(PostgresSides.database(args[0], args[1], args[3]))
                        : dynamoDb(args[3], args[4]);
                DualWriteRepository<String, Sample> repository = repository(PostgresSides.store(from), to.store());
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println(READY);
            String line = in.readLine();
            if (line == null || !line.startsWith(GO)) {
                return; // nobody wants it any more
            }
            BackfillReport report = repository
                    .backfill(settings(Double.parseDouble(line.substring(GO.length()))))
                    .run(Duration.ofMinutes(2));
            System.out.println("report complete=" + report.complete() + " read=" + report.read());
        }
    }

    private record Target(FollowerStore<String, Sample> store, Runnable end) implements AutoCloseable {
        @Override
        public void close() {
            end.run();
        }
    }

    private static Target postgres(HikariDataSource pool) {
        return new Target(PostgresSides.store(pool), pool::close);
    }

    private static Target dynamoDb(String endpoint, String table) {
        DynamoDbAsyncClient client = DynamoDbAsyncClient.builder()
                .endpointOverride(URI.create(endpoint))
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(10)))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder())
                .build();
        return new Target(
                DynamoDbStore.builder(
                                client,
                                table,
                                RecordItemMapping.of(Sample.class)
                                        .partitionKey("id")
                                        .build(String.class))
                        .build(),
                client::close);
    }
}
