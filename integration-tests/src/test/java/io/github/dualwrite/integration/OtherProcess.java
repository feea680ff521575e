package io.github.dualwrite.integration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.integration.Pair.Account;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** Another instance of an application, which does not reach DynamoDB: writes what it is told to and says when that is done. */
final class OtherProcess {

    private OtherProcess() {}

    /** Arguments: host, port and database of PostgreSQL, and the table in DynamoDB. Input: a number for each write. */
    public static void main(String[] args) throws Exception {
        try (DynamoDbAsyncClient nowhere = DynamoDbAsyncClient.builder()
                        .endpointOverride(URI.create("http://127.0.0.1:1"))
                        .region(Region.EU_CENTRAL_1)
                        .credentialsProvider(
                                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                        .httpClientBuilder(NettyNioAsyncHttpClient.builder())
                        .build();
                DualWriteRepository<String, Account> repository = DualWriteRepository.builder(
                                "accounts",
                                PostgresStore.of(
                                        PostgresServer.dataSource(args[2], args[0], Integer.parseInt(args[1])),
                                        TableMapping.ofRecord(Account.class, String.class)
                                                .table("account")
                                                .key("id")
                                                .build()),
                                DynamoDbStore.builder(nowhere, args[3], Pair.ITEMS)
                                        .build())
                        .secondaryTimeout(Duration.ofSeconds(1))
                        .reconcileInBackground(false)
                        .build();
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println("open");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                boolean applied =
                        repository.save(Account.full("a", Long.parseLong(line))).secondaryApplied();
                System.out.println(applied ? "applied" : "pending " + line);
            }
        }
    }
}
