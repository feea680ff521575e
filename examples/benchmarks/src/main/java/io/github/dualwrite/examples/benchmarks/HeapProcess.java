package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.examples.benchmarks.harness.ChildProcess;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** The measured process of {@link HeapAfterLoad}: writes in asynchronous mode and shadowed reads, each key once, by 8 clients. */
final class HeapProcess {

    private static final int CLIENTS = 8;
    private static final String HEAP = "heap in use";
    private static final String SOME = "after the first tenth of the load";
    private static final String MUCH = "after the whole load";

    private HeapProcess() {}

    public static void main(String[] args) throws Exception {
        ChildProcess.main(args, HeapProcess::run);
        System.exit(0);
    }

    /** Arguments: PostgreSQL host, port and database. */
    static void run(Run run, List<String> args) throws Exception {
        int keys = run.profile().of(80, 20_000, 200_000);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try (HikariDataSource pool = Ground.pool(
                PostgresServer.dataSource(args.get(2), args.get(0), Integer.parseInt(args.get(1))), CLIENTS + 4)) {
            Ground.createTable(pool);
            // the secondary forgets what it gets, or its records would be counted
            try (DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                            "items", Ground.primary(pool), NoOpStores.follower())
                    .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                    .readRoute(ReadRoute.parse("secondary 50% shadow 10%"))
                    .backfillComplete(() -> true)
                    .build()) {
                Outcome outcome = new Contest(run, keys + " writes and as many reads", 0, 1)
                        .contender(SOME, round -> load(threads, repository, 0, keys / 10))
                        .contender(MUCH, round -> load(threads, repository, keys / 10, keys))
                        .run();
                outcome.line(SOME, HEAP, "MiB").report();
                outcome.line(MUCH, HEAP, "MiB")
                        .against(SOME)
                        .goal(Goal.ratioAtMost(1.25))
                        .report();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Map<String, Double> load(
            ExecutorService threads, DualWriteRepository<Long, Item> repository, int from, int to) throws Exception {
        var running = Stream.iterate(0, client -> client + 1)
                .limit(CLIENTS)
                .map(client -> threads.submit(() -> {
                    for (int i = from + client; i < to; i += CLIENTS) {
                        repository.save(Item.of(i, i));
                        if (repository.read((long) i).isEmpty()) {
                            throw new IllegalStateException("key " + i + " is not there");
                        }
                    }
                    return null;
                }))
                .toList();
        for (var each : running) {
            each.get();
        }
        return Map.of(HEAP, Ground.heapInUse());
    }
}
