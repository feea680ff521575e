package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.TransactionalWrites;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.CallerTransaction;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Writes inside a transaction that the caller runs. TRAPS 6, 16. */
class CallerTransactionTest {

    private HikariDataSource database;
    private TestRepository<String, Sample> test;

    @BeforeEach
    void open() throws SQLException {
        database = PostgresPool.of(PostgresServer.shared().newDatabase(), 8);
        DualwriteSchema.defaults().install(database);
        PostgresServer.execute(
                database,
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)",
                "CREATE TABLE audit (line text)");
        test = repository(Duration.ofMinutes(1));
    }

    /** A short grace is for tests that drain what was left pending, a long one for those that must not see a deadline. */
    private TestRepository<String, Sample> repository(Duration grace) {
        return repository(grace, ReadRoute.primary());
    }

    private TestRepository<String, Sample> repository(Duration grace, ReadRoute route) {
        return new TestRepository<>(
                InMemoryStore.keyedBy(Sample::id),
                PostgresStore.of(database, PostgresAuthorityContractTest.mapping()),
                grace,
                route);
    }

    @AfterEach
    void close() {
        test.close();
        database.close();
    }

    @Test
    void whatIsCommittedReachesTheSecondaryAfterTheCommitAndNotBefore() throws SQLException {
        WriteResult<String, Sample> result = JdbcTransaction.run(database, tx -> {
            TransactionalWrites<String, Sample> writes = test.repository.within(tx);
            WriteResult<String, Sample> created = writes.create(Sample.of("a", 1));
            writes.update(Sample.of("a", 2));
            assertThat(writes.read("a")).contains(Sample.of("a", 2));
            assertThat(test.repository.read("a")).isEmpty();
            assertThat(test.follower.records()).isEmpty();
            return created;
        });

        assertThat(result.pendingReason()).contains(PendingReason.AWAITING_COMMIT);
        assertThat(test.follower.records()).containsEntry("a", Sample.of("a", 2));
    }

    /** Transaction managers run hooks before they give the connection back: a hook that waits for another one waits for its like. */
    @Test
    @Tag("DW-4")
    void aHookWaitsForNothingWhileItsTransactionHoldsTheLastConnection() throws Exception {
        HikariConfig config = PostgresPool.config(database, 1);
        try (HikariDataSource pool = new HikariDataSource(config);
                TestRepository<String, Sample> narrow = new TestRepository<>(
                        InMemoryStore.keyedBy(Sample::id),
                        PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()),
                        Duration.ofMinutes(1))) {
            Duration waited;
            try (Connection connection = pool.getConnection()) {
                List<Runnable> hooks = new ArrayList<>();
                connection.setAutoCommit(false);
                narrow.repository
                        .within(JdbcTransaction.of(connection, hooks::add))
                        .save(Sample.of("a", 1));
                connection.commit();
                long start = System.nanoTime();
                hooks.forEach(Runnable::run);
                waited = Duration.ofNanos(System.nanoTime() - start);
            }
            assertThat(waited).as("of a deadline of 54 s").isLessThan(Duration.ofSeconds(20));
            Awaitility.await()
                    .untilAsserted(() -> assertThat(narrow.follower.records()).containsEntry("a", Sample.of("a", 1)));
        }
    }

    @Test
    @Tag("DW-1")
    void aRollbackLeavesNothingAnywhere() throws Exception {
        assertThatThrownBy(() -> JdbcTransaction.run(database, tx -> {
                    test.repository.within(tx).save(Sample.of("a", 1));
                    throw new SQLException("the caller changes its mind");
                }))
                .isInstanceOf(SQLException.class);

        assertThat(test.repository.read("a")).isEmpty();
        assertThat(test.follower.records()).isEmpty();
        assertThat(test.repository.reconciler().statistics().depth()).isZero();
    }

    @Test
    @Tag("DW-5")
    void whatRunsFirstAfterTheCommitReadsItAndMayThrow() throws Exception {
        test.close();
        test = repository(Duration.ofMinutes(1), ReadRoute.secondary());
        test.repository.save(Sample.of("a", 1));
        List<Sample> seen = new ArrayList<>();

        assertThatThrownBy(() -> JdbcTransaction.run(database, tx -> {
                    tx.afterCommit(() -> {
                        seen.add(test.repository.read("a").orElseThrow());
                        throw new IllegalStateException("the first");
                    });
                    test.repository.within(tx).update(Sample.of("a", 2));
                    tx.afterCommit(() -> {
                        throw new IllegalStateException("the last");
                    });
                    return null;
                }))
                .hasMessage("the first")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("the last"));

        assertThat(seen).containsExactly(Sample.of("a", 2));
        assertThat(test.follower.records()).containsEntry("a", Sample.of("a", 2));
    }

    @Test
    @Tag("DW-5")
    void whatIsCommittedWithoutAHookIsReadFromThePrimary() throws Exception {
        test.close();
        test = repository(Duration.ofMinutes(1), ReadRoute.secondary());
        test.repository.save(Sample.of("a", 1));
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            test.repository.within(JdbcTransaction.withoutHook(connection)).save(Sample.of("a", 2));
            connection.commit();
        }

        assertThat(test.repository.read("a")).contains(Sample.of("a", 2));
    }

    @Test
    void aHookThatRunsAlthoughTheTransactionWasRolledBackSendsNothing() throws SQLException {
        List<Runnable> hooks = new ArrayList<>();
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            test.repository.within(JdbcTransaction.of(connection, hooks::add)).save(Sample.of("a", 1));
            connection.rollback();
        }
        hooks.forEach(Runnable::run);

        assertThat(hooks).hasSize(1);
        assertThat(test.follower.records()).isEmpty();
    }

    @Test
    @Tag("DW-2")
    void whatASavepointTookBackIsNotSent() throws Exception {
        test.repository.save(Sample.of("a", 1));

        JdbcTransaction.run(database, tx -> {
            TransactionalWrites<String, Sample> writes = test.repository.within(tx);
            writes.save(Sample.of("b", 1));
            Savepoint savepoint = tx.connection().setSavepoint();
            writes.save(Sample.of("a", 2));
            writes.save(Sample.of("c", 1));
            tx.connection().rollback(savepoint);
            return null;
        });

        assertThat(test.follower.records()).containsOnlyKeys("a", "b").containsEntry("a", Sample.of("a", 1));
        // the version that was taken back must not stand in the way of the next write
        test.repository.save(Sample.of("a", 3));
        assertThat(test.follower.records()).containsEntry("a", Sample.of("a", 3));
    }

    @Test
    void arbitrarySqlTakesPartByNamingItsKeys() throws Exception {
        test.repository.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1), Sample.of("c", 1)));

        JdbcTransaction.run(database, tx -> {
            try (Statement statement = tx.connection().createStatement()) {
                statement.execute("UPDATE sample SET text = 'by hand' WHERE id = 'a'");
                statement.execute("DELETE FROM sample WHERE id = 'b'");
                statement.execute("INSERT INTO audit VALUES ('done')");
            }
            test.repository.within(tx).markPending(List.of("b", "a"));
            return null;
        });

        assertThat(test.follower.records())
                .containsEntry("a", new Sample("a", "by hand", 1))
                .doesNotContainKey("b")
                .containsEntry("c", Sample.of("c", 1));
    }

    @Test
    void withoutAHookTheReconcilerPicksTheWriteUp() throws Exception {
        test.close();
        test = repository(Duration.ofMillis(100));
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            test.repository.within(JdbcTransaction.withoutHook(connection)).save(Sample.of("a", 1));
            connection.commit();
        }
        assertThat(test.follower.records()).isEmpty();

        assertThat(test.repository.reconciler().drain(Duration.ofSeconds(30)).applied())
                .isEqualTo(1);
        assertThat(test.follower.records()).containsEntry("a", Sample.of("a", 1));
    }

    @Test
    void anUncommittedWriteHoldsUpNeitherClaimNorStatistics() throws Exception {
        test.repository.save(Sample.of("other", 1));
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            test.repository.within(JdbcTransaction.withoutHook(connection)).save(Sample.of("a", 1));

            assertThat(test.repository
                            .reconciler()
                            .drain(Duration.ofSeconds(30))
                            .drained())
                    .isTrue();
            connection.rollback();
        }
    }

    @Test
    void aFollowerThatFailsAfterTheCommitDoesNotReachTheCaller() throws SQLException {
        JdbcTransaction.run(database, tx -> {
            test.repository.within(tx).save(Sample.of("a", 1));
            try (Statement statement = tx.connection().createStatement()) {
                statement.execute("ALTER TABLE sample RENAME TO renamed"); // the read after the commit will fail
            }
            return null;
        });

        assertThat(test.events(DualWriteEvent.LeftPending.class))
                .singleElement()
                .satisfies(event -> assertThat(event.reason()).isEqualTo(PendingReason.FAILED));
    }

    @Test
    void aConnectionWithAutoCommitIsRefused() throws SQLException {
        try (Connection connection = database.getConnection()) {
            assertThatThrownBy(() -> test.repository
                            .within(JdbcTransaction.withoutHook(connection))
                            .save(Sample.of("a", 1)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("setAutoCommit(false)");
        }
    }

    @Test
    void aTransactionOfAnotherKindIsRefused() {
        CallerTransaction other = new CallerTransaction() {
            @Override
            public <T> T unwrap(Class<T> type) {
                throw new IllegalArgumentException("no " + type.getSimpleName() + " here");
            }

            @Override
            public boolean afterCommit(Runnable action) {
                return false;
            }
        };
        assertThatThrownBy(() -> test.repository.within(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Connection");
    }
}
