package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.PostgresProxy;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Each connection that a repository takes from the application's pool comes back, however a call ends. */
@Tag("DW-4")
class ConnectionLeakTest {

    private static final int CYCLES = 40;

    private PostgresProxy proxy;
    private HikariDataSource pool;
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
        PGSimpleDataSource source = PostgresServer.dataSource(server.newDatabaseName(), "localhost", proxy.port());
        source.setSslMode("disable");
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(4);
        config.setConnectionTimeout(5000);
        pool = new HikariDataSource(config);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
    }

    @AfterEach
    void close() {
        pool.close();
        proxy.close();
    }

    private int out() {
        return pool.getHikariPoolMXBean().getActiveConnections();
    }

    private static void ends(Runnable call) {
        try {
            call.run();
        } catch (DualWriteException e) { // it is made to
            assertThat(e.context().repository()).isEqualTo("leaks");
        }
    }

    private void cycle(int number) {
        applied = number % 3 == 0
                ? new CompletableFuture<>() // it hangs
                : CompletableFuture.failedFuture(new IllegalStateException("no"));
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "leaks", PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()), follower)
                .secondaryTimeout(Duration.ofMillis(5))
                .build()) {
            Sample sample = Sample.of("k" + number % 10, number);
            ends(() -> repository.save(sample));
            ends(() -> repository.create(sample)); // it is there
            ends(() -> repository.update(Sample.of("none", 1))); // it is not
            if (number % 5 == 0) {
                proxy.failNext(PostgresProxy.Fault.LOSE_ANSWER);
                ends(() -> repository.save(sample));
            }
            ends(() -> repository.deleteAll(List.of(sample.id(), "none")));
        }
    }

    @Test
    void everyConnectionComesBack() throws SQLException {
        for (int i = 0; i < CYCLES; i++) { // with four connections, five that stay away would end this
            cycle(i);
        }

        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> out() == 0);
        try (Connection one = pool.getConnection()) { // the check is itself tested
            assertThat(out()).isEqualTo(1);
            assertThat(one.isValid(1)).isTrue();
        }
    }
}
