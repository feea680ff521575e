package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** An authority whose table is altered under it finds that by itself, without a restart. */
class ChangedTableTest {

    private static final long LARGE = 5_000_000_000L;

    record Account(long id, String name) {}

    private final TableMapping<Long, Account> mapping = TableMapping.ofRecord(Account.class, Long.class)
            .table("accounts")
            .key("id")
            .build();
    private HikariDataSource database;

    @BeforeEach
    void createTable() {
        database = FollowerGround.database("CREATE TABLE accounts (id integer PRIMARY KEY, name varchar(3))");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void widen() {
        PostgresServer.execute(database, "ALTER TABLE accounts ALTER COLUMN id TYPE bigint");
    }

    private Authority<Long, Account> open() {
        return PostgresStore.of(database, mapping).openAuthority(new StoreContext("test", Duration.ZERO));
    }

    @NeedsPostgres(14)
    @Test
    void whatWasCapturedUnderANewKeyIsAppliedAndNotParked() throws Exception {
        try (TestRepository<Long, Account> test =
                new TestRepository<>(PostgresStore.of(database, mapping), Account::id)) {
            test.repository.save(new Account(1, "a"));
            widen();
            CaptureTrigger.of(DualwriteSchema.defaults(), mapping, "test").install(database, Duration.ofSeconds(10));
            PostgresServer.execute(database, "INSERT INTO accounts VALUES (" + LARGE + ", 'b')");

            DrainReport report = test.repository.reconciler().drain(Duration.ofSeconds(30));

            assertThat(report.drained()).isTrue();
            assertThat(test.events(DualWriteEvent.Parked.class)).isEmpty();
            assertThat(test.follower.records()).containsKey(LARGE);
        }
    }

    @Test
    void everyVerbFindsIt() {
        List<Consumer<AuthorityWrites<Long, Account>>> verbs = List.of(
                a -> assertThat(a.create(new Account(LARGE, "a")).key()).isEqualTo(LARGE),
                a -> assertThat(a.save(new Account(LARGE, "b")).key()).isEqualTo(LARGE),
                a -> assertThat(a.saveAll(List.of(new Account(LARGE, "c")))).hasSize(1),
                a -> assertThat(a.update(new Account(LARGE, "d")).key()).isEqualTo(LARGE),
                a -> assertThat(a.read(LARGE)).isPresent(),
                a -> assertThat(a.readAll(List.of(LARGE))).hasSize(1),
                a -> a.markPending(List.of(LARGE)),
                a -> assertThat(a.delete(LARGE)).isPresent(),
                a -> assertThat(a.deleteAll(List.of(LARGE))).isEmpty());
        List<Authority<Long, Account>> opened =
                verbs.stream().map(verb -> open()).toList();
        widen();
        for (int i = 0; i < verbs.size(); i++) {
            verbs.get(i).accept(opened.get(i));
        }
    }

    @Test
    void insideATransactionOfTheCallerTheNextOneFindsIt() throws SQLException {
        Authority<Long, Account> authority = open();
        widen();
        assertThatThrownBy(() -> within(authority, new Account(LARGE, "a")))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("22003");

        within(authority, new Account(LARGE, "a"));

        assertThat(authority.read(LARGE)).isPresent();
    }

    /** The server notices before it looks at any value. A pool may close the connection then, so there is none here. */
    @Test
    void theNextOneFindsItAlsoAfterAStatementThatTheServerHadPrepared() throws SQLException {
        Authority<Long, Account> authority = open();
        try (Connection connection = database.getDataSource().getConnection()) {
            connection.unwrap(PGConnection.class).setPrepareThreshold(1);
            connection.setAutoCommit(false);
            AuthorityWrites<Long, Account> joined =
                    authority.joining(JdbcTransaction.withoutHook(connection)).orElseThrow();
            joined.save(new Account(1, "a"));
            connection.commit();
            widen();
            assertThatThrownBy(() -> joined.save(new Account(1, "b")))
                    .isInstanceOf(TransientStoreException.class)
                    .hasMessageContaining("0A000");
            connection.rollback();

            joined.save(new Account(LARGE, "c"));
            connection.commit();
            connection.setAutoCommit(true);
        }
        assertThat(authority.read(LARGE)).isPresent();
    }

    private void within(Authority<Long, Account> authority, Account account) throws SQLException {
        assertThat(JdbcTransaction.run(
                                database,
                                transaction -> authority
                                        .joining(transaction)
                                        .orElseThrow()
                                        .save(account))
                        .key())
                .isEqualTo(account.id());
    }

    @Test
    void soDoesAScanThatIsUnderWay() {
        PostgresServer.execute(database, "INSERT INTO accounts VALUES (1, 'a'), (2, 'b')");
        RecordScan<Long, Account> scan = open().scan().orElseThrow();
        assertThat(scan.splits(2)).hasSize(2);
        widen();
        PostgresServer.execute(
                database,
                "INSERT INTO accounts SELECT i, 'c' FROM generate_series(" + LARGE + ", " + (LARGE + 9) + ") AS i");

        long read = scan.splits(4).stream()
                .mapToLong(split -> scan.page(split, null, 100).records().size())
                .sum();

        assertThat(read).isEqualTo(12);
    }

    @Test
    void aTableThatHasNotChangedRefusesAsBefore() {
        Authority<Long, Account> authority = open();
        assertThatThrownBy(() -> authority.save(new Account(1, "abcdef")))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("22001");
        assertThatThrownBy(() -> authority.save(new Account(LARGE, "a")))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("22003");
    }
}
