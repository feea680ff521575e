package io.github.dualwrite.postgres;

import static io.github.dualwrite.postgres.FollowerGround.join;
import static io.github.dualwrite.postgres.FollowerGround.record;
import static io.github.dualwrite.postgres.FollowerGround.tombstone;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresProxy;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Counts the flights between a follower and its server on the wire, and loses one. */
class FollowerRoundTripsTest {

    private PostgresProxy proxy;
    private String database;
    private HikariDataSource pool;
    private Follower<String, Sample> follower;

    @BeforeEach
    void open() throws SQLException {
        PostgresServer server = PostgresServer.shared();
        database = server.newDatabaseName();
        proxy = new PostgresProxy(server.host(), server.port());
        PGSimpleDataSource source = PostgresServer.dataSource(database, "localhost", proxy.port());
        source.setSslMode("disable");
        pool = PostgresPool.of(source, 1);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, FollowerGround.SAMPLE);
        follower = FollowerGround.open(PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()));
        for (int i = 1; i < 20; i++) { // the driver switches to named statements after some executions
            join(follower.apply(List.of(record("warm", i))));
            join(follower.apply(List.of(tombstone("warm", i + 100), record("warmer", i))));
            join(follower.read("warm"));
        }
    }

    @AfterEach
    void close() {
        pool.close();
        proxy.close();
    }

    private int roundTripsOf(List<VersionedRecord<String, Sample>> batch) {
        int before = proxy.roundTrips();
        assertThat(join(follower.apply(batch)))
                .extracting(ApplyResult::status)
                .containsOnly(ApplyResult.Status.APPLIED);
        return proxy.roundTrips() - before;
    }

    @Test
    void everyApplyIsOneRoundTripAlsoInBatchesAndWithTombstones() {
        assertThat(roundTripsOf(List.of(record("a", 1)))).isEqualTo(1);
        assertThat(roundTripsOf(List.of(tombstone("a", 2)))).isEqualTo(1);
        assertThat(roundTripsOf(IntStream.range(0, 500)
                        .mapToObj(i -> record("b" + i, 1))
                        .toList()))
                .isEqualTo(1);
        assertThat(roundTripsOf(IntStream.range(0, 500)
                        .mapToObj(i -> i % 2 == 0 ? record("b" + i, 2) : tombstone("b" + i, 2))
                        .toList()))
                .isEqualTo(1);
        int before = proxy.roundTrips();
        assertThat(join(follower.read("b0"))).contains(Sample.of("b0", 2));
        assertThat(join(follower.readAll(List.of("b0", "b1", "b2")))).containsOnlyKeys("b0", "b2");
        assertThat(proxy.roundTrips() - before).isEqualTo(2);
    }

    private int roundTripsOfBaseline(String prefix, int records) {
        int before = proxy.roundTrips();
        assertThat(join(follower.baseline()
                        .orElseThrow()
                        .store(IntStream.range(0, records)
                                .mapToObj(i -> new ScanPage.Scanned<>(prefix + i, Sample.of(prefix + i, i)))
                                .toList())))
                .extracting(ApplyResult::status)
                .containsOnly(ApplyResult.Status.APPLIED);
        return proxy.roundTrips() - before;
    }

    /** A copy opens its transaction, goes through the gate, asks for the copy, sends it and commits. */
    @Test
    void aBaselineIsOneRoundTripAndALargeOneFiveHoweverLarge() {
        assertThat(roundTripsOfBaseline("first", 50)).isEqualTo(1);
        assertThat(roundTripsOfBaseline("a", 50)).isEqualTo(1);
        assertThat(roundTripsOfBaseline("b", 200)).isEqualTo(5);
        assertThat(roundTripsOfBaseline("c", 2_000)).isEqualTo(5);
    }

    @Test
    void aPageIsOneRoundTrip() {
        RecordScan<String, Sample> scan = follower.scan().orElseThrow();
        roundTripsOfBaseline("a", 50);
        Split all = scan.splits(1).get(0);
        for (int limit : new int[] {10, 100}) {
            int before = proxy.roundTrips();
            assertThat(scan.page(all, null, limit).records()).hasSize(Math.min(limit, 51));
            assertThat(proxy.roundTrips() - before).isEqualTo(1);
        }
    }

    /** Where the driver sends a Sync of its own between settings and page, a transaction holds them together. */
    @Test
    void aPageHasATransactionWhereStatementsCannotBeSentTogether() {
        roundTripsOfBaseline("a", 50);
        PGSimpleDataSource source = PostgresServer.dataSource(database, "localhost", proxy.port());
        source.setSslMode("disable");
        source.setStringType("unspecified");
        try (HikariDataSource untyped = PostgresPool.of(source, 1)) {
            RecordScan<String, Sample> scan = FollowerGround.open(
                            PostgresStore.of(untyped, PostgresAuthorityContractTest.mapping()))
                    .scan()
                    .orElseThrow();
            Split all = scan.splits(1).get(0);
            for (int i = 0; i < 8; i++) {
                int before = proxy.roundTrips();
                assertThat(scan.page(all, null, 10).records()).hasSize(10);
                assertThat(proxy.roundTrips() - before).isGreaterThanOrEqualTo(3); // begin, page, commit
            }
        }
    }

    @Test // TRAPS 20
    @Tag("DW-2")
    void aLostAnswerIsTransientAndDoingItAgainFindsItDone() {
        proxy.failNext(PostgresProxy.Fault.LOSE_ANSWER);

        ApplyResult lost = FollowerGround.apply(follower, record("a", 1));

        assertThat(lost.status()).isEqualTo(ApplyResult.Status.TRANSIENT_FAILURE);
        assertThat(lost.error()).contains("connection was lost");
        assertThat(FollowerGround.apply(follower, record("a", 1)).status()).isEqualTo(ApplyResult.Status.SUPERSEDED);
    }

    /** A host that vanishes inside a transaction would keep its locks, and the gate shut, until the server's own keepalives. */
    @Test
    void aTransactionOfSeveralRoundTripsTellsTheServerWhenToTakeItsClientForVanished() throws SQLException {
        String limits = "SELECT current_setting('idle_in_transaction_session_timeout') || ' '"
                + " || current_setting('tcp_keepalives_idle') || ' ' || current_setting('tcp_keepalives_interval') || ' '"
                + " || current_setting('tcp_keepalives_count')";
        try (Connection connection = pool.getConnection()) {
            FollowerSession session = new FollowerSession(
                    connection, new SqlErrors("test", "here", DualwriteSchema.defaults()), 30, () -> false);
            String outside = session.statement(Operation.APPLY, List.of(), c -> text(c, limits));
            int without = proxy.roundTrips();
            session.<String>snapshot(Operation.APPLY, List.of(), c -> text(c, limits));
            without = proxy.roundTrips() - without;
            int before = proxy.roundTrips();

            assertThat(session.<String>transaction(Operation.APPLY, List.of(), c -> text(c, limits)))
                    .isEqualTo("30s 10 5 4");

            assertThat(proxy.roundTrips() - before).isEqualTo(without);
            assertThat(session.<String>unfiltered(Operation.APPLY, List.of(), c -> text(c, limits)))
                    .isEqualTo("30s 10 5 4");
            assertThat(session.<String>statement(Operation.APPLY, List.of(), c -> text(c, limits)))
                    .isEqualTo(outside);
        }
    }

    /** A host that vanishes while it sends leaves a server that waits for the rest, with the gate shut. */
    @Test
    void soDoesOneThatGoesThroughTheGateInOneRoundTrip() throws SQLException {
        PostgresServer.execute(
                pool,
                "CREATE TABLE limits (text text)",
                "CREATE FUNCTION log_limits() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO limits VALUES ("
                        + "concat_ws(' ', current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'),"
                        + " current_setting('tcp_keepalives_count'))); RETURN true; END $$",
                "ALTER TABLE sample ADD CHECK (log_limits()) NOT VALID");

        assertThat(roundTripsOf(List.of(record("a", 1), tombstone("b", 1)))).isEqualTo(1);
        assertThat(roundTripsOfBaseline("c", 2)).isEqualTo(1);

        try (Connection connection = pool.getConnection()) {
            assertThat(text(connection, "SELECT string_agg(text, ', ') FROM limits"))
                    .isEqualTo("10 5 4, 10 5 4, 10 5 4");
            assertThat(text(connection, "SELECT current_setting('tcp_keepalives_idle')"))
                    .isNotEqualTo("10");
        }
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
