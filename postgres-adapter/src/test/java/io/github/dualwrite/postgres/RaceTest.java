package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Interleavings and failures in the middle, played step by step. */
class RaceTest {

    private HikariDataSource pool;
    private PostgresStore<String, Sample> store;

    @BeforeEach
    void open() throws SQLException {
        pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 8);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
        store = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping());
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private long number(String sql) {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A version drawn before a lock was waited for must not push the next one ahead of the sequence. */
    @Test
    @Tag("DW-1")
    @Tag("DW-2")
    void aMarkThatIsOvertakenWhileItWaitsLeavesNoVersionAheadOfTheSequence() throws Exception {
        try (TestRepository<String, Sample> test = new TestRepository<>(store, Sample::id);
                Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            var writes = test.repository.within(JdbcTransaction.withoutHook(connection));
            writes.create(Sample.of("a", 1));
            CompletableFuture<Void> mark = CompletableFuture.runAsync(() -> test.repository.markPending(List.of("a")));
            Awaitility.await()
                    .until(() ->
                            number("SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
                                            + " AND datname = current_database()")
                                    == 1);
            writes.update(Sample.of("a", 2));
            connection.commit();
            connection.setAutoCommit(true);
            mark.get(10, TimeUnit.SECONDS);

            assertThat(number("SELECT max(version) FROM dualwrite.pending_write"))
                    .isLessThanOrEqualTo(number("SELECT last_value FROM dualwrite.version"));
            assertThat(test.repository
                            .reconciler()
                            .drain(Duration.ofSeconds(30))
                            .drained())
                    .isTrue();
            test.repository.update(Sample.of("a", 3));
            assertThat(test.follower.records()).containsEntry("a", Sample.of("a", 3));
        }
    }

    @Test
    @Tag("DW-1")
    void aMarkAndACallerWhoChangesTheRecordFirstDoNotWaitForEachOther() throws Exception {
        try (TestRepository<String, Sample> test = new TestRepository<>(store, Sample::id);
                Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            test.repository.save(Sample.of("a", 1));
            connection.setAutoCommit(false);
            statement.execute("UPDATE sample SET number = 2 WHERE id = 'a'");
            CompletableFuture<Void> mark = CompletableFuture.runAsync(() -> test.repository.markPending(List.of("a")));
            FollowerGround.awaitBlocked(pool, 1);
            test.repository.within(JdbcTransaction.withoutHook(connection)).markPending(List.of("a"));
            connection.commit();
            connection.setAutoCommit(true);
            mark.get(10, TimeUnit.SECONDS);
        }
    }

    /** The server's table of locks is for all sessions. */
    @Test
    @Tag("DW-1")
    void markingManyRecordsTakesNoLockForEachOfThem() throws Exception {
        PostgresServer.execute(pool, "INSERT INTO sample SELECT 'k' || i, 'x', i FROM generate_series(1, 20000) AS i");
        List<String> keys =
                IntStream.rangeClosed(1, 20_000).mapToObj(i -> "k" + i).toList();
        try (TestRepository<String, Sample> test = new TestRepository<>(store, Sample::id);
                Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            test.repository.within(JdbcTransaction.withoutHook(connection)).markPending(keys);
            assertThat(number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                            + " (SELECT oid FROM pg_database WHERE datname = current_database())"))
                    .isZero();
            connection.commit();
            connection.setAutoCommit(true);
            assertThat(number("SELECT count(*) FROM dualwrite.pending_write")).isEqualTo(20_000);

            test.repository.markPending(List.of("gone", "k1"));
            assertThat(number("SELECT count(*) FROM dualwrite.pending_write")).isEqualTo(20_001);
        }
    }

    /** On this store a new write leaves a lease as it is, so whoever holds it must give it back, whatever became of the apply. */
    @ParameterizedTest
    @EnumSource(
            value = ApplyResult.Status.class,
            names = {"SUPERSEDED", "TRANSIENT_FAILURE", "PERMANENT_FAILURE"})
    @Tag("DW-3")
    void aKeyThatIsWrittenAgainDuringItsApplyDoesNotWaitForTheEndOfTheLease(ApplyResult.Status status)
            throws Exception {
        Authority<String, Sample> authority = store.openAuthority(new StoreContext("test", Duration.ZERO));
        authority.save(Sample.of("a", 1));
        InMemoryStore<String, Sample> target = InMemoryStore.keyedBy(Sample::id);
        AtomicBoolean first = new AtomicBoolean(true);
        FollowerStore<String, Sample> secondary = context -> new Unwilling(target.openFollower(context)) {
            @Override
            public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
                if (!first.getAndSet(false)) {
                    return super.apply(records);
                }
                authority.save(Sample.of("a", 2)); // by a process that dies before its apply
                return CompletableFuture.completedFuture(List.of(
                        switch (status) {
                            case TRANSIENT_FAILURE -> ApplyResult.transientFailure("not now", null);
                            case PERMANENT_FAILURE -> ApplyResult.permanentFailure("never", null);
                            default -> ApplyResult.superseded();
                        }));
            }
        };
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder("test", store, secondary)
                .reconcileInBackground(false)
                .build()) {
            assertThat(repository.reconciler().drain(Duration.ofSeconds(30))).matches(DrainReport::drained, "drained");
        }
        assertThat(target.records()).containsEntry("a", Sample.of("a", 2));
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the way of languages without checked exceptions
    private static <E extends Throwable, T> T sneaky(Throwable e) throws E {
        throw (E) e;
    }

    /** Switching auto-commit on commits what is open: whatever is thrown, the rollback has to come first. */
    @Test
    @Tag("DW-1")
    void anUndeclaredCheckedExceptionRollsBackToo() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL)");
        AggregateMapping<String, Sample> half = new AggregateContractTest.TwoTables() {
            @Override
            public String store(Connection connection, Sample value) throws SQLException {
                super.store(connection, value);
                return RaceTest.<RuntimeException, String>sneaky(new IOException("in the middle"));
            }
        };
        var authority = PostgresStore.of(pool, half).openAuthority(new StoreContext("half", Duration.ZERO));

        assertThatThrownBy(() -> authority.save(Sample.of("a", 1))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> JdbcTransaction.run(pool, tx -> {
                    try (Statement insert = tx.connection().createStatement()) {
                        insert.execute("INSERT INTO sample_text VALUES ('run')");
                    }
                    return RaceTest.<RuntimeException, String>sneaky(new IOException("in the middle"));
                }))
                .isInstanceOf(IOException.class);

        assertThat(number("SELECT count(*) FROM sample_text")).isZero();
        assertThat(number("SELECT count(*) FROM dualwrite.pending_write")).isZero();
    }

    record Numbered(Integer id, String text) {}

    /** One key that this mapping cannot read must not hold up the others. */
    @Test
    @Tag("DW-3")
    void aKeyThatCannotBeReadHoldsUpNothing() throws Exception {
        PostgresServer.execute(
                pool,
                "CREATE TABLE numbered (id integer PRIMARY KEY, text text)",
                "INSERT INTO dualwrite.pending_write (repository, key, version, due_at) VALUES ('test', 'not a number', 1, now())");
        try (TestRepository<Integer, Numbered> test = new TestRepository<>(
                PostgresStore.of(
                        pool,
                        TableMapping.ofRecord(Numbered.class, Integer.class)
                                .table("numbered")
                                .key("id")
                                .build()),
                Numbered::id)) {
            JdbcTransaction.run(
                    pool,
                    tx -> test.repository
                            .within(JdbcTransaction.withoutHook(tx.connection()))
                            .save(new Numbered(1, "good")));

            DrainReport report = test.repository.reconciler().drain(Duration.ofSeconds(3));

            assertThat(report.drained()).isFalse(); // seen, not dropped
            assertThat(report.remaining()).isEqualTo(1);
            assertThat(test.follower.records()).containsOnlyKeys(1);
        }
    }

    /** Retrying parked writes does not wait for a writer, and so holds nobody else up. */
    @Test
    void retryingParkedWritesDoesNotWaitForAWriter() throws Exception {
        try (TestRepository<String, Sample> test = new TestRepository<>(store, Sample::id);
                Connection connection = pool.getConnection()) {
            PostgresServer.execute(
                    pool,
                    "INSERT INTO dualwrite.pending_write (repository, key, version, due_at, parked_at, error)"
                            + " VALUES ('test', 'held', 1, 'infinity', now(), 'x'), ('test', 'free', 2, 'infinity', now(), 'x')");
            connection.setAutoCommit(false);
            test.repository.within(JdbcTransaction.withoutHook(connection)).save(Sample.of("held", 1));

            int retried = CompletableFuture.supplyAsync(
                            () -> test.repository.reconciler().retryAllParked())
                    .get(10, TimeUnit.SECONDS);
            boolean discarded = CompletableFuture.supplyAsync(() -> test.repository
                            .reconciler()
                            .discardParked("held", "a test")
                            .isPresent())
                    .get(10, TimeUnit.SECONDS);
            connection.rollback();
            connection.setAutoCommit(true);

            assertThat(retried).isEqualTo(1);
            assertThat(discarded).isFalse();
        }
    }

    /** TRAPS 9: no transaction is open while the follower is called. */
    @Test
    void noTransactionIsOpenDuringAnApply() throws Exception {
        List<Long> open = new CopyOnWriteArrayList<>();
        InMemoryStore<String, Sample> target = InMemoryStore.keyedBy(Sample::id);
        FollowerStore<String, Sample> watching = context -> {
            Follower<String, Sample> follower = target.openFollower(context);
            return new Follower<>() {
                @Override
                public String description() {
                    return follower.description();
                }

                @Override
                public CompletableFuture<Void> check() {
                    return follower.check();
                }

                @Override
                public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
                    open.add(number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND state LIKE 'idle in transaction%'"));
                    return follower.apply(records);
                }

                @Override
                public CompletableFuture<Optional<Sample>> read(String key) {
                    return follower.read(key);
                }

                @Override
                public CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
                    return follower.readAll(keys);
                }
            };
        };
        store.openAuthority(new StoreContext("watched", Duration.ZERO)).save(Sample.of("by the reconciler", 1));
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder("watched", store, watching)
                .reconcileInBackground(false)
                .build()) {
            repository.reconciler().drain(Duration.ofSeconds(30));
            repository.save(Sample.of("live", 1));
            JdbcTransaction.run(pool, tx -> repository.within(tx).save(Sample.of("after a commit", 1)));
        }
        assertThat(target.records()).hasSize(3);
        assertThat(open).hasSize(3).containsOnly(0L);
    }

    /** Reads of an aggregate leave nothing set on a connection that a simpler pool would hand on. */
    @Test
    void aSnapshotLeavesNoSettingOnItsConnection() throws Exception {
        try (Connection only =
                PostgresServer.shared().dataSource(databaseName()).getConnection()) {
            var sessions = new OwnSessions(
                    new SingleConnection(only), new SqlErrors("test", "store", DualwriteSchema.defaults()));
            sessions.snapshot(io.github.dualwrite.spi.Operation.READ, List.of(), connection -> {
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery("SHOW transaction_isolation")) {
                    row.next();
                    assertThat(row.getString(1)).isEqualTo("repeatable read");
                }
                return 1;
            });
            assertThat(only.isReadOnly()).isFalse();
            assertThat(only.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
            assertThat(only.getAutoCommit()).isTrue();
        }
    }

    private String databaseName() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return connection.getCatalog();
        }
    }

    /** A follower to be changed by what extends it. */
    private abstract static class Unwilling implements Follower<String, Sample> {
        private final Follower<String, Sample> real;

        Unwilling(Follower<String, Sample> real) {
            this.real = real;
        }

        @Override
        public String description() {
            return real.description();
        }

        @Override
        public CompletableFuture<Void> check() {
            return real.check();
        }

        @Override
        public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
            return real.apply(records);
        }

        @Override
        public CompletableFuture<Optional<Sample>> read(String key) {
            return real.read(key);
        }

        @Override
        public CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
            return real.readAll(keys);
        }
    }
}
