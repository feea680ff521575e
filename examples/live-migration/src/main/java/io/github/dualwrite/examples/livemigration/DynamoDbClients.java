package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.dynamodb.DynamoDbStore;
import java.net.InetSocketAddress;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.auth.credentials.SystemPropertyCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.ProxyConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClientBuilder;

/** Clients of DynamoDB: the application's, which goes through the relay, and one that goes straight there. */
final class DynamoDbClients {

    private static final Duration CALL_TIMEOUT = Duration.ofMillis(500);

    private DynamoDbClients() {}

    /** The client of a repository: short, without retries, through the relay. */
    static DynamoDbAsyncClient throughRelay(Coordinates servers, InetSocketAddress relay) {
        return client(servers)
                .httpClientBuilder(NettyNioAsyncHttpClient.builder()
                        .maxConcurrency(64)
                        .connectionTimeout(CALL_TIMEOUT)
                        .connectionAcquisitionTimeout(CALL_TIMEOUT)
                        .proxyConfiguration(proxies()
                                .scheme("http")
                                .host(relay.getAddress().getHostAddress())
                                .port(relay.getPort())
                                .build()))
                .overrideConfiguration(DynamoDbStore.clientOverrides(CALL_TIMEOUT))
                .build();
    }

    /** A client for making and comparing tables. */
    static DynamoDbAsyncClient direct(Coordinates servers) {
        NettyNioAsyncHttpClient.Builder http = NettyNioAsyncHttpClient.builder();
        if (plain(servers)) {
            http.proxyConfiguration(proxies().build());
        }
        return client(servers).httpClientBuilder(http).build();
    }

    private static DynamoDbAsyncClientBuilder client(Coordinates servers) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(servers.dynamoDb())
                .region(Region.of(servers.region()))
                .credentialsProvider(credentials(servers));
    }

    private static ProxyConfiguration.Builder proxies() {
        return ProxyConfiguration.builder().useSystemPropertyValues(false).useEnvironmentVariableValues(false);
    }

    private static boolean plain(Coordinates servers) {
        return "http".equals(servers.dynamoDb().getScheme());
    }

    /** DynamoDB Local takes any credentials, but wants some. */
    private static AwsCredentialsProvider credentials(Coordinates servers) {
        return plain(servers)
                ? AwsCredentialsProviderChain.of(
                        EnvironmentVariableCredentialsProvider.create(),
                        SystemPropertyCredentialsProvider.create(),
                        StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                : DefaultCredentialsProvider.builder().build();
    }
}
