package io.github.dualwrite.examples.reliability;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.ReadYourWrites;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.FollowerStore;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * Where the two tables of a round are, and the part that an application writes: two mappings and a repository over two stores.
 *
 * @param table in both stores
 */
record Place(int postgresPort, int dynamoDbPort, String table) {

    /** Reads of another process's writes are never staler than this. */
    static final Duration FLEET_BOUND = Duration.ofMillis(600);

    private static final Duration CALL_TIMEOUT = Duration.ofMillis(600);

    /** As arguments of a program. */
    List<String> arguments() {
        return List.of("" + postgresPort, "" + dynamoDbPort, table);
    }

    static Place of(List<String> arguments) {
        return new Place(Integer.parseInt(arguments.get(0)), Integer.parseInt(arguments.get(1)), arguments.get(2));
    }

    /** A pool that bears a server that is down, and gives a connection up that says nothing. */
    HikariDataSource pool(int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + postgresPort
                + "/postgres?user=postgres&connectTimeout=2&loginTimeout=3&socketTimeout=5&tcpKeepAlive=true");
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(2000);
        config.setValidationTimeout(1000);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    DynamoDbAsyncClient client() {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + dynamoDbPort))
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder()
                        .maxConcurrency(64)
                        .connectionTimeout(CALL_TIMEOUT)
                        .connectionAcquisitionTimeout(CALL_TIMEOUT))
                .overrideConfiguration(DynamoDbStore.clientOverrides(CALL_TIMEOUT))
                .build();
    }

    /** The table in PostgreSQL. */
    AuthorityStore<String, Entry> primary(DataSource dataSource) {
        return PostgresStore.of(
                dataSource,
                TableMapping.ofRecord(Entry.class, String.class)
                        .table(table)
                        .key("id")
                        .build());
    }

    /** The table in DynamoDB. */
    FollowerStore<String, Entry> secondary(DynamoDbAsyncClient client) {
        return DynamoDbStore.builder(
                        client,
                        table,
                        RecordItemMapping.of(Entry.class).partitionKey("id").build(String.class))
                .concurrency(8)
                .build();
    }

    /** A repository that is quick to give up and to try again, so that a round sees many faults. */
    DualWriteRepositoryBuilder<String, Entry> repository(
            DataSource dataSource, DynamoDbAsyncClient client, Sabotage sabotage) {
        return DualWriteRepository.builder(
                        table, sabotage.of(primary(dataSource), table, dataSource), sabotage.of(secondary(client)))
                .secondaryTimeout(Duration.ofMillis(700))
                .secondaryReadTimeout(Duration.ofMillis(400))
                .grace(Duration.ofMillis(1500))
                .readYourWrites(ReadYourWrites.fleet(FLEET_BOUND))
                .circuitBreakerConfig(CircuitBreakerConfig.custom()
                        .slidingWindowSize(20)
                        .minimumNumberOfCalls(10)
                        .waitDurationInOpenState(Duration.ofMillis(500))
                        .permittedNumberOfCallsInHalfOpenState(3)
                        .writableStackTraceEnabled(false)
                        .build())
                .reconcilerSettings(ReconcilerSettings.builder()
                        .batchSize(50)
                        .batchTimeout(Duration.ofSeconds(2))
                        .lease(Duration.ofSeconds(3))
                        .pollInterval(Duration.ofMillis(200))
                        .initialBackoff(Duration.ofMillis(100))
                        .maxBackoff(Duration.ofSeconds(2))
                        .build());
    }
}
