package io.github.dualwrite.examples.livemigration;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The two databases: embedded ones, which end with this object, or those that exist already. */
final class Servers implements AutoCloseable {

    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final Coordinates coordinates;

    /** Starts what the options do not name. */
    Servers(Options options) {
        try {
            String jdbcUrl = options.jdbcUrl();
            @Nullable String user = options.jdbcUser();
            if (jdbcUrl == null) {
                EmbeddedPostgres postgres = postgres();
                started.push(postgres);
                jdbcUrl = "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/postgres";
                user = "postgres";
            }
            URI endpoint = options.dynamoDbEndpoint();
            if (endpoint == null) {
                EmbeddedDynamoDb dynamoDb = dynamoDb();
                started.push(dynamoDb);
                endpoint = dynamoDb.endpoint();
            }
            coordinates = new Coordinates(jdbcUrl, user, options.jdbcPassword(), endpoint, options.region());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    Coordinates coordinates() {
        return coordinates;
    }

    private static EmbeddedPostgres postgres() {
        try {
            return EmbeddedPostgres.builder()
                    .setServerConfig("listen_addresses", "127.0.0.1")
                    .setErrorRedirector(ProcessBuilder.Redirect.DISCARD)
                    .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException(
                    "the embedded PostgreSQL did not start; give one that runs with --jdbc-url", e);
        }
    }

    private static EmbeddedDynamoDb dynamoDb() {
        try {
            return EmbeddedDynamoDb.start();
        } catch (Exception | LinkageError e) {
            throw new IllegalStateException(
                    "the embedded DynamoDB did not start; give one that runs with --dynamodb-endpoint", e);
        }
    }

    @Override
    public void close() {
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (Exception e) { // the process ends anyway, and their data was made up
                System.err.println("a server did not stop cleanly: " + e);
            }
        }
    }
}
