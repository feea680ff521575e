package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresProxy;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Each connection that a repository takes from the application's pool comes back, however a call ends. */
@Tag("DW-4")
class ConnectionLeakTest {

    /** {@code -Ddualwrite.leaks.cycles=10000} for a long run. */
    private static final int CYCLES = Integer.getInteger("dualwrite.leaks.cycles", 200);

    private static final int CONNECTIONS = 4;

    private final ExecutorService verifier = Executors.newSingleThreadExecutor();
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private PostgresProxy proxy;
    private HikariDataSource pool;
    private HikariDataSource followerPool;
    private volatile CompletableFuture<List<ApplyResult>> applied = new CompletableFuture<>();
    private final FollowerStore<String, Sample> follower = context -> new Follower<>() {
        @Override
        public String description() {
            return "a follower that takes nothing";
        }

        @Override
        public CompletableFuture<Void> check() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
            return applied;
        }

        @Override
        public CompletableFuture<Optional<Sample>> read(String key) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
            return CompletableFuture.completedFuture(Map.of());
        }
    };

    @BeforeEach
    void open() throws SQLException {
        PostgresServer server = PostgresServer.shared();
        proxy = new PostgresProxy(server.host(), server.port());
        pool = pool(PostgresServer.dataSource(server.newDatabaseName(), "localhost", proxy.port()));
        PostgresServer.execute(pool, "INSERT INTO sample SELECT 'old ' || i, 'x', 0 FROM generate_series(1, 50) AS i");
        followerPool = pool(PostgresServer.dataSource(server.newDatabaseName(), server.host(), server.port()));
    }

    private static HikariDataSource pool(PGSimpleDataSource source) throws SQLException {
        source.setSslMode("disable");
        HikariConfig config = PostgresPool.config(source, CONNECTIONS);
        config.setConnectionTimeout(5000);
        HikariDataSource pool = new HikariDataSource(config);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
        return pool;
    }

    @AfterEach
    void close() {
        verifier.shutdownNow();
        pool.close();
        followerPool.close();
        proxy.close();
    }

    private static int out(HikariDataSource pool) {
        return pool.getHikariPoolMXBean().getActiveConnections();
    }

    /** Something that may fail. */
    private interface Call {
        void run() throws InterruptedException;
    }

    private void ends(Call call) throws InterruptedException {
        try {
            call.run();
        } catch (DualWriteException e) { // it is made to
            assertThat(e.context().repository()).isEqualTo("leaks");
            outcomes.merge(e.getClass().getSimpleName(), 1, Integer::sum);
        }
    }

    private void count(String outcome, boolean happened) {
        outcomes.merge(outcome, happened ? 1 : 0, Integer::sum);
    }

    private void cycle(int number) throws InterruptedException {
        applied = number % 3 == 0
                ? new CompletableFuture<>() // it hangs
                : CompletableFuture.failedFuture(new IllegalStateException("no"));
        boolean real = number % 2 == 0;
        Future<?> verified = null;
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "leaks",
                        PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()),
                        real ? PostgresStore.of(followerPool, PostgresAuthorityContractTest.mapping()) : follower)
                .secondaryTimeout(Duration.ofMillis(real ? 1000 : 5))
                .readRoute(ReadRoute.parse("secondary"))
                .build()) {
            Sample sample = Sample.of("k" + number % 10, number);
            ends(() -> repository.save(sample));
            ends(() -> repository.create(sample)); // it is there
            ends(() -> repository.update(Sample.of("none", 1))); // it is not
            ends(() -> repository.read(sample.id()));
            ends(() -> repository.readAll(List.of(sample.id(), "none")));
            if (number % 5 == 0) {
                proxy.failNext(PostgresProxy.Fault.LOSE_ANSWER);
                ends(() -> repository.save(sample));
                ends(() -> repository.reconciler().drain(Duration.ofMillis(20)));
            }
            if (number % 10 == 4) { // only PostgreSQL takes a baseline
                Backfill<String, Sample> slow = repository.backfill(BackfillSettings.<Sample>builder()
                        .pageSize(1)
                        .rowsPerSecond(1)
                        .build());
                ends(() -> {
                    count(
                            "backfill ended by its deadline",
                            !slow.run(Duration.ofMillis(20)).complete());
                    slow.remove();
                });
            }
            if (number % 10 == 2) {
                Verification<String, Sample> slow =
                        repository.verification(VerificationSettings.<String, Sample>builder()
                                .rowsPerSecond(1)
                                .digestsInStores(false)
                                .build());
                Future<?> running = verifier.submit(() -> slow.run());
                verified = running;
                Awaitility.await()
                        .atMost(Duration.ofSeconds(30))
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> slow.progress().isPresent() || running.isDone());
            }
            ends(() -> repository.deleteAll(List.of(sample.id(), "none")));
            count("reads by the follower", repository.readStatistics().readsByFollower() > 0);
        }
        if (verified != null) { // the repository was closed meanwhile
            count("verification cancelled", isCancelled(verified));
        }
    }

    private static boolean isCancelled(Future<?> verified) throws InterruptedException {
        try {
            verified.get(30, TimeUnit.SECONDS);
            return false;
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(CancellationException.class);
            return true;
        } catch (TimeoutException e) {
            throw new AssertionError("a verification outlives its repository", e);
        }
    }

    @Test
    void everyConnectionComesBack() throws Exception {
        for (int i = 0; i < CYCLES; i++) { // with four connections, five that stay away would end this
            cycle(i);
        }
        System.out.println(CYCLES + " cycles: " + outcomes);

        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> out(pool) == 0 && out(followerPool) == 0);
        for (HikariDataSource each : List.of(pool, followerPool)) {
            try (Connection one = each.getConnection()) { // the check is itself tested
                assertThat(out(each)).isEqualTo(1);
                assertThat(one.isValid(1)).isTrue();
            }
        }
        for (String outcome : List.of(
                "RecordExistsException",
                "RecordNotFoundException",
                "OutcomeUnknownException",
                "reads by the follower",
                "backfill ended by its deadline",
                "verification cancelled")) {
            assertThat(outcomes.get(outcome)).as(outcome).isNotNull().isPositive();
        }
    }
}
