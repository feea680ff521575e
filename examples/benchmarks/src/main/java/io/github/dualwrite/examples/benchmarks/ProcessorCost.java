package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Where the processors' time of a write goes: an asynchronous {@code save} against the plain upsert, all that each costs client and server until nothing of it is
 * pending. Of the server those processes count that are there before and after.
 */
final class ProcessorCost {

    private static final String PLAIN = "plain upsert";
    private static final String OURS = "save, asynchronous";
    private static final String CLIENT = "processor time of the client, for a write";
    private static final String SERVER = "processor time of the server, for a write";
    private static final String BOTH = "processor time of both, for a write";
    private static final int MOST_CLIENTS = 8;

    private ProcessorCost() {}

    static void run(Run run) throws Exception {
        int writes = run.profile().of(40, 1_000, 8_000);
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), MOST_CLIENTS + 2)) {
            Ground.createTable(pool);
            try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                            "items", Ground.primary(pool), InMemoryStore.<Long, Item>keyedBy(Item::id))
                    .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                    .grace(Duration.ofSeconds(30))
                    .build()) {
                for (int clients : new int[] {1, MOST_CLIENTS}) {
                    Outcome outcome = new Contest(
                                    run,
                                    "secondary in memory, " + clients + (clients == 1 ? " client" : " clients"),
                                    run.profile().of(0, 1, 2),
                                    run.profile().of(1, 3, 9))
                            .contender(
                                    PLAIN, round -> measured(pool, repository, Writers.upsert(pool), clients, writes))
                            .contender(
                                    OURS,
                                    round -> measured(
                                            pool,
                                            repository,
                                            (item, revision) -> repository.save(item),
                                            clients,
                                            writes))
                            .run();
                    outcome.reportAll(CLIENT, "us", PLAIN);
                    outcome.reportAll(SERVER, "us", PLAIN);
                    outcome.reportAll(BOTH, "us", PLAIN);
                }
            }
        }
    }

    private static Map<String, Double> measured(
            HikariDataSource pool, DualWriteRepository<?, ?> repository, Writer writer, int clients, int writes)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            ProcessorTime before = ProcessorTime.now(pool);
            Map<String, Double> unused = new WriteRound(writer, null, clients, writes).measure(threads);
            while (repository.reconciler().statistics().depth() > 0) {
                Thread.sleep(200); // the server pays for each look
            }
            ProcessorTime spent = ProcessorTime.now(pool).since(before);
            return metrics(spent, writes);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Map<String, Double> metrics(ProcessorTime spent, int writes) {
        double forAWrite = 1e6 / writes;
        return Map.of(
                CLIENT,
                spent.client() * forAWrite,
                SERVER,
                spent.server() * forAWrite,
                BOTH,
                (spent.client() + spent.server()) * forAWrite);
    }
}
