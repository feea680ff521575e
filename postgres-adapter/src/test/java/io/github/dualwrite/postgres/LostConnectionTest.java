package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.TransactionalWrites;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresProxy;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.testkit.Sample;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** The authority's connection breaks at an exact point of a write (DW-1). */
@Tag("DW-1")
class LostConnectionTest {

    private PostgresProxy proxy;
    private HikariDataSource pool;
    private TestRepository<String, Sample> test;

    @BeforeEach
    void open() throws SQLException {
        PostgresServer server = PostgresServer.shared();
        proxy = new PostgresProxy(server.host(), server.port());
        PGSimpleDataSource source = PostgresServer.dataSource(server.newDatabaseName(), "localhost", proxy.port());
        source.setSslMode("disable");
        HikariConfig config =
                PostgresPool.config(source, 2); // one that is made ahead would have its first request fail
        config.setConnectionTimeout(2000);
        pool = new HikariDataSource(config);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
        test = new TestRepository<>(PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()), Sample::id);
    }

    @AfterEach
    void close() {
        test.close();
        pool.close();
        proxy.close();
    }

    /** What the caller gets is an error of its own; that its keys may be committed is remembered all the same. */
    @Test
    @Tag("DW-5")
    void theAnswerToACallersCommitIsLostAndReadsGoToThePrimary() throws SQLException {
        try (TestRepository<String, Sample> onSecondary = new TestRepository<>(
                InMemoryStore.keyedBy(Sample::id),
                PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()),
                Duration.ofMinutes(1),
                ReadRoute.secondary())) {
            onSecondary.repository.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1), Sample.of("c", 1)));

            assertThatThrownBy(() -> JdbcTransaction.run(pool, tx -> {
                        TransactionalWrites<String, Sample> writes = onSecondary.repository.within(tx);
                        writes.save(Sample.of("a", 2));
                        writes.delete("b");
                        proxy.failNext(PostgresProxy.Fault.LOSE_ANSWER);
                        return null;
                    }))
                    .isInstanceOf(SQLException.class);

            assertThat(onSecondary.events(DualWriteEvent.AuthorityFailed.class))
                    .singleElement()
                    .satisfies(e -> {
                        assertThat(e.operation()).isEqualTo(Operation.COMMIT);
                        assertThat(e.keys().stream().map(Object::toString)).containsExactlyInAnyOrder("a", "b");
                        assertThat(e.error()).isInstanceOf(OutcomeUnknownException.class);
                    });
            assertThat(onSecondary.follower.records()).containsEntry("a", Sample.of("a", 1));
            Awaitility.await()
                    .untilAsserted(() -> assertThat(onSecondary.repository.readAll(List.of("a", "b")))
                            .containsOnly(Map.entry("a", Sample.of("a", 2))));
            assertThat(onSecondary.repository.readStatistics().readsByFollower())
                    .as("others are read where the flag says")
                    .isZero();
            assertThat(onSecondary.repository.read("c")).contains(Sample.of("c", 1));
            assertThat(onSecondary.repository.readStatistics().readsByFollower())
                    .isEqualTo(1);
        }
    }

    @Test
    void aLostAnswerIsOutcomeUnknownAndTheCommittedWriteIsPending() throws InterruptedException {
        proxy.failNext(PostgresProxy.Fault.LOSE_ANSWER);

        assertThatThrownBy(() -> test.repository.save(Sample.of("a", 1)))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("repository 'test'")
                .hasMessageContaining("key a");

        assertThat(test.repository.read("a")).contains(Sample.of("a", 1));
        assertThat(test.follower.records()).isEmpty();
        DrainReport report = test.repository.reconciler().drain(Duration.ofSeconds(30));
        assertThat(report.drained()).isTrue();
        assertThat(test.follower.records()).containsEntry("a", Sample.of("a", 1));
    }

    @Test
    void aLostRequestIsOutcomeUnknownAndNothingIsPending() {
        proxy.failNext(PostgresProxy.Fault.LOSE_REQUEST);

        assertThatThrownBy(() -> test.repository.save(Sample.of("a", 1))).isInstanceOf(OutcomeUnknownException.class);

        assertThat(test.repository.read("a")).isEmpty();
        assertThat(test.repository.reconciler().statistics().depth()).isZero();
    }

    @Test
    void aReadThatLosesItsConnectionIsTransient() {
        proxy.failNext(PostgresProxy.Fault.LOSE_ANSWER);

        assertThatThrownBy(() -> test.repository.read("a")).isInstanceOf(TransientStoreException.class);
    }

    @Test
    void anUnreachableServerIsTransientBecauseNothingWasSent() {
        proxy.close();
        pool.getHikariPoolMXBean().softEvictConnections();

        assertThatThrownBy(() -> test.repository.save(Sample.of("a", 1))).isInstanceOf(TransientStoreException.class);
    }
}
