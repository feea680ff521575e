package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.io.File;
import java.util.List;

/**
 * Draining the queue against a bare loop over the AWS SDK that makes the same conditional puts, as many at once, against the
 * same endpoint. Both run in a process of their own with a heap of 256 MiB; the servers run outside of it.
 */
final class DrainThroughput {

    private DrainThroughput() {}

    static void run() throws Exception {
        DynamoDbServer dynamo = DynamoDbServer.shared();
        PostgresServer postgres = PostgresServer.shared();
        Process process = new ProcessBuilder(List.of(
                        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DrainProcess.class.getName(),
                        dynamo.endpoint().toString(),
                        postgres.host(),
                        Integer.toString(postgres.port()),
                        postgres.newDatabaseName()))
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the drain ended with exit code " + process.exitValue());
        }
    }
}
