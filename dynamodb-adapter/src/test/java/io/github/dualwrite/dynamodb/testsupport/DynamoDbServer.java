package io.github.dualwrite.dynamodb.testsupport;

import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClientBuilder;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexUpdate;
import software.amazon.awssdk.services.dynamodb.model.IndexStatus;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * DynamoDB Local over the network: in a container where a Docker engine answers, otherwise in this process. Started once per
 * JVM, ended with it. Safe for use by many threads.
 */
public final class DynamoDbServer {

    private static final Logger log = LoggerFactory.getLogger(DynamoDbServer.class);
    private static final DockerImageName IMAGE = DockerImageName.parse("amazon/dynamodb-local:2.6.1");
    private static final int CONTAINER_PORT = 8000;
    private static final int PORT_ATTEMPTS = 5;

    /** Loads on first use, which starts the server. */
    private static final class Shared {
        private static final DynamoDbServer SERVER = start();
    }

    private final URI endpoint;
    private final SdkAsyncHttpClient http = NettyNioAsyncHttpClient.builder()
            .maxConcurrency(200)
            .maxPendingConnectionAcquires(100_000)
            .build();
    private final DynamoDbAsyncClient client;
    private final AtomicInteger tables = new AtomicInteger();

    private DynamoDbServer(URI endpoint) {
        this.endpoint = endpoint;
        this.client = newClient(builder -> {});
    }

    /** The server of this JVM. */
    public static DynamoDbServer shared() {
        return Shared.SERVER;
    }

    /** Where the server listens. */
    public URI endpoint() {
        return endpoint;
    }

    /** A client with the SDK's defaults. Do not close it. */
    public DynamoDbAsyncClient client() {
        return client;
    }

    /** Another client on the same connections; closing it leaves them open. */
    public DynamoDbAsyncClient newClient(Consumer<DynamoDbAsyncClientBuilder> configuration) {
        DynamoDbAsyncClientBuilder builder = builder(endpoint).httpClient(http);
        configuration.accept(builder);
        return builder.build();
    }

    /**
     * A client of a server that is not there, with connections of its own, which end with it. A call has a minute before the
     * client gives up, so that what it reports is the refused connection, however busy the machine is.
     */
    public static DynamoDbAsyncClient newClientOfNobody() {
        return builder(URI.create("http://127.0.0.1:1"))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder())
                .overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofMinutes(1)))
                .build();
    }

    private static DynamoDbAsyncClientBuilder builder(URI endpoint) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")));
    }

    /** Creates a table with a partition key and returns its name, which no other table has. */
    public String createTable(String partitionKey, ScalarAttributeType type) {
        return createTable(List.of(attribute(partitionKey, type)), List.of(element(partitionKey, KeyType.HASH)));
    }

    /** Creates a table with a partition key and a sort key and returns its name, which no other table has. */
    public String createTable(
            String partitionKey, ScalarAttributeType type, String sortKey, ScalarAttributeType sortKeyType) {
        return createTable(
                List.of(attribute(partitionKey, type), attribute(sortKey, sortKeyType)),
                List.of(element(partitionKey, KeyType.HASH), element(sortKey, KeyType.RANGE)));
    }

    /** Adds a global secondary index over one attribute to a table and waits until it is there. */
    public void createIndex(String table, String name, String attribute, ScalarAttributeType type) {
        client.updateTable(request -> request.tableName(table)
                        .attributeDefinitions(attribute(attribute, type))
                        .globalSecondaryIndexUpdates(GlobalSecondaryIndexUpdate.builder()
                                .create(index -> index.indexName(name)
                                        .keySchema(element(attribute, KeyType.HASH))
                                        .projection(all -> all.projectionType(ProjectionType.KEYS_ONLY)))
                                .build()))
                .join();
        while (!client
                .describeTable(request -> request.tableName(table))
                .join()
                .table()
                .globalSecondaryIndexes()
                .stream()
                .allMatch(index -> index.indexStatus() == IndexStatus.ACTIVE)) {
            Thread.onSpinWait();
        }
    }

    private String createTable(List<AttributeDefinition> attributes, List<KeySchemaElement> key) {
        String name = "table-" + tables.incrementAndGet();
        client.createTable(CreateTableRequest.builder()
                        .tableName(name)
                        .attributeDefinitions(attributes)
                        .keySchema(key)
                        .billingMode(BillingMode.PAY_PER_REQUEST)
                        .build())
                .join();
        return name;
    }

    private static AttributeDefinition attribute(String name, ScalarAttributeType type) {
        return AttributeDefinition.builder()
                .attributeName(name)
                .attributeType(type)
                .build();
    }

    private static KeySchemaElement element(String name, KeyType type) {
        return KeySchemaElement.builder().attributeName(name).keyType(type).build();
    }

    private static DynamoDbServer start() {
        return DockerClientFactory.instance().isDockerAvailable() ? inContainer() : inProcess();
    }

    @SuppressWarnings("resource") // lives as long as the JVM
    private static DynamoDbServer inContainer() {
        GenericContainer<?> container = new GenericContainer<>(IMAGE).withExposedPorts(CONTAINER_PORT);
        container.start();
        URI endpoint = URI.create("http://" + container.getHost() + ":" + container.getMappedPort(CONTAINER_PORT));
        log.info("DynamoDB Local runs in a container at {}", endpoint);
        return new DynamoDbServer(endpoint);
    }

    private static DynamoDbServer inProcess() {
        List<Exception> failures = new ArrayList<>();
        for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
            try {
                int port = freePort(); // may be taken by somebody else before the server has it
                DynamoDBProxyServer server = ServerRunner.createServerFromCommandLineArgs(
                        new String[] {"-inMemory", "-disableTelemetry", "-port", Integer.toString(port)});
                server.start();
                URI endpoint = URI.create("http://127.0.0.1:" + port);
                log.info("DynamoDB Local runs in this process at {}", endpoint);
                return new DynamoDbServer(endpoint);
            } catch (Exception e) {
                failures.add(e);
            }
        }
        IllegalStateException failed = new IllegalStateException(
                "DynamoDB Local does not start; it needs its native library in the directory that the system property"
                        + " sqlite4java.library.path names");
        failures.forEach(failed::addSuppressed);
        throw failed;
    }

    private static int freePort() throws java.io.IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
