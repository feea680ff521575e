package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import java.sql.SQLException;
import java.util.function.IntConsumer;

/**
 * What a follower that does not answer costs the reads that PostgreSQL answers: 1000 reads each second, all of them shadowed, and
 * each shadow read gets its answer after 30 s. Rounds without and with shadow reads in turn; the median of the ratios of their
 * 99th percentiles. As a measure of what such a ratio means on this machine, the same for two repositories without shadow reads.
 */
final class StalledShadow {

    private static final int ROUNDS = 11;
    private static final int READS = 3000;
    private static final long PACE_NANOS = 1_000_000;
    private static final int KEYS = 1000;

    private StalledShadow() {}

    static void run() throws SQLException {
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 4)) {
            Ground.createTable(pool);
            try (DualWriteRepository<Long, Item> unshadowed = repository(pool, "plain", "primary");
                    DualWriteRepository<Long, Item> unshadowedToo = repository(pool, "plain2", "primary");
                    DualWriteRepository<Long, Item> shadowed = repository(pool, "shadowed", "primary shadow 100%")) {
                for (int i = 0; i < KEYS; i++) {
                    unshadowed.save(Item.of(i, i));
                }
                Sample.of(READS, read(unshadowed));
                Sample.of(READS, read(unshadowedToo));
                Sample.of(READS, read(shadowed));
                compare("nothing shadowed in either", unshadowed, unshadowedToo);
                compare("all shadowed, follower stalled for 30 s", unshadowed, shadowed);
            }
        }
    }

    private static DualWriteRepository<Long, Item> repository(HikariDataSource pool, String name, String route) {
        return DualWriteRepository.builder(name, Ground.primary(pool), NoOpStores.stalledFollower())
                .readRoute(ReadRoute.parse(route))
                .build();
    }

    private static void compare(
            String what, DualWriteRepository<Long, Item> plain, DualWriteRepository<Long, Item> other) {
        double[] ratios = new double[ROUNDS];
        double[] medians = new double[ROUNDS];
        double[] plainMedians = new double[ROUNDS];
        double[] plains = new double[ROUNDS];
        double[] others = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            boolean plainFirst = round % 2 == 0;
            Sample first = Sample.of(READS, PACE_NANOS, read(plainFirst ? plain : other));
            Sample second = Sample.of(READS, PACE_NANOS, read(plainFirst ? other : plain));
            Sample without = plainFirst ? first : second;
            Sample with = plainFirst ? second : first;
            plains[round] = without.micros(0.99);
            others[round] = with.micros(0.99);
            ratios[round] = others[round] / plains[round];
            plainMedians[round] = without.micros(0.5);
            medians[round] = with.micros(0.5) / plainMedians[round];
        }
        System.out.printf(
                "authority reads, 1000 each second, %s: p99 %.0f us, beside it %.0f us, ratio %.2f (from %.2f to %.2f),"
                        + " ratio of medians %.2f, beside it %.0f us (medians of %d alternating rounds of %d)%n",
                what,
                Sample.median(others),
                Sample.median(plains),
                Sample.median(ratios),
                Sample.least(ratios),
                Sample.greatest(ratios),
                Sample.median(medians),
                Sample.median(plainMedians),
                ROUNDS,
                READS);
    }

    private static IntConsumer read(DualWriteRepository<Long, Item> repository) {
        return i -> {
            if (repository.read((long) (i % KEYS)).isEmpty()) {
                throw new IllegalStateException("key " + i % KEYS + " is not there");
            }
        };
    }
}
