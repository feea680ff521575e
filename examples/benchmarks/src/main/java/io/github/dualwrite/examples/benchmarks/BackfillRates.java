package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.examples.benchmarks.harness.Run;

/** How fast a backfill is, and what live traffic notices of it. */
final class BackfillRates {

    private BackfillRates() {}

    static void run(Run run) throws Exception {
        BackfillToPostgres.run(run);
        BackfillToDynamoDb.run(run);
        BackfillBesideTraffic.run(run);
    }
}
