package io.github.dualwrite.examples.benchmarks;

import java.util.Locale;

/**
 * Runs the benchmarks that are named: {@code memory}, {@code reads}, {@code stalled}, {@code save}, {@code drain},
 * {@code follow}, {@code capture}, {@code backfill}, {@code verify}, {@code million}, or {@code all}, which are all but the million.
 */
public final class Benchmarks {

    private Benchmarks() {}

    /** Runs one or all; ends with exit code 2 if the name is not known. */
    public static void main(String[] args) throws Exception {
        String name = args.length == 0 ? "all" : args[0].toLowerCase(Locale.ROOT);
        System.setProperty("dualwrite.postgres.durable", "true");
        System.out.printf(
                "Java %s, %d processors, heap %d MiB%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20);
        switch (name) {
            case "memory" -> InMemoryCalls.run();
            case "reads" -> ReadRouting.run();
            case "stalled" -> StalledShadow.run();
            case "save" -> SaveLatency.run();
            case "drain" -> DrainThroughput.run();
            case "follow" -> FollowThroughput.run();
            case "capture" -> CaptureCost.run();
            case "backfill" -> BackfillRates.run();
            case "verify" -> VerificationRates.run();
            case "million" -> MillionRows.run();
            case "all" -> {
                InMemoryCalls.run();
                ReadRouting.run();
                StalledShadow.run();
                SaveLatency.run();
                DrainThroughput.run();
                FollowThroughput.run();
                CaptureCost.run();
                BackfillRates.run();
                VerificationRates.run();
            }
            default -> {
                System.err.println("unknown benchmark '" + name
                        + "': give memory, reads, stalled, save, drain, follow, capture, backfill, verify, million or all");
                System.exit(2);
            }
        }
        System.exit(0); // the servers' threads do not end by themselves
    }
}
