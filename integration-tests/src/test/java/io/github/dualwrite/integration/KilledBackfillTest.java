package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillProgress;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.PairSides;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Two processes at once copy a table that is being written to, and are killed again and again. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class KilledBackfillTest {

    private static final int ROWS = 6_000;
    private static final int KILLED = 137; // 128 + SIGKILL

    /** For each process, so that ten of them do not come to the end before they are killed. */
    private static final int ROWS_PER_SECOND = 1_000;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Map<String, Sample> expected = new HashMap<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : open) {
            resource.close();
        }
    }

    private HikariDataSource database() {
        HikariDataSource pool = PostgresSides.database();
        open.add(pool);
        return pool;
    }

    private static String name(HikariDataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return connection.getCatalog();
        }
    }

    @ParameterizedTest
    @CsvSource({"PostgreSQL, 5", "DynamoDB, 1"}) // two kills in each round; the other store is slow to start
    @Tag("DW-2")
    @Tag("DW-3")
    @Tag("DW-7")
    void whereverProcessesAreKilledTheNextOnesGoOnUntilBothStoresAreEqual(String kind, int usual) throws Exception {
        int rounds = Integer.getInteger("dualwrite.kill.rounds", usual);
        long seed = Long.getLong("dualwrite.kill.seed", System.nanoTime());
        System.out.println("backfill to " + kind + ", killed with seed " + seed);
        Random random = new Random(seed);
        HikariDataSource from = database();
        PairScenario.Side source = PostgresSides.postgres("source", from);
        PairScenario.Side target;
        List<String> to;
        if (kind.equals("DynamoDB")) {
            String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);
            target = PairSides.dynamoDb(kind, table);
            to = List.of(DynamoDbServer.shared().endpoint().toString(), table);
        } else {
            HikariDataSource pool = database();
            target = PostgresSides.postgres(kind, pool);
            to = List.of(name(pool));
        }
        PostgresServer.execute(
                from,
                "INSERT INTO sample SELECT 'key ' || i, 'text ' || i, i FROM generate_series(0, " + (ROWS - 1)
                        + ") AS i",
                "ANALYZE sample");
        for (int i = 0; i < ROWS; i++) {
            expected.put("key " + i, Sample.of("key " + i, i));
        }

        try (DualWriteRepository<String, Sample> repository =
                BackfillingProcess.repository(source.authority(), target.follower())) {
            List<BackfillingProcess> next = two(name(from), to);
            long done = 0;
            for (int round = 0; round < rounds; round++) {
                List<BackfillingProcess> running = next;
                for (BackfillingProcess process : running) {
                    process.go(ROWS_PER_SECOND);
                }
                next = two(name(from), to); // they take their time to start
                for (BackfillingProcess victim : running) {
                    long until = done + 1 + random.nextInt(ROWS / 40);
                    done = write(repository, random, until);
                    LockSupport.parkNanos(random.nextInt(20_000_000)); // somewhere in a page
                    assertThat(done).as("there is something left to do").isLessThan(ROWS - ROWS / 10);
                    assertThat(victim.kill()).isEqualTo(KILLED);
                }
            }
            for (BackfillingProcess process : next) {
                process.go(Double.POSITIVE_INFINITY);
            }
            for (BackfillingProcess process : next) {
                assertThat(process.report()).contains("complete=true");
            }
            BackfillReport report = backfill(repository).report().orElseThrow();
            assertThat(report.complete()).isTrue();
            assertThat(report.applied() + report.skipped()).isEqualTo(report.read());
            assertThat(repository.reconciler().drain(Duration.ofMinutes(1)).drained())
                    .isTrue();
        }

        assertThat(source.records().get()).isEqualTo(expected);
        assertThat(target.records().get()).isEqualTo(expected);
    }

    private static Backfill<String, Sample> backfill(DualWriteRepository<String, Sample> repository) {
        return repository.backfill(BackfillingProcess.settings(ROWS_PER_SECOND));
    }

    private List<BackfillingProcess> two(String from, List<String> to) throws Exception {
        List<BackfillingProcess> two = List.of(BackfillingProcess.start(from, to), BackfillingProcess.start(from, to));
        two.forEach(process -> open.add(process::kill));
        return two;
    }

    /** Live writes, until so many rows were read by the backfill. */
    private long write(DualWriteRepository<String, Sample> repository, Random random, long until) {
        while (true) {
            String key = "key " + random.nextInt(ROWS + 100);
            if (random.nextInt(3) == 0) {
                Optional<?> unused = repository.delete(key);
                expected.remove(key);
            } else {
                Sample sample = Sample.of(key, random.nextInt());
                repository.save(sample);
                expected.put(key, sample);
            }
            long done = backfill(repository)
                    .progress()
                    .map(BackfillProgress::rowsDone)
                    .orElse(0L);
            if (done >= until) {
                return done;
            }
        }
    }
}
