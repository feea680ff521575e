package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

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
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The authority's connection breaks at an exact point of a write (DW-1). */
@Tag("DW-1")
class LostConnectionTest {

    private PostgresProxy proxy;
    private PGSimpleDataSource source;
    private HikariDataSource pool;
    private TestRepository<String, Sample> test;

    @BeforeEach
    void open() throws SQLException {
        PostgresServer server = PostgresServer.shared();
        proxy = new PostgresProxy(server.host(), server.port());
        source = PostgresServer.dataSource(server.newDatabaseName(), "localhost", proxy.port());
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

    /** A verb, which changes one of the records that are there, and the keys of those that it may change. */
    private record Verb(Consumer<Authority<String, Sample>> call, List<String> keys) {}

    private static final Map<String, Verb> VERBS = Map.of(
            "create", new Verb(authority -> authority.create(Sample.of("new", 1)), List.of("new")),
            "update", new Verb(authority -> authority.update(Sample.of("a", 2)), List.of("a")),
            "save", new Verb(authority -> authority.save(Sample.of("a", 2)), List.of("a")),
            "delete", new Verb(authority -> authority.delete("a"), List.of("a")),
            "saveAll",
                    new Verb(
                            authority -> authority.saveAll(List.of(Sample.of("a", 2), Sample.of("new", 1))),
                            List.of("a", "new")),
            "deleteAll", new Verb(authority -> authority.deleteAll(List.of("a", "b", "none")), List.of("a", "b")));

    /** Whichever request or answer is lost: what is stored is pending, what is not is not, and only a lost commit hides which. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whereverAVerbLosesItsConnectionItsChangesArePendingExactlyIfTheyAreStored(boolean byHand) throws SQLException {
        pool.close();
        pool = PostgresPool.of(source, 1); // no other connection is made meanwhile, and meets the fault
        PostgresServer.execute(
                pool,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint)");
        Authority<String, Sample> authority = (byHand
                        ? PostgresStore.of(pool, new AggregateContractTest.TwoTables())
                        : PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()))
                .openAuthority(new StoreContext("verbs", Duration.ZERO));
        for (String name : byHand ? List.of("create", "save", "deleteAll") : List.copyOf(VERBS.keySet())) {
            Verb verb = Objects.requireNonNull(VERBS.get(name));
            int requests = requestsOf(authority, verb, Integer.MAX_VALUE, PostgresProxy.Fault.NONE);
            assertThat(requests).as(name).matches(n -> byHand ? n > 3 : n == 1);
            for (int lost = 1; lost <= requests; lost++) {
                for (PostgresProxy.Fault fault :
                        List.of(PostgresProxy.Fault.LOSE_REQUEST, PostgresProxy.Fault.LOSE_ANSWER)) {
                    int unused = requestsOf(authority, verb, lost - 1, fault);

                    String point = name + ": " + fault + " of request " + lost + " of " + requests;
                    assertThat(thrown)
                            .as(point)
                            .isInstanceOf(
                                    lost == requests ? OutcomeUnknownException.class : TransientStoreException.class);
                    boolean committed = lost == requests && fault == PostgresProxy.Fault.LOSE_ANSWER;
                    assertThat(authority.queue().pendingAmong(List.of("a", "b", "new", "none")))
                            .as(point)
                            .containsExactlyInAnyOrderElementsOf(committed ? verb.keys() : List.of());
                    assertThat(authority.readAll(List.of("a", "b", "new")).equals(before))
                            .as(point)
                            .isEqualTo(!committed);
                }
            }
        }
    }

    private @Nullable Throwable thrown;
    private Map<String, Sample> before = Map.of();

    /** Runs a verb on two records of which nothing is pending, losing one request, and returns how many there were. */
    private int requestsOf(Authority<String, Sample> authority, Verb verb, int lostAfter, PostgresProxy.Fault fault)
            throws SQLException {
        authority.deleteAll(List.of("new"));
        authority.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1)));
        PostgresServer.execute(pool, "DELETE FROM dualwrite.pending_write");
        before = authority.readAll(List.of("a", "b", "new")); // on the connection that the verb will get
        int requests = proxy.roundTrips();
        proxy.failAfter(lostAfter, fault);
        thrown = catchThrowable(() -> verb.call().accept(authority));
        requests = proxy.roundTrips() - requests;
        proxy.failNext(PostgresProxy.Fault.NONE);
        return requests;
    }
}
