package io.github.dualwrite.examples.reliability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The command line: which program, and its options as {@code name=value}. The exit code is 0 if every check passed. */
public final class Reliability {

    private static final String USAGE = """
            faults    kills, stops and cuts processes off, by a seeded schedule
                      seed=N (default: a new one)
                      minutes=30, or rounds=N  round-seconds=50
                      faults=50 (in a round)  rate=60 (calls of a thread in a second)  old=1000 (records to copy)
                      sabotage=NONE | DROP_PENDING | CONFIRM_BLINDLY
            overload  writes ten times as much as the follower takes
                      rate=200 (writes in a second)  keys=1000
                      turns=3  turn-seconds=15 (healthy and overloaded, in turns)  minutes=4 (overloaded)  samples=24
            """;

    private static final int SECONDS_AROUND_A_ROUND = 10;

    private final Map<String, String> options = new HashMap<>();

    private Reliability(List<String> words) {
        for (String word : words) {
            int equals = word.indexOf('=');
            String name = word.substring(0, Math.max(0, equals));
            if (name.isEmpty() || !USAGE.contains(name + "=")) {
                throw new IllegalArgumentException("there is no option " + word + "\n" + USAGE);
            }
            options.put(name, word.substring(equals + 1));
        }
    }

    @SuppressWarnings("CatchAndPrintStackTrace") // it is the end of the program
    public static void main(String[] arguments) {
        boolean good = false;
        try { // an embedded server would keep a program alive whose main method has failed
            good = run(new ArrayList<>(List.of(arguments)));
        } catch (Exception e) {
            e.printStackTrace();
        }
        System.exit(good ? 0 : 1);
    }

    private static boolean run(List<String> words) throws Exception {
        String program = words.isEmpty() ? "" : words.remove(0);
        Reliability options = new Reliability(words);
        switch (program) {
            case "faults" -> {
                return new FaultRun(options.settings(), System.out).run().good();
            }
            case "overload" -> {
                return overload(options.plan());
            }
            default -> {
                System.out.print(USAGE);
                return false;
            }
        }
    }

    private static boolean overload(Overload.Plan plan) throws IOException, SQLException, InterruptedException {
        Path directory = Files.createTempDirectory("dualwrite-reliability");
        boolean good = false;
        try {
            good = new Overload(plan, System.out).run(directory).good();
        } finally {
            if (good) {
                Directories.delete(directory);
            } else {
                System.out.println("overload.log is in " + directory);
            }
        }
        return good;
    }

    private Settings settings() {
        long seconds = number("round-seconds", 50, 1);
        long minutes = number("minutes", 30, 1);
        return new Settings(
                number("seed", System.nanoTime() % 1_000_000, 0),
                (int) number("rounds", Math.max(1, minutes * 60 / (seconds + SECONDS_AROUND_A_ROUND)), 1),
                Duration.ofSeconds(seconds),
                (int) number("faults", 50, 1),
                (int) number("rate", 60, 1),
                (int) number("old", 1000, 1),
                Sabotage.valueOf(options.getOrDefault("sabotage", Sabotage.NONE.name())));
    }

    private Overload.Plan plan() {
        return new Overload.Plan(
                (int) number("rate", 200, 10),
                (int) number("keys", 1000, 20),
                (int) number("turns", 3, 0),
                Duration.ofSeconds(number("turn-seconds", 15, 1)),
                Duration.ofMinutes(number("minutes", 4, 1)),
                (int) number("samples", 24, 2));
    }

    private long number(String name, long otherwise, long least) {
        long number = options.containsKey(name) ? Long.parseLong(options.get(name)) : otherwise;
        if (number < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + number);
        }
        return number;
    }
}
