package io.github.dualwrite.examples.benchmarks;

/** How fast a backfill is, and what live traffic notices of it. */
final class BackfillRates {

    private BackfillRates() {}

    static void run() throws Exception {
        BackfillToPostgres.run(300_000, 7);
        BackfillToDynamoDb.run(6_000, 5);
        BackfillBesideTraffic.run(1_000_000, 7);
    }
}
