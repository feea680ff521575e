package io.github.dualwrite.examples.benchmarks;

import static io.github.dualwrite.examples.benchmarks.Sample.P50;
import static io.github.dualwrite.examples.benchmarks.Sample.P99;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.FollowerStore;
import java.time.Duration;
import java.util.function.IntConsumer;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Asynchronous {@code save} against the same upsert by plain JDBC: one client, local PostgreSQL with {@code synchronous_commit=on}. */
final class SaveLatency {

    private static final int KEYS = 10_000;
    private static final String PLAIN = "plain upsert";
    private static final String OURS = "save, asynchronous";

    private SaveLatency() {}

    static void run(Run run) throws Exception {
        measure(run, "secondary in memory", InMemoryStore.keyedBy(Item::id), Goal.ratioAtMost(1.15));
        DynamoDbServer server = DynamoDbServer.shared();
        measure(
                run,
                "secondary on DynamoDB Local, on the same processors",
                Ground.secondary(server.client(), server.createTable("id", ScalarAttributeType.N), 32),
                Goal.ratioAtMost(1.15));
    }

    static void measure(Run run, String what, FollowerStore<Long, Item> secondary, Goal goal) throws Exception {
        int calls = run.profile().of(10, 1000, 1500);
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 10)) {
            Ground.createTable(pool);
            try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                            "items", Ground.primary(pool), secondary)
                    .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                    .grace(Duration.ofSeconds(30))
                    .build()) {
                IntConsumer plain = i -> Jdbc.upsert(pool, Item.of(i % KEYS, i));
                IntConsumer ours = i -> repository.save(Item.of(i % KEYS, i));
                int warmUp = run.profile().of(0, 3000, KEYS);
                Sample unused = warmUp == 0 ? null : Sample.of(warmUp, plain.andThen(ours));
                Outcome outcome = new Contest(
                                run, what + ", 1 client", 0, run.profile().of(1, 5, 15))
                        .contender(PLAIN, round -> Sample.of(calls, plain).metrics())
                        .contender(OURS, round -> Sample.of(calls, ours).metrics())
                        .run();
                outcome.line(PLAIN, P50, "us").report();
                outcome.line(OURS, P50, "us").against(PLAIN).goal(goal).report();
                outcome.reportAll(P99, "us", PLAIN);
            }
        }
    }
}
