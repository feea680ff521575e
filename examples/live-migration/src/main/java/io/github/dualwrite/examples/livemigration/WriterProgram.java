package io.github.dualwrite.examples.livemigration;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * A second instance of the application, in a process of its own that is there to be killed. Writes asynchronously, notes what
 * was acknowledged in a file, and ends when its standard input does: at its parent's wish or death.
 */
final class WriterProgram {

    private WriterProgram() {}

    public static void main(String[] arguments) throws Exception {
        Arguments given = Arguments.of(
                List.of(arguments),
                List.of(
                        "jdbc-url",
                        "jdbc-user",
                        "dynamodb-endpoint",
                        "region",
                        "relay",
                        "journal",
                        "owner",
                        "seed",
                        "rate"),
                List.of());
        Coordinates servers = new Coordinates(
                given.required("jdbc-url"),
                given.values().get("jdbc-user"),
                System.getenv(Options.PASSWORD_VARIABLE),
                URI.create(given.required("dynamodb-endpoint")),
                given.required("region"));
        InetSocketAddress relay =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), (int) given.number("relay", 0, 1, 65_535));
        Path file = Path.of(given.required("journal"));
        Ledger past = new Ledger();
        past.existing(List.of(), Existing.REVISION);
        if (Files.exists(file)) {
            JournalFile.replay(file, 0, past);
        }
        try (JournalFile journal = new JournalFile(file);
                HikariDataSource pool = servers.pool("writer-process", 4);
                DynamoDbAsyncClient client = DynamoDbClients.throughRelay(servers, relay);
                DualWriteRepository<UUID, Customer> repository = Repositories.asynchronous(pool, client)) {
            Worker worker = new Worker(
                    repository,
                    (int) given.number("owner", 0, 1, 1000),
                    given.number("seed", 0, Long.MIN_VALUE, Long.MAX_VALUE) + past.highestRevision(),
                    given.number("rate", 100, 1, 100_000),
                    journal,
                    past.highestRevision(),
                    ReadWatch.NONE);
            worker.recover();
            Thread thread = new Thread(worker, "writer");
            thread.start();
            waitForEndOfInput();
            worker.stop();
            thread.join();
        }
    }

    private static void waitForEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
    }
}
