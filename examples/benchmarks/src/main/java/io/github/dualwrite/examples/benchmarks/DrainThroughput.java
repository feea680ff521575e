package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.examples.benchmarks.harness.ChildProcess;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.util.List;

/**
 * Draining the queue against a bare loop over the AWS SDK that makes the same conditional puts, as many at once, against the
 * same endpoint. Both run in a process of their own with a heap of 256 MiB; the servers run outside of it.
 */
final class DrainThroughput {

    private DrainThroughput() {}

    static void run(Run run) throws Exception {
        PostgresServer postgres = PostgresServer.shared();
        ChildProcess.run(
                run,
                DrainProcess.class,
                DrainProcess::run,
                256,
                List.of(
                        DynamoDbServer.shared().endpoint().toString(),
                        postgres.host(),
                        Integer.toString(postgres.port()),
                        postgres.newDatabaseName()));
    }
}
