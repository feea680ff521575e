package io.github.dualwrite.postgres;

import static io.github.dualwrite.postgres.FollowerGround.apply;
import static io.github.dualwrite.postgres.FollowerGround.awaitBlocked;
import static io.github.dualwrite.postgres.FollowerGround.join;
import static io.github.dualwrite.postgres.FollowerGround.number;
import static io.github.dualwrite.postgres.FollowerGround.record;
import static io.github.dualwrite.postgres.FollowerGround.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Interleavings of applies, played step by step, and what ends them from outside. */
@Tag("DW-2")
class FollowerRaceTest {

    private HikariDataSource pool;
    private Follower<String, Sample> follower;

    @BeforeEach
    void open() {
        pool = FollowerGround.database(FollowerGround.SAMPLE);
        follower = FollowerGround.open(PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()));
    }

    @AfterEach
    void close() {
        pool.close();
    }

    /** An apply of version 1 by another process, between its statement and its commit. */
    private Connection heldApply(String key) throws SQLException {
        Connection held = pool.getConnection();
        held.setAutoCommit(false);
        try (Statement statement = held.createStatement()) {
            statement.execute("INSERT INTO dualwrite.applied_version VALUES ('test', '" + key + "', 1, false)");
            statement.execute("INSERT INTO sample VALUES ('" + key + "', 'text 1', 1)");
        }
        return held;
    }

    private static void commit(Connection held) throws SQLException {
        held.commit();
        held.setAutoCommit(true);
        held.close();
    }

    private long records() {
        return number(pool, "SELECT count(*) FROM sample");
    }

    /** The snapshot of a DELETE is older than its lock: it alone would leave the record where it is. */
    @ParameterizedTest
    @ValueSource(strings = {"extended", "simple"})
    void aTombstoneRemovesARecordThatWasCommittedWhileItWaited(String protocol) throws Exception {
        try (HikariDataSource other = PostgresPool.of(source(protocol), 2);
                Connection held = heldApply("a")) {
            Follower<String, Sample> late =
                    FollowerGround.open(PostgresStore.of(other, PostgresAuthorityContractTest.mapping()));
            CompletableFuture<List<ApplyResult>> deletes =
                    late.apply(List.of(tombstone("a", 2), record("b", 2), tombstone("c", 2)));
            awaitBlocked(pool, 1);
            commit(held);

            assertThat(join(deletes)).extracting(ApplyResult::status).containsOnly(ApplyResult.Status.APPLIED);
            assertThat(join(follower.read("a"))).isEmpty();
            assertThat(join(follower.read("b"))).contains(Sample.of("b", 2));
            assertThat(number(pool, "SELECT count(*) FROM dualwrite.applied_version WHERE deleted"))
                    .isEqualTo(2);
            assertThat(number(pool, "SELECT count(*) FROM dualwrite.applied_version WHERE deleted IS NULL"))
                    .isZero();
        }
    }

    private PGSimpleDataSource source(String protocol) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            PGSimpleDataSource source = PostgresServer.shared().dataSource(connection.getCatalog());
            source.setProperty("preferQueryMode", protocol);
            return source;
        }
    }

    @Test
    void anOlderTombstoneThatWaitedForANewerRecordLeavesIt() throws Exception {
        try (Connection held = pool.getConnection()) {
            held.setAutoCommit(false);
            try (Statement statement = held.createStatement()) {
                statement.execute("INSERT INTO dualwrite.applied_version VALUES ('test', 'a', 3, false)");
                statement.execute("INSERT INTO sample VALUES ('a', 'text 3', 3)");
            }
            CompletableFuture<List<ApplyResult>> delete = follower.apply(List.of(tombstone("a", 2)));
            awaitBlocked(pool, 1);
            held.commit();
            held.setAutoCommit(true);

            assertThat(join(delete).get(0).status()).isEqualTo(ApplyResult.Status.SUPERSEDED);
            assertThat(join(follower.read("a"))).contains(Sample.of("a", 3));
        }
    }

    @Test
    void aRecordThatWaitedForAnOlderOneReplacesIt() throws Exception {
        Connection held = heldApply("a");
        CompletableFuture<List<ApplyResult>> save = follower.apply(List.of(record("a", 2)));
        awaitBlocked(pool, 1);
        commit(held);

        assertThat(join(save).get(0).status()).isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(join(follower.read("a"))).contains(Sample.of("a", 2));
    }

    /** A late duplicate of a tombstone must not remove what is written after the store has become the authority. */
    @Test
    @Tag("DW-1")
    void aRepeatedTombstoneLeavesARecordThatThisStoreWroteAsAuthority() {
        apply(follower, tombstone("a", 5));
        Authority<String, Sample> authority = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("test", Duration.ZERO));
        assertThat(authority.create(Sample.of("a", 6)).version()).isGreaterThan(5);

        assertThat(apply(follower, tombstone("a", 5)).status()).isEqualTo(ApplyResult.Status.SUPERSEDED);
        assertThat(join(follower.read("a"))).contains(Sample.of("a", 6));
    }

    /** What is sent together is one transaction: a removal that fails takes the version back. */
    @ParameterizedTest
    @ValueSource(strings = {"extended", "simple"})
    void aRemovalThatFailsLeavesNoVersionBehind(String protocol) throws SQLException {
        PostgresServer.execute(
                pool,
                "CREATE TABLE child (id text REFERENCES sample (id))",
                "INSERT INTO sample VALUES ('a', 'x', 1)",
                "INSERT INTO child VALUES ('a')");
        try (HikariDataSource other = PostgresPool.of(source(protocol), 2)) {
            Follower<String, Sample> follows =
                    FollowerGround.open(PostgresStore.of(other, PostgresAuthorityContractTest.mapping()));

            ApplyResult result = apply(follows, tombstone("a", 5));

            assertThat(result.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
            assertThat(result.error()).contains("child_id_fkey");
            assertThat(number(pool, "SELECT count(*) FROM dualwrite.applied_version"))
                    .isZero();
            PostgresServer.execute(pool, "DELETE FROM child");
            assertThat(apply(follows, tombstone("a", 5)).status()).isEqualTo(ApplyResult.Status.APPLIED);
            assertThat(records()).isZero();
        }
    }

    /** As proxies do that write parameters to a log. The driver sends statements one by one then, and each would commit by itself. */
    @Test
    void norWhereSomethingMakesTheDriverTakeStatementsApart() throws SQLException {
        PostgresServer.execute(
                pool,
                "CREATE TABLE child (id text REFERENCES sample (id))",
                "INSERT INTO sample VALUES ('a', 'x', 1)",
                "INSERT INTO child VALUES ('a')");
        try (HikariDataSource other = PostgresPool.of(new DescribingDataSource(source("extended")), 2)) {
            Follower<String, Sample> follows =
                    FollowerGround.open(PostgresStore.of(other, PostgresAuthorityContractTest.mapping()));
            for (int i = 0; i < 8; i++) {
                assertThat(apply(follows, tombstone("a", 5)).status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
                assertThat(number(pool, "SELECT count(*) FROM dualwrite.applied_version"))
                        .isZero();
            }
            PostgresServer.execute(pool, "DELETE FROM child");
            assertThat(apply(follows, tombstone("a", 5)).status()).isEqualTo(ApplyResult.Status.APPLIED);
            assertThat(records()).isZero();
            assertThat(join(follows.baseline()
                            .orElseThrow()
                            .store(List.of(new ScanPage.Scanned<>("b", Sample.of("b", 1))))))
                    .extracting(ApplyResult::status)
                    .containsOnly(ApplyResult.Status.APPLIED);
        }
    }

    /** At a level where a row that came since the snapshot is an error, that error goes away by itself. */
    @Test
    void aSessionAtRepeatableReadThatMeetsAnotherApplyIsTransientAndThenApplies() throws Exception {
        PGSimpleDataSource source = source("extended");
        source.setOptions("-c default_transaction_isolation=repeatable\\ read");
        try (HikariDataSource strict = PostgresPool.of(source, 2)) {
            Follower<String, Sample> late =
                    FollowerGround.open(PostgresStore.of(strict, PostgresAuthorityContractTest.mapping()));
            Connection held = heldApply("a");
            CompletableFuture<List<ApplyResult>> save = late.apply(List.of(record("a", 2)));
            awaitBlocked(pool, 1);
            commit(held);

            ApplyResult result = join(save).get(0);
            assertThat(result.status()).isEqualTo(ApplyResult.Status.TRANSIENT_FAILURE);
            assertThat(result.error()).contains("40001");
            assertThat(apply(late, record("a", 2)).status()).isEqualTo(ApplyResult.Status.APPLIED);
            assertThat(join(late.read("a"))).contains(Sample.of("a", 2));
        }
    }

    @Test
    void batchesInOppositeOrderNeverDeadlock() throws Exception {
        inOppositeOrder(follower, 40, 25);
    }

    /** There each record is several statements. */
    @Test
    void norDoThoseOfAMappingByHand() throws Exception {
        PostgresServer.execute(
                pool,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint)");
        inOppositeOrder(FollowerGround.open(PostgresStore.of(pool, new AggregateContractTest.TwoTables())), 12, 6);
    }

    private static void inOppositeOrder(Follower<String, Sample> follower, int keys, int rounds) throws Exception {
        List<CompletableFuture<Void>> runs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int worker = i;
            runs.add(CompletableFuture.runAsync(
                    () -> {
                        for (int round = 0; round < rounds; round++) {
                            List<VersionedRecord<String, Sample>> batch = new ArrayList<>();
                            for (int key = 0; key < keys; key++) {
                                int version = round * 4 + worker + 1;
                                batch.add(
                                        (key + round + worker) % 3 == 0
                                                ? tombstone("k" + key, version)
                                                : record("k" + key, version));
                            }
                            if (worker % 2 == 0) {
                                Collections.reverse(batch);
                            }
                            assertThat(join(follower.apply(batch)))
                                    .extracting(ApplyResult::status)
                                    .doesNotContain(
                                            ApplyResult.Status.TRANSIENT_FAILURE, ApplyResult.Status.PERMANENT_FAILURE);
                        }
                    },
                    task -> new Thread(task).start())); // a common pool may have one thread
        }
        for (CompletableFuture<Void> run : runs) {
            run.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    @Tag("DW-4")
    void aCancelledCallEndsOnTheServerAndGivesItsConnectionBack() throws Exception {
        Connection held = heldApply("a");
        CompletableFuture<List<ApplyResult>> stuck = follower.apply(List.of(record("a", 2)));
        awaitBlocked(pool, 1);

        stuck.cancel(true);

        assertThatThrownBy(stuck::join).isInstanceOf(CancellationException.class);
        awaitBlocked(pool, 0);
        commit(held);
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
        assertThat(join(follower.read("a"))).contains(Sample.of("a", 1));
    }

    @Test
    @Tag("DW-4")
    void aLockTimeoutAndAShutdownAreTransient() throws Exception {
        PGSimpleDataSource impatient = source("extended");
        impatient.setOptions("-c lock_timeout=50");
        Follower<String, Sample> follows =
                FollowerGround.open(PostgresStore.of(impatient, PostgresAuthorityContractTest.mapping()));
        try (Connection held = heldApply("a")) {
            assertThat(apply(follows, record("a", 2)).status()).isEqualTo(ApplyResult.Status.TRANSIENT_FAILURE);

            CompletableFuture<List<ApplyResult>> stuck = follower.apply(List.of(record("a", 2)));
            awaitBlocked(pool, 1);
            assertThat(number(
                            pool,
                            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                    + " WHERE cardinality(pg_blocking_pids(pid)) > 0 AND datname = current_database()"))
                    .isEqualTo(1);
            assertThat(join(stuck).get(0).status()).isEqualTo(ApplyResult.Status.TRANSIENT_FAILURE);
            held.rollback();
        }
        assertThat(apply(follower, record("a", 2)).status()).isEqualTo(ApplyResult.Status.APPLIED);
    }

    @Test
    @Tag("DW-8")
    void versionsOfAStoreThatTakesOverStartAboveAllThatItApplied() {
        Authority<String, Sample> authority = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("test", Duration.ZERO));
        long last = authority.save(Sample.of("b", 1)).version();
        for (long version : List.of(1L, 40_000_000_000L, 1_700_000_000_000_000L, 1_700_000_000_000_001L)) {
            apply(follower, version % 2 == 0 ? tombstone("a" + version, version) : record("a" + version, version));

            long next = authority.save(Sample.of("b", 1)).version();

            assertThat(next).isGreaterThan(version).isGreaterThan(last);
            last = next;
        }
        apply(follower, record("c", 3));
        assertThat(authority.save(Sample.of("b", 1)).version())
                .as("a low version does not move it back")
                .isGreaterThan(last);
    }

    @Test
    void aPurgeForgetsMarksAndLeavesRecords() throws Exception {
        join(follower.apply(List.of(record("a", 5), tombstone("b", 5))));
        join(PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .openFollower(new StoreContext("another", Duration.ZERO))
                .apply(List.of(record("c", 5))));

        assertThat(PostgresPurge.of("test", pool, DualwriteSchema.defaults()).run())
                .isEqualTo(new PurgeReport(1, 1));

        assertThat(records()).isEqualTo(2);
        assertThat(number(pool, "SELECT count(*) FROM dualwrite.applied_version"))
                .as("another repository's marks stay")
                .isEqualTo(1);
        assertThat(PostgresPurge.of("test", pool, DualwriteSchema.defaults()).run())
                .isEqualTo(new PurgeReport(0, 0));
    }
}
