package io.github.dualwrite.examples.livemigration;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * Moves live customers from PostgreSQL to DynamoDB while everything that can break does, and checks that nothing was lost.
 *
 * <p>Makes one schema and one table of its own and touches nothing else. Listens on the loopback address only. Ends with a line
 * that begins with {@code RESULT}, and with exit code 0 if all is as it must be, 1 if not, 2 if it refused to begin. With
 * {@code --verify-only} the exit code is that of {@link VerifyOnly}.
 */
public final class LiveMigration {

    private static final int EXTRA_CONNECTIONS = 10;

    private final PrintStream out;
    private final PrintStream err;
    private final Consumer<DynamoDbAsyncClient> beforeComparison;

    LiveMigration(PrintStream out, PrintStream err, Consumer<DynamoDbAsyncClient> beforeComparison) {
        this.out = out;
        this.err = err;
        this.beforeComparison = beforeComparison;
    }

    /** Runs it; {@code --help} shows the options. */
    public static void main(String[] arguments) {
        System.exit(new LiveMigration(System.out, System.err, client -> {}).run(List.of(arguments)));
    }

    /** Runs it and returns the exit code. */
    int run(List<String> arguments) {
        boolean verifyOnly = arguments.contains("--verify-only");
        try {
            Options options = Options.parse(arguments, System::getenv);
            if (options.help()) {
                out.println(Options.HELP);
                return 0;
            }
            if (options.verifyOnly()) {
                try (Servers servers = new Servers(options)) {
                    return VerifyOnly.run(options, servers.coordinates(), out);
                }
            }
            Plan.of(options).forEach(out::println);
            return options.plan() ? 0 : run(options);
        } catch (UsageException e) {
            err.println("live-migration: " + e.getMessage());
            return verifyOnly ? VerifyOnly.FAILED : 2;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            err.println("live-migration failed:");
            e.printStackTrace(err);
            return verifyOnly ? VerifyOnly.FAILED : 1;
        }
    }

    private int run(Options options) throws Exception {
        long start = System.nanoTime();
        try (Servers servers = new Servers(options)) {
            Result result = on(servers.coordinates(), options)
                    .with("seconds", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
            List<String> problems = result.problems();
            problems.forEach(problem -> out.println("NOT AS IT MUST BE: " + problem));
            out.println(result);
            return problems.isEmpty() ? 0 : 1;
        }
    }

    private Result on(Coordinates servers, Options options) throws Exception {
        try (WatchedPool pool = servers.watchedPool("live-migration", options.threads() + EXTRA_CONNECTIONS);
                DynamoDbAsyncClient direct = DynamoDbClients.direct(servers);
                PostgresGround postgres = new PostgresGround(pool)) {
            DynamoDbGround dynamoDb = new DynamoDbGround(direct); // both have looked before either makes anything
            Path workDirectory = Files.createTempDirectory("live-migration");
            try (Progress progress = Progress.on(out)) {
                postgres.make();
                dynamoDb.make();
                return new Story(options, servers, pool, direct, progress, beforeComparison).run(workDirectory);
            } finally {
                if (!options.keep()) {
                    dynamoDb.remove();
                    postgres.remove();
                }
                remove(workDirectory);
            }
        }
    }

    private static void remove(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
