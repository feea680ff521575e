package io.github.dualwrite.examples.livemigration;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says.
 *
 * @param jdbcUrl a PostgreSQL that exists already, or {@code null} for an embedded one
 * @param dynamoDbEndpoint a DynamoDB that exists already, or {@code null} for an embedded one
 * @param seconds how long traffic runs
 * @param threads how many threads write and read in this process
 * @param rate calls per second, over all threads and processes
 * @param rows how many customers PostgreSQL holds before dual writes begin
 * @param verifyOnly whether only to compare what is there
 * @param json whether that report is JSON
 */
record Options(
        @Nullable String jdbcUrl,
        @Nullable String jdbcUser,
        @Nullable String jdbcPassword,
        @Nullable URI dynamoDbEndpoint,
        String region,
        int seconds,
        int threads,
        int rate,
        int rows,
        long seed,
        boolean plan,
        boolean keep,
        boolean verifyOnly,
        boolean json,
        boolean help) {

    static final String PASSWORD_VARIABLE = "DUALWRITE_JDBC_PASSWORD";

    static final String HELP = String.join(
            System.lineSeparator(),
            "live-migration: does every write arrive, whatever breaks?",
            "",
            "  --seconds N               how long traffic runs, 5 to 3600 (default 40)",
            "  --threads N               threads that write and read in this process, 1 to 64 (default 4)",
            "  --rate N                  calls per second over all threads, 10 to 100000 (default 300)",
            "  --rows N                  customers that are there before, 100 to 100000 (default 2500)",
            "  --seed N                  repeats the traffic of an earlier run, up to the threads' timing",
            "  --plan                    only says what it would do",
            "  --help                    this",
            "",
            "Servers that exist already, instead of embedded ones:",
            "  --jdbc-url URL            jdbc:postgresql://host:port/database",
            "  --jdbc-user USER",
            "  --jdbc-password PASSWORD  better: the environment variable " + PASSWORD_VARIABLE,
            "  --dynamodb-endpoint URL   http://host:port or https://host",
            "  --region REGION           of DynamoDB (default us-east-1)",
            "  --keep                    leaves schema and table there at the end",
            "  --verify-only             compares what a run with --keep left, or one under way writes, and changes nothing",
            "  --json                    with --verify-only: the report as JSON",
            "",
            "Exit code: 0 all is as it must be, 1 something is not, 2 nothing was done.",
            "With --verify-only that of the report: 0 equal, or a sum of 1 different, 2 missing, 4 extra, 8 in flight,",
            "16 unreadable or undecided, 32 not covered; 128 nothing could be compared.");

    /**
     * Reads a command line.
     *
     * @param environment gives environment variables
     * @throws UsageException if it makes no sense; says which option, and what is allowed
     */
    static Options parse(List<String> arguments, Function<String, @Nullable String> environment) {
        Arguments given = Arguments.of(
                arguments,
                List.of(
                        "jdbc-url",
                        "jdbc-user",
                        "jdbc-password",
                        "dynamodb-endpoint",
                        "region",
                        "seconds",
                        "threads",
                        "rate",
                        "rows",
                        "seed"),
                List.of("plan", "keep", "verify-only", "json", "help"));
        Map<String, String> values = given.values();
        String jdbcUrl = values.get("jdbc-url");
        if (jdbcUrl != null && !jdbcUrl.startsWith("jdbc:postgresql:")) {
            throw new UsageException("--jdbc-url must begin with jdbc:postgresql:");
        }
        if (jdbcUrl == null && (values.containsKey("jdbc-user") || values.containsKey("jdbc-password"))) {
            throw new UsageException("--jdbc-user and --jdbc-password need --jdbc-url");
        }
        boolean verifyOnly = given.flags().contains("verify-only");
        if (verifyOnly && (jdbcUrl == null || !values.containsKey("dynamodb-endpoint"))) {
            throw new UsageException("--verify-only needs --jdbc-url and --dynamodb-endpoint");
        }
        String password = values.get("jdbc-password");
        return new Options(
                jdbcUrl,
                values.get("jdbc-user"),
                password != null ? password : environment.apply(PASSWORD_VARIABLE),
                endpoint(values.get("dynamodb-endpoint")),
                values.getOrDefault("region", "us-east-1"),
                (int) given.number("seconds", 40, 5, 3600),
                (int) given.number("threads", 4, 1, 64),
                (int) given.number("rate", 300, 10, 100_000),
                (int) given.number("rows", 2500, 100, 100_000),
                given.number("seed", System.nanoTime() % 1_000_000, 0, Long.MAX_VALUE),
                given.flags().contains("plan"),
                given.flags().contains("keep"),
                verifyOnly,
                given.flags().contains("json"),
                given.flags().contains("help"));
    }

    private static @Nullable URI endpoint(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            URI uri = new URI(text);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (java.net.URISyntaxException e) {
            throw new UsageException("--dynamodb-endpoint is no URL: " + e.getReason());
        }
        throw new UsageException("--dynamodb-endpoint must be like http://localhost:8000 or https://host");
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return "seconds=" + seconds + " threads=" + threads + " rate=" + rate + " rows=" + rows + " seed=" + seed;
    }
}
