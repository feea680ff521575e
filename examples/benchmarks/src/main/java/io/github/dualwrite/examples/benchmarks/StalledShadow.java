package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * What a follower that does not answer costs the reads that PostgreSQL answers: 1000 reads each second, all of them shadowed, and
 * each shadow read gets its answer after 30 s. As a measure of what such a ratio means on this machine, the same for two repositories without shadow reads.
 */
final class StalledShadow {

    private static final long PACE_NANOS = 1_000_000;
    private static final int KEYS = 1000;
    private static final String PLAIN = "not shadowed";

    private StalledShadow() {}

    static void run(Run run) throws Exception {
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 4)) {
            Ground.createTable(pool);
            try (DualWriteRepository<Long, Item> unshadowed = repository(pool, "plain", "primary");
                    DualWriteRepository<Long, Item> unshadowedToo = repository(pool, "plain2", "primary");
                    DualWriteRepository<Long, Item> shadowed = repository(pool, "shadowed", "primary shadow 100%")) {
                for (int i = 0; i < KEYS; i++) {
                    Jdbc.upsert(pool, Item.of(i, i));
                }
                int reads = run.profile().of(20, 1000, 3000);
                Outcome outcome = new Contest(
                                run,
                                "1000 reads a second, answered by the primary",
                                run.profile().of(0, 1, 1),
                                run.profile().of(1, 3, 11))
                        .contender(PLAIN, round -> paced(reads, unshadowed))
                        .contender("not shadowed either", round -> paced(reads, unshadowedToo))
                        .contender("all shadowed, follower stalled for 30 s", round -> paced(reads, shadowed))
                        .run();
                outcome.reportAll(Sample.P50, "us", PLAIN);
                outcome.line(PLAIN, Sample.P99, "us").report();
                outcome.line("not shadowed either", Sample.P99, "us")
                        .against(PLAIN)
                        .report();
                outcome.line("all shadowed, follower stalled for 30 s", Sample.P99, "us")
                        .against(PLAIN)
                        .goal(Goal.ratioAtMost(1.1))
                        .report();
            }
        }
    }

    private static DualWriteRepository<Long, Item> repository(HikariDataSource pool, String name, String route) {
        return DualWriteRepository.builder(name, Ground.primary(pool), NoOpStores.stalledFollower())
                .readRoute(ReadRoute.parse(route))
                .build();
    }

    private static Map<String, Double> paced(int reads, DualWriteRepository<Long, Item> repository) {
        return Sample.of(reads, PACE_NANOS, read(repository)).metrics();
    }

    private static IntConsumer read(DualWriteRepository<Long, Item> repository) {
        return i -> {
            if (repository.read((long) (i % KEYS)).isEmpty()) {
                throw new IllegalStateException("key " + i % KEYS + " is not there");
            }
        };
    }
}
