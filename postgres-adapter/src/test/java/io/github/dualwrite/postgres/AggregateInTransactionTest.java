package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransactionalWrites;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.AutoSave;

/** A write to several tables that fails inside a transaction of the caller, who goes on and commits. */
@Tag("DW-1")
class AggregateInTransactionTest {

    private static final long REFUSED = -7_777_777;

    private PGSimpleDataSource database;
    private TestRepository<String, Sample> test;

    /** Some failures are not the server's, so that the transaction would go on. */
    private static final class Failing extends AggregateContractTest.TwoTables {

        @Override
        public String store(Connection connection, Sample value) throws SQLException {
            String key = super.store(connection, value);
            if (value.text().equals("invalid")) {
                throw new IllegalArgumentException("not valid");
            }
            return key;
        }

        @Override
        public boolean delete(Connection connection, String key) throws SQLException {
            boolean deleted = super.delete(connection, key);
            if (key.equals("kept")) {
                throw new IllegalArgumentException("it is kept");
            }
            return deleted;
        }
    }

    @BeforeEach
    void open() throws SQLException {
        database = PostgresServer.shared().dataSource(PostgresServer.shared().newDatabaseName());
        DualwriteSchema.defaults().install(database);
        PostgresServer.execute(
                database,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL CHECK (number <> " + REFUSED + "))",
                "INSERT INTO sample_text VALUES ('a', 'old'), ('kept', 'old')",
                "INSERT INTO sample_number VALUES ('a', 1), ('kept', 1)");
        test = new TestRepository<>(
                InMemoryStore.keyedBy(Sample::id), PostgresStore.of(database, new Failing()), Duration.ofMinutes(1));
    }

    @AfterEach
    void close() {
        test.close();
    }

    private long depth() {
        return test.repository.reconciler().statistics().depth();
    }

    @Test
    void whatJavaRefusesLeavesNothingAndWhatElseTheCallerWritesArrives() throws SQLException {
        JdbcTransaction.run(database, tx -> {
            TransactionalWrites<String, Sample> writes = test.repository.within(tx);
            assertThatThrownBy(() -> writes.save(new Sample("a", "invalid", 2)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writes.saveAll(List.of(new Sample("b", "new", 2), new Sample("c", "invalid", 2))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writes.deleteAll(List.of("a", "kept")))
                    .isInstanceOf(IllegalArgumentException.class);
            return writes.save(new Sample("d", "new", 2));
        });

        assertThat(test.repository.readAll(List.of("a", "b", "c", "d", "kept")).values())
                .containsExactlyInAnyOrder(
                        new Sample("a", "old", 1), new Sample("kept", "old", 1), new Sample("d", "new", 2));
        assertThat(test.follower.records()).containsOnlyKeys("d");
    }

    @ParameterizedTest
    @CsvSource({"ALWAYS, false", "ALWAYS, true", "CONSERVATIVE, false", "NEVER, false"})
    void soDoesWhatTheServerRefusesHoweverTheDriverSavesTransactions(AutoSave autosave, boolean cleanup)
            throws SQLException {
        database.setAutosave(autosave);
        database.setCleanupSavepoints(cleanup);
        JdbcTransaction.run(database, tx -> {
            TransactionalWrites<String, Sample> writes = test.repository.within(tx);
            assertThatThrownBy(
                            () -> writes.saveAll(List.of(new Sample("b", "new", 2), new Sample("c", "new", REFUSED))))
                    .isInstanceOf(PermanentStoreException.class)
                    .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
            return writes.save(new Sample("d", "new", 2));
        });

        assertThat(test.repository.readAll(List.of("b", "c", "d"))).containsOnlyKeys("d");
        assertThat(test.follower.records()).containsOnlyKeys("d");
    }

    @Test
    void aTransactionThatHasFailedAlreadyStaysFailed() throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            TransactionalWrites<String, Sample> writes =
                    test.repository.within(JdbcTransaction.withoutHook(connection));
            writes.save(new Sample("b", "new", 2));
            assertThatThrownBy(() -> {
                        try (Statement statement = connection.createStatement()) {
                            statement.execute("SELECT 1 / 0");
                        }
                    })
                    .hasMessageContaining("division");

            assertThatThrownBy(() -> writes.save(new Sample("d", "new", 2))).hasMessageContaining("25P02");
            connection.rollback();
        }
        assertThat(test.repository.readAll(List.of("b", "d"))).isEmpty();
        assertThat(depth()).isZero();
    }

    /** What the caller's own statements have changed would be committed without being pending. */
    @Test
    void aMarkThatFailsSpoilsTheTransaction() throws SQLException {
        PostgresServer.execute(database, "ALTER TABLE dualwrite.pending_write ADD CHECK (key <> 'a')");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("UPDATE sample_text SET text = 'by hand' WHERE id = 'a'");
            assertThatThrownBy(() -> test.repository
                            .within(JdbcTransaction.withoutHook(connection))
                            .markPending(List.of("a")))
                    .isInstanceOf(PermanentStoreException.class);
            assertThatThrownBy(() -> statement.execute("SELECT 1")).hasMessageContaining("aborted");
            connection.commit();
        }
        assertThat(test.repository.read("a")).contains(new Sample("a", "old", 1));
    }
}
