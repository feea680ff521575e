package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.examples.benchmarks.harness.ChildProcess;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.util.List;

/** How much heap a repository holds on to after some and after much load, in a process of its own with a heap of 96 MiB. */
final class HeapAfterLoad {

    private HeapAfterLoad() {}

    static void run(Run run) throws Exception {
        PostgresServer postgres = PostgresServer.shared();
        ChildProcess.run(
                run,
                HeapProcess.class,
                HeapProcess::run,
                96,
                List.of(postgres.host(), Integer.toString(postgres.port()), postgres.newDatabaseName()));
    }
}
