package io.github.dualwrite.examples.livemigration;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.verify.VerificationReport;
import java.io.PrintStream;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * Compares what an earlier run left there, or one that is under way writes, and changes nothing. This is what a job of an operator
 * looks like: the exit code is the report's.
 */
final class VerifyOnly {

    /** The exit code if nothing could be compared; the report's own are below it. */
    static final int FAILED = 128;

    private static final int CONNECTIONS = 6;

    private VerifyOnly() {}

    /**
     * Runs it and returns the exit code.
     *
     * @throws UsageException if there is nothing of this program's to compare
     */
    static int run(Options options, Coordinates servers, PrintStream out) throws Exception {
        try (HikariDataSource pool = servers.pool("verify-only", CONNECTIONS);
                DynamoDbAsyncClient client = DynamoDbClients.direct(servers)) {
            if (!PostgresGround.isThere(pool) || !new DynamoDbGround(client).isThere()) {
                throw new UsageException("there is nothing to verify: run this program with --keep first");
            }
            try (DualWriteRepository<UUID, Customer> repository = Repositories.idle(pool, client)) {
                VerificationReport<UUID> report =
                        repository.verification(Checking.settings()).run();
                out.println(options.json() ? report.json() : report.text() + "VERIFY exit=" + report.exitCode());
                return report.exitCode();
            }
        }
    }
}
