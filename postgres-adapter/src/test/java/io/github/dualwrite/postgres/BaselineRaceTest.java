package io.github.dualwrite.postgres;

import static io.github.dualwrite.postgres.FollowerGround.apply;
import static io.github.dualwrite.postgres.FollowerGround.awaitBlocked;
import static io.github.dualwrite.postgres.FollowerGround.join;
import static io.github.dualwrite.postgres.FollowerGround.number;
import static io.github.dualwrite.postgres.FollowerGround.record;
import static io.github.dualwrite.postgres.FollowerGround.tombstone;
import static io.github.dualwrite.spi.ApplyResult.Status.APPLIED;
import static io.github.dualwrite.spi.ApplyResult.Status.SUPERSEDED;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A baseline beside live applies of the same keys, step by step: who waits for whom, and what is there in the end. */
@Tag("DW-2")
@Tag("DW-3")
class BaselineRaceTest {

    private static String database;
    private static HikariDataSource pool;
    private static HikariDataSource simple;
    private static HikariDataSource repeatable;
    private static HikariDataSource unspecified;
    private static HikariDataSource binary;

    private Follower<String, Sample> follower;

    @BeforeAll
    static void createTables() throws SQLException {
        database = PostgresServer.shared().newDatabaseName();
        pool = PostgresPool.of(PostgresServer.shared().dataSource(database), 12);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, FollowerGround.SAMPLE, "ALTER TABLE sample ADD UNIQUE (number)");
        PostgresServer.execute(
                pool,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL)");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(database);
        source.setProperty("preferQueryMode", "simple");
        simple = PostgresPool.of(source, 4);
        PGSimpleDataSource isolated = PostgresServer.shared().dataSource(database);
        isolated.setOptions("-c default_transaction_isolation=repeatable\\ read");
        repeatable = PostgresPool.of(isolated, 4);
        PGSimpleDataSource untyped = PostgresServer.shared().dataSource(database);
        untyped.setStringType("unspecified");
        unspecified = PostgresPool.of(untyped, 1);
        PGSimpleDataSource described = PostgresServer.shared().dataSource(database);
        described.setPrepareThreshold(-1);
        binary = PostgresPool.of(described, 1);
    }

    @AfterAll
    static void close() {
        unspecified.close();
        binary.close();
        simple.close();
        repeatable.close();
        pool.close();
    }

    @BeforeEach
    void open() {
        PostgresServer.execute(pool, "TRUNCATE sample, sample_text, sample_number, dualwrite.applied_version");
        follower = open(pool);
    }

    private static Follower<String, Sample> follower(String sessions) {
        return open(
                switch (sessions) {
                    case "simple protocol" -> simple;
                    case "repeatable read" -> repeatable;
                    case "stringtype unspecified" -> unspecified;
                    case "prepareThreshold -1" -> binary;
                    default -> pool;
                });
    }

    private static Follower<String, Sample> open(HikariDataSource source) {
        return FollowerGround.open(PostgresStore.of(source, PostgresAuthorityContractTest.mapping()));
    }

    private static CompletableFuture<List<ApplyResult>> baseline(Follower<String, Sample> follower, String... keys) {
        return follower.baseline()
                .orElseThrow()
                .store(Stream.of(keys)
                        .map(key -> new ScanPage.Scanned<>(key, Sample.of(key, key.hashCode())))
                        .toList());
    }

    private static ApplyResult.Status status(CompletableFuture<List<ApplyResult>> results) {
        return join(results).get(0).status();
    }

    /** A transaction of another process that has done something and not committed yet. */
    private static Connection held(String... statements) throws SQLException {
        Connection held = pool.getConnection();
        held.setAutoCommit(false);
        try (Statement statement = held.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
        return held;
    }

    private static void commit(Connection held) throws SQLException {
        held.commit();
        held.setAutoCommit(true);
        held.close();
    }

    /** Enough for the way by COPY. */
    private static String[] many(String... first) {
        return Stream.concat(Stream.of(first), IntStream.range(0, 200).mapToObj(i -> "many" + i))
                .toArray(String[]::new);
    }

    private static List<ApplyResult.Status> statuses(CompletableFuture<List<ApplyResult>> results) {
        return join(results).stream().map(ApplyResult::status).toList();
    }

    private static final String A_BY_BASELINE = "INSERT INTO sample VALUES ('a', 'old', 0)";

    /** The gap that the gate closes: without it the delete would not see the record that is not committed yet. */
    @ParameterizedTest
    @ValueSource(strings = {"one flight", "simple protocol", "repeatable read", "stringtype unspecified"})
    void aTombstoneWaitsForABaselineUnderWayAndRemovesWhatItStored(String sessions) throws Exception {
        Connection baseline = held("SELECT dualwrite.baseline_gate(false)", A_BY_BASELINE);
        CompletableFuture<List<ApplyResult>> delete = follower(sessions).apply(List.of(tombstone("a", 1)));
        awaitBlocked(pool, 1);
        commit(baseline);

        assertThat(status(delete)).isEqualTo(APPLIED);
        assertThat(join(follower.read("a"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"one flight", "simple protocol", "repeatable read", "stringtype unspecified"})
    void aBaselineWaitsForATombstoneUnderWayAndSeesIt(String sessions) throws Exception {
        Connection delete = held(
                "SELECT dualwrite.baseline_gate(true)",
                "INSERT INTO dualwrite.applied_version VALUES ('test', 'a', 1, true)");
        CompletableFuture<List<ApplyResult>> baseline = baseline(follower(sessions), "a", "b");
        awaitBlocked(pool, 1);
        commit(delete);

        assertThat(join(baseline)).extracting(ApplyResult::status).containsExactly(SUPERSEDED, APPLIED);
        assertThat(join(follower.read("a"))).isEmpty();
        assertThat(join(follower.read("b"))).isPresent();
    }

    /** After some executions the driver uses named statements, and no longer asks what it knows of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "one flight",
                "simple protocol",
                "repeatable read",
                "stringtype unspecified",
                "prepareThreshold -1"
            })
    void theGateStaysLockedForAsLongAsATombstoneWaits(String sessions) throws Exception {
        Follower<String, Sample> follower = follower(sessions);
        for (int i = 1; i <= 6; i++) {
            assertThat(apply(follower, tombstone("a", i)).status()).isEqualTo(APPLIED);
        }
        Connection other = held("UPDATE dualwrite.applied_version SET version = 7 WHERE key = 'a'");
        CompletableFuture<List<ApplyResult>> delete = follower.apply(List.of(tombstone("a", 8)));
        awaitBlocked(pool, 1);
        long locked = number(
                pool,
                "SELECT count(*) FROM pg_locks WHERE relation = 'dualwrite.baseline_gate'::regclass"
                        + " AND mode = 'ShareLock' AND granted");
        commit(other);
        assertThat(status(delete)).isEqualTo(APPLIED);
        assertThat(locked).isEqualTo(1);
    }

    @Test
    void baselinesRunBesideBaselinesAndTombstonesBesideTombstones() throws Exception {
        Connection other = held("SELECT dualwrite.baseline_gate(false)");
        assertThat(status(baseline(follower, "a"))).isEqualTo(APPLIED);
        assertThat(apply(follower, record("a", 1)).status()).isEqualTo(APPLIED);
        commit(other);

        other = held("SELECT dualwrite.baseline_gate(true)");
        assertThat(apply(follower, tombstone("a", 2)).status()).isEqualTo(APPLIED);
        assertThat(apply(follower, record("b", 2)).status()).isEqualTo(APPLIED);
        commit(other);
    }

    @Test
    void anUpsertWaitsForABaselineOfItsKeyAndReplacesIt() throws Exception {
        Connection baseline = held("SELECT dualwrite.baseline_gate(false)", A_BY_BASELINE);
        CompletableFuture<List<ApplyResult>> save = follower.apply(List.of(record("a", 1)));
        awaitBlocked(pool, 1);
        commit(baseline);

        assertThat(status(save)).isEqualTo(APPLIED);
        assertThat(join(follower.read("a"))).contains(Sample.of("a", 1));
    }

    @Test
    void aBaselineWaitsForAnUpsertOfItsKeyAndLeavesIt() throws Exception {
        Connection save = held(
                "INSERT INTO dualwrite.applied_version VALUES ('test', 'a', 1, false)",
                "INSERT INTO sample VALUES ('a', 'text 1', 1)");
        CompletableFuture<List<ApplyResult>> baseline = baseline(follower, "a");
        awaitBlocked(pool, 1);
        commit(save);

        assertThat(status(baseline)).isEqualTo(SUPERSEDED);
        assertThat(join(follower.read("a"))).contains(Sample.of("a", 1));
    }

    @Test
    void aLargeBaselineMeetsLiveAppliesLikeASmallOne() throws Exception {
        Connection delete = held(
                "SELECT dualwrite.baseline_gate(true)",
                "INSERT INTO dualwrite.applied_version VALUES ('test', 'a', 1, true)");
        CompletableFuture<List<ApplyResult>> afterDelete = baseline(follower, many("a"));
        awaitBlocked(pool, 1);
        commit(delete);
        assertThat(statuses(afterDelete))
                .startsWith(SUPERSEDED)
                .hasSize(201)
                .filteredOn(APPLIED::equals)
                .hasSize(200);

        PostgresServer.execute(pool, "TRUNCATE sample");
        Connection save = held(
                "INSERT INTO dualwrite.applied_version VALUES ('test', 'b', 1, false)",
                "INSERT INTO sample VALUES ('b', 'text 1', 1)");
        CompletableFuture<List<ApplyResult>> afterSave = baseline(follower, many("b"));
        awaitBlocked(pool, 1);
        assertThat(number(
                        pool,
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND wait_event_type = 'Lock'"))
                .isEqualTo(1);
        commit(save);
        assertThat(statuses(afterSave))
                .startsWith(SUPERSEDED)
                .filteredOn(APPLIED::equals)
                .hasSize(200);
        assertThat(join(follower.read("b"))).contains(Sample.of("b", 1));

        assertThat(statuses(baseline(follower, many("c"))))
                .startsWith(APPLIED)
                .filteredOn(SUPERSEDED::equals)
                .hasSize(200);
        assertThat(number(pool, "SELECT count(*) FROM sample")).isEqualTo(202);
    }

    @Test
    void whatCopyFormatsHaveToEscapeArrivesAsItIs() {
        Follower<String, Sample> any = follower;
        List<ScanPage.Scanned<String, Sample>> records = new ArrayList<>();
        List<String> texts = Arrays.asList("tab\t", "line\n\r", "\\N", "\\", "\\.", "", null, "後🔑", "a\\tb", "\u0001");
        for (int i = 0; i < 200; i++) {
            records.add(new ScanPage.Scanned<>("k" + i, new Sample("k" + i, texts.get(i % texts.size()), i)));
        }
        assertThat(join(any.baseline().orElseThrow().store(records)))
                .extracting(ApplyResult::status)
                .containsOnly(APPLIED);
        assertThat(join(any.readAll(records.stream().map(ScanPage.Scanned::key).toList()))
                        .values())
                .containsExactlyInAnyOrderElementsOf(
                        records.stream().map(ScanPage.Scanned::value).toList());
    }

    @Test
    void aBaselineStoresWhatAnUpsertThatIsTakenBackDidNot() throws Exception {
        Connection save = held("INSERT INTO sample VALUES ('a', 'text 1', 1)");
        CompletableFuture<List<ApplyResult>> baseline = baseline(follower, "a");
        awaitBlocked(pool, 1);
        save.rollback();
        save.setAutoCommit(true);
        save.close();

        assertThat(status(baseline)).isEqualTo(APPLIED);
    }

    /** Only the key's own uniqueness means that the record is there already. */
    @Test
    @Tag("DW-6")
    void aConflictOnAnotherColumnIsAFailureOfThatRecordAlone() {
        apply(follower, new io.github.dualwrite.spi.VersionedRecord<>("z", 1, Sample.of("z", "b".hashCode())));

        List<ApplyResult> results = join(baseline(follower, "a", "b", "c"));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(APPLIED, ApplyResult.Status.PERMANENT_FAILURE, APPLIED);
        assertThat(results.get(1).error()).contains("key b", "sample_number_key", "let the backfill try it again");
    }

    /** The tables of an aggregate need no key, so an upsert too has to meet a baseline at the version. */
    @Test
    void anAggregateOfABaselineAndOneOfAnApplyMeetAtTheirVersion() throws Exception {
        Follower<String, Sample> aggregates =
                FollowerGround.open(PostgresStore.of(pool, new AggregateContractTest.TwoTables()));
        String taken = "INSERT INTO dualwrite.applied_version VALUES ('test', '%s', 0, false)";
        Connection baseline = held(
                String.format(taken, "a"),
                String.format(taken, "b"),
                "INSERT INTO sample_text VALUES ('a', 'old'), ('b', 'old')",
                "INSERT INTO sample_number VALUES ('a', 0), ('b', 0)",
                "DELETE FROM dualwrite.applied_version WHERE version = 0");
        CompletableFuture<List<ApplyResult>> save = aggregates.apply(List.of(record("a", 1)));
        CompletableFuture<List<ApplyResult>> delete = aggregates.apply(List.of(tombstone("b", 1)));
        awaitBlocked(pool, 2);
        commit(baseline);
        assertThat(status(save)).isEqualTo(APPLIED);
        assertThat(status(delete)).isEqualTo(APPLIED);
        assertThat(join(aggregates.read("a"))).contains(Sample.of("a", 1));
        assertThat(join(aggregates.read("b"))).isEmpty();

        Connection saves = held("INSERT INTO dualwrite.applied_version VALUES ('test', 'c', 1, false)");
        CompletableFuture<List<ApplyResult>> late = baseline(aggregates, "c", "a", "b");
        awaitBlocked(pool, 1);
        commit(saves);
        assertThat(join(late)).extracting(ApplyResult::status).containsOnly(SUPERSEDED);
        assertThat(number(pool, "SELECT count(*) FROM sample_text")).isEqualTo(1);
    }
}
