package io.github.dualwrite.examples.reliability;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The command line: which program, and its options as {@code name=value}. */
public final class Reliability {

    private static final String USAGE = """
            faults    kills, stops and cuts processes off, by a seeded schedule
                      seed=N  minutes=30 | rounds=N  round-seconds=50  faults=50 (in a round)  rate=20 (calls of a thread in a second)
                      sabotage=NONE | DROP_PENDING | CONFIRM_BLINDLY
            overload  writes ten times as much as the follower takes
                      rate=200 (writes in a second)  keys=2000  turns=3  turn-seconds=20  minutes=4  samples=24
            """;

    private static final int SECONDS_AROUND_A_ROUND = 10;

    private Reliability() {}

    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of(arguments));
        String program = words.isEmpty() ? "" : words.remove(0);
        Map<String, String> options = new HashMap<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            options.put(word.substring(0, Math.max(0, equals)), word.substring(equals + 1));
        }
        if (program.equals("faults")) {
            boolean good = new FaultRun(settings(options), System.out).run().good();
            System.exit(good ? 0 : 1);
        }
        if (program.equals("overload")) {
            Path directory = Files.createTempDirectory("dualwrite-reliability");
            boolean good = new Overload(plan(options), System.out).run(directory).good();
            Directories.delete(directory);
            System.exit(good ? 0 : 1);
        }
        System.out.print(USAGE);
        System.exit(2);
    }

    private static Settings settings(Map<String, String> options) {
        long seed = number(options, "seed", System.nanoTime() % 1_000_000);
        long seconds = number(options, "round-seconds", 50);
        long minutes = number(options, "minutes", 30);
        long rounds = number(options, "rounds", Math.max(1, minutes * 60 / (seconds + SECONDS_AROUND_A_ROUND)));
        return new Settings(
                seed,
                (int) rounds,
                Duration.ofSeconds(seconds),
                (int) number(options, "faults", seconds),
                (int) number(options, "rate", 20),
                (int) number(options, "old", 20 * seconds),
                Sabotage.valueOf(options.getOrDefault("sabotage", Sabotage.NONE.name())));
    }

    private static Overload.Plan plan(Map<String, String> options) {
        return new Overload.Plan(
                (int) number(options, "rate", 200),
                (int) number(options, "keys", 2000),
                (int) number(options, "turns", 3),
                Duration.ofSeconds(number(options, "turn-seconds", 20)),
                Duration.ofMinutes(number(options, "minutes", 4)),
                (int) number(options, "samples", 24));
    }

    private static long number(Map<String, String> options, String name, long otherwise) {
        return options.containsKey(name) ? Long.parseLong(options.get(name)) : otherwise;
    }
}
