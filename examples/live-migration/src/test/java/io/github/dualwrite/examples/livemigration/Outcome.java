package io.github.dualwrite.examples.livemigration;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** What a run of the program printed and returned. */
record Outcome(int exitCode, String out, String err) {

    static Outcome of(Consumer<DynamoDbAsyncClient> beforeComparison, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = new LiveMigration(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        beforeComparison)
                .run(List.of(arguments));
        return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static Outcome of(String... arguments) {
        return of(client -> {}, arguments);
    }

    /** The numbers of the last line, which must be the result. */
    Map<String, Long> result() {
        List<String> lines = out.lines().toList();
        String last = lines.get(lines.size() - 1);
        if (!last.startsWith("RESULT ")) {
            throw new AssertionError("no result:\n" + out + err);
        }
        return Stream.of(last.substring("RESULT ".length()).split(" "))
                .map(pair -> pair.split("="))
                .collect(Collectors.toMap(pair -> pair[0], pair -> Long.valueOf(pair[1])));
    }
}
