package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Older applications, which do not know the library, beside newer ones. */
@Tag("DW-1")
@Tag("DW-2")
@Tag("DW-3")
@NeedsPostgres(14)
class CaptureRollingTest {

    private static final int KEYS = 24;
    private static final int ROUNDS = 250;

    private static CaptureGround ground;

    @BeforeAll
    static void open() throws SQLException {
        ground = new CaptureGround();
    }

    @AfterAll
    static void close() {
        ground.close();
    }

    @BeforeEach
    void reset() {
        ground.reset();
    }

    @FunctionalInterface
    private interface Step {
        void run(SplittableRandom random) throws Exception;
    }

    /** Runs a step again and again; what loses a race against another writer is not repeated, but most must not. */
    private static Callable<Void> repeated(long seed, Step step) {
        return () -> {
            SplittableRandom random = new SplittableRandom(seed);
            int done = 0;
            for (int i = 0; i < ROUNDS; i++) {
                try {
                    step.run(random);
                    done++;
                } catch (SQLException e) {
                    if (!List.of("40P01", "23505").contains(e.getSQLState())) {
                        throw e;
                    }
                } catch (RecordExistsException | RecordNotFoundException | TransientStoreException expected) {
                    // lost a race
                }
            }
            assertThat(done).as("of %s, seed %s", ROUNDS, seed).isGreaterThan(ROUNDS / 2);
            return null;
        };
    }

    private static void runAll(List<Callable<Void>> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(work.size());
        try {
            for (Future<Void> end : threads.invokeAll(work, 3, TimeUnit.MINUTES)) {
                end.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static String key(SplittableRandom random) {
        return "'" + random.nextInt(KEYS) + "'";
    }

    private static void raw(SplittableRandom random) throws SQLException {
        long number = random.nextLong(1_000_000);
        String sql = switch (random.nextInt(7)) {
            case 0 -> "DELETE FROM sample WHERE id = " + key(random);
            case 1 -> "UPDATE sample SET id = " + key(random) + " WHERE id = " + key(random);
            case 2 ->
                "UPDATE sample SET number = " + number + " WHERE id IN (" + key(random) + ", " + key(random) + ", "
                        + key(random) + ")";
            case 3 -> "UPDATE sample SET text = 'raw', number = " + number + " WHERE id = " + key(random);
            case 4 -> "INSERT INTO sample VALUES (" + key(random) + ", 'raw', " + number + ")";
            default ->
                "INSERT INTO sample VALUES (" + key(random) + ", 'raw', " + number
                        + ") ON CONFLICT (id) DO UPDATE SET number = excluded.number";
        };
        try (Connection connection = ground.pool.getConnection()) {
            boolean several = random.nextInt(4) == 0;
            connection.setAutoCommit(!several);
            try {
                CaptureGround.execute(connection, sql);
                if (several) {
                    CaptureGround.execute(
                            connection, "UPDATE sample SET number = number + 1 WHERE id = " + key(random));
                    if (random.nextInt(3) == 0) {
                        connection.rollback();
                    }
                    connection.commit();
                }
            } finally {
                if (several) {
                    connection.rollback();
                    connection.setAutoCommit(true);
                }
            }
        }
    }

    @Test
    void oldAndNewApplicationsTogetherLoseNothing() throws Exception {
        long seed = System.nanoTime();
        try (TestRepository<String, Sample> test = ground.repository();
                TestRepository<String, Sample> other =
                        new TestRepository<>(test.follower, ground.store(), Duration.ofSeconds(1))) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                work.add(repeated(seed + i, CaptureRollingTest::raw));
            }
            for (TestRepository<String, Sample> each : List.of(test, other)) {
                work.add(repeated(seed + work.size(), random -> library(each, random)));
            }
            work.add(repeated(seed, random -> {
                if (random.nextInt(25) == 0) {
                    test.repository.reconciler().drain(Duration.ofMillis(50));
                }
                if (random.nextInt(120) == 0) {
                    ground.run("TRUNCATE sample");
                }
            }));

            runAll(work);

            assertThat(test.repository
                            .reconciler()
                            .drain(Duration.ofSeconds(60))
                            .drained())
                    .as("seed " + seed)
                    .isTrue();
            assertThat(test.follower.records()).as("seed " + seed).isEqualTo(ground.stored());
        }
    }

    private static void library(TestRepository<String, Sample> test, SplittableRandom random) {
        String id = Integer.toString(random.nextInt(KEYS));
        Sample sample = Sample.of(id, random.nextLong(1_000_000));
        switch (random.nextInt(5)) {
            case 0 -> test.repository.delete(id);
            case 1 -> test.repository.create(sample);
            case 2 -> test.repository.update(sample);
            case 3 -> test.repository.saveAll(List.of(sample, Sample.of(Integer.toString(random.nextInt(KEYS)), 1)));
            default -> test.repository.save(sample);
        }
    }

    /** Two tables that share no row: what their writers have in common is the pending write alone. */
    @Test
    void writesToTheTablesOfAnAggregateAreCaptured() throws Exception {
        ground.run(
                "DROP TABLE IF EXISTS sample_text, sample_number",
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL)",
                "CREATE INDEX ON sample_text (id)",
                "CREATE INDEX ON sample_number (id)");
        for (String table : List.of("sample_text", "sample_number")) {
            CaptureTrigger part = CaptureTrigger.part(ground.schema, "test", table)
                    .key("id", ColumnType.TEXT)
                    .build();
            part.install(ground.pool, CaptureGround.LOCK_WAIT);
            assertThat(part.status(ground.pool).active()).isTrue();
        }
        assertThat(ground.changedBy("INSERT INTO sample_text VALUES ('a', ''), ('a', ''), (NULL, ''), ('b', '')"))
                .containsOnlyKeys("a", "b");
        assertThat(ground.changedBy("UPDATE sample_text SET id = 'c' WHERE id = 'a'"))
                .containsOnlyKeys("a", "c");
        assertThat(ground.changedBy("TRUNCATE sample_text")).containsOnlyKeys("b", "c");

        AggregateMapping<String, Sample> mapping = new AggregateContractTest.TwoTables();
        long seed = System.nanoTime();
        try (TestRepository<String, Sample> test =
                new TestRepository<>(PostgresStore.of(ground.pool, mapping).schema(ground.schema), Sample::id)) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                String table = i % 2 == 0 ? "sample_number SET number = " : "sample_text SET text = ";
                work.add(repeated(seed + i, random -> {
                    try (Connection connection = ground.pool.getConnection()) {
                        CaptureGround.execute(
                                connection, "UPDATE " + table + random.nextInt(1000) + " WHERE id = " + key(random));
                    }
                }));
            }
            for (int i = 0; i < 2; i++) {
                work.add(repeated(seed + 10 + i, random -> {
                    String id = Integer.toString(random.nextInt(KEYS));
                    test.repository.save(Sample.of(id, random.nextLong(1000)));
                    if (random.nextInt(10) == 0) {
                        test.repository.reconciler().drain(Duration.ofMillis(20));
                    }
                }));
            }

            runAll(work);

            assertThat(test.repository
                            .reconciler()
                            .drain(Duration.ofSeconds(60))
                            .drained())
                    .as("seed " + seed)
                    .isTrue();
            Map<String, Sample> stored = new TreeMap<>();
            try (Connection connection = ground.pool.getConnection()) {
                for (int i = 0; i < KEYS; i++) {
                    mapping.load(connection, Integer.toString(i)).ifPresent(s -> stored.put(s.id(), s));
                }
            }
            assertThat(test.follower.records()).as("seed " + seed).isEqualTo(stored);
        }
    }
}
