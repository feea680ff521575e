package io.github.dualwrite.postgres;

import static io.github.dualwrite.postgres.FollowerGround.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresProxy;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** How far a follower moves the version sequence, and how often it looks. */
@Tag("DW-2")
class SequenceLeadTest {

    private static final long LEAD = 10_000_000_000L;
    private static final String OTHER = "CREATE TABLE other (id text PRIMARY KEY, text text, number bigint NOT NULL)";

    private static PostgresStore<String, Sample> other(DataSource source) {
        return PostgresStore.of(
                source,
                TableMapping.<String, Sample>columns("other")
                        .key("id", ColumnType.TEXT, Sample::id)
                        .column("text", ColumnType.TEXT, Sample::text)
                        .column("number", ColumnType.BIGINT, Sample::number)
                        .build(row -> new Sample(
                                row.get("id", ColumnType.TEXT),
                                row.get("text", ColumnType.TEXT),
                                row.get("number", ColumnType.BIGINT))));
    }

    private static PostgresStore<String, Sample> sample(DataSource source) {
        return PostgresStore.of(source, PostgresAuthorityContractTest.mapping());
    }

    private static DualWriteRepository<String, Sample> repository(
            String name, PostgresStore<String, Sample> primary, PostgresStore<String, Sample> secondary) {
        return DualWriteRepository.builder(name, primary, secondary)
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(25))
                .reconcileInBackground(false)
                .build();
    }

    private static long last(DataSource source) {
        return number(source, "SELECT last_value FROM dualwrite.version");
    }

    @Test
    void aSequenceThatAuthorityAndFollowerShareStaysAndIsLookedAtOnce() throws SQLException {
        PostgresServer server = PostgresServer.shared();
        try (PostgresProxy proxy = new PostgresProxy(server.host(), server.port())) {
            PGSimpleDataSource source = PostgresServer.dataSource(server.newDatabaseName(), "localhost", proxy.port());
            source.setSslMode("disable");
            try (HikariDataSource pool = PostgresPool.of(source, 4)) {
                DualwriteSchema.defaults().install(pool);
                PostgresServer.execute(pool, FollowerGround.SAMPLE, OTHER);
                try (DualWriteRepository<String, Sample> repository = repository("shared", sample(pool), other(pool))) {
                    repository.save(Sample.of("a", 0));
                    int before = proxy.roundTrips();
                    for (int i = 1; i < 100; i++) {
                        repository.save(Sample.of("a", i));
                    }
                    // a write, its apply, and confirmations, which may come several at once
                    assertThat(proxy.roundTrips() - before).isLessThanOrEqualTo(3 * 99 + 10);
                    assertThat(last(pool)).isLessThan(2 * LEAD);
                    assertThat(number(pool, "SELECT number FROM other")).isEqualTo(99);
                }
            }
        }
    }

    @Test
    void storesThatFollowEachOtherDoNotDriveTheirSequencesUp() {
        try (HikariDataSource one = FollowerGround.database(FollowerGround.SAMPLE, OTHER);
                HikariDataSource two = FollowerGround.database(FollowerGround.SAMPLE, OTHER);
                DualWriteRepository<String, Sample> there = repository("there", sample(one), sample(two));
                DualWriteRepository<String, Sample> back = repository("back", other(two), other(one))) {
            for (int i = 0; i < 20; i++) {
                there.save(Sample.of("a", i));
                back.save(Sample.of("b", i));
            }
            assertThat(last(one)).isLessThan(3 * LEAD);
            assertThat(last(two)).isLessThan(3 * LEAD);
            assertThat(number(two, "SELECT max(version) FROM dualwrite.applied_version"))
                    .isLessThanOrEqualTo(last(two));
            assertThat(number(one, "SELECT max(version) FROM dualwrite.applied_version"))
                    .isLessThanOrEqualTo(last(one));
        }
    }

    /** A secondary that was made as a copy of the primary's database has its pending writes, too, and a sequence that does not go on. */
    @Test
    void aPendingWriteThatWasCopiedWithTheDatabaseSharesNoSequence() {
        try (HikariDataSource pool = FollowerGround.database(FollowerGround.SAMPLE)) {
            PostgresServer.execute(
                    pool,
                    "INSERT INTO dualwrite.pending_write (repository, key, version, due_at)"
                            + " VALUES ('test', 'a', 5, now())",
                    "SELECT setval('dualwrite.version', 7)");
            var follower = FollowerGround.open(sample(pool));
            for (long version : new long[] {5, 6, 2_000}) {
                FollowerGround.apply(follower, FollowerGround.record("a", version));
            }
            assertThat(last(pool)).isGreaterThanOrEqualTo(2_000);
        }
    }

    @Test
    void aSequenceThatIsBehindIsMovedAheadOnceForManyVersions() {
        try (HikariDataSource pool = FollowerGround.database(FollowerGround.SAMPLE)) {
            var follower = FollowerGround.open(sample(pool));
            for (long version : new long[] {7_000, 8_000, LEAD + 7_000}) {
                assertThat(FollowerGround.apply(follower, FollowerGround.record("a", version))
                                .status())
                        .isEqualTo(ApplyResult.Status.APPLIED);
                assertThat(last(pool)).isEqualTo(LEAD + 7_000);
            }
            FollowerGround.apply(follower, FollowerGround.record("a", LEAD + 7_001));
            assertThat(last(pool)).isGreaterThan(LEAD + 7_001);
        }
    }

    /** As by a restore of the follower's database while instances go on. */
    @Test
    void aSequenceThatWasSetBackIsMovedAheadAgainWithinAMinute() {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
        SequenceLead lead = new SequenceLead(DualwriteSchema.defaults(), "test", nanos::get);
        try (HikariDataSource pool = FollowerGround.database()) {
            FollowerCalls calls = calls(pool, Runnable::run, Duration.ofSeconds(20));
            apply(calls, lead, 7_000);
            PostgresServer.execute(pool, "SELECT setval('dualwrite.version', 1)");

            nanos.addAndGet(Duration.ofSeconds(59).toNanos());
            apply(calls, lead, 8_000);
            assertThat(last(pool)).as("no look at each apply").isEqualTo(1);

            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            apply(calls, lead, 8_001);
            assertThat(last(pool)).isGreaterThanOrEqualTo(8_001);
        }
    }

    /** As a client that was frozen holds the lock until the server ends its session. */
    @Test
    void aLookThatIsDueDoesNotWaitForTheLock() throws SQLException {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
        SequenceLead lead = new SequenceLead(DualwriteSchema.defaults(), "test", nanos::get);
        try (HikariDataSource pool = FollowerGround.database()) {
            FollowerCalls calls = calls(pool, Runnable::run, Duration.ofSeconds(2));
            apply(calls, lead, 7_000);
            PostgresServer.execute(pool, "SELECT setval('dualwrite.version', 1)");
            nanos.addAndGet(Duration.ofSeconds(61).toNanos());

            try (Connection frozen = pool.getConnection();
                    Statement statement = frozen.createStatement()) {
                frozen.setAutoCommit(false);
                statement.execute("SELECT pg_advisory_xact_lock(" + SequenceLead.TURN + ")");
                apply(calls, lead, 8_000);
                frozen.rollback();
            }
            apply(calls, lead, 8_001);
            assertThat(last(pool)).as("no look at each apply").isEqualTo(1);

            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            apply(calls, lead, 8_002);
            assertThat(last(pool)).isGreaterThanOrEqualTo(8_002);
        }
    }

    @Test
    void whileOneLooksAgainTheOthersGoOn() throws SQLException {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
        SequenceLead lead = new SequenceLead(DualwriteSchema.defaults(), "test", nanos::get);
        try (HikariDataSource pool = FollowerGround.database()) {
            FollowerCalls calls = calls(pool, null, Duration.ofSeconds(10));
            apply(calls, lead, 7_000);
            PostgresServer.execute(pool, "SELECT setval('dualwrite.version', 1)");
            nanos.addAndGet(Duration.ofSeconds(61).toNanos());

            CompletableFuture<Boolean> looking;
            try (Connection other = pool.getConnection();
                    Statement statement = other.createStatement()) {
                other.setAutoCommit(false);
                statement.execute("ALTER SEQUENCE dualwrite.version NO CYCLE"); // lets nobody move it
                looking = applying(calls, lead, 8_000);
                FollowerGround.awaitBlocked(pool, 1);
                apply(calls, lead, 8_001);
                assertThat(looking).isNotDone();
                other.rollback();
            }
            FollowerGround.join(looking);
            assertThat(last(pool)).isGreaterThanOrEqualTo(8_001);
        }
    }

    @Test
    void aLookThatFailedIsMadeByTheNextApply() {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
        SequenceLead lead = new SequenceLead(DualwriteSchema.defaults(), "test", nanos::get);
        try (HikariDataSource pool = FollowerGround.database()) {
            FollowerCalls calls = calls(pool, Runnable::run, Duration.ofSeconds(2));
            apply(calls, lead, 7_000);
            PostgresServer.execute(
                    pool, "SELECT setval('dualwrite.version', 1)", "ALTER SEQUENCE dualwrite.version RENAME TO away");
            nanos.addAndGet(Duration.ofSeconds(61).toNanos());
            assertThatThrownBy(() -> apply(calls, lead, 8_000)).hasMessageContaining("42P01");

            PostgresServer.execute(pool, "ALTER SEQUENCE dualwrite.away RENAME TO version");
            apply(calls, lead, 8_001);
            assertThat(last(pool)).isGreaterThanOrEqualTo(8_001);
        }
    }

    /** For a DynamoDB primary, whose versions come from the clock, before it writes again after a restore. */
    @Test
    void howFarAppliedVersionsAreAheadOfTheClockIsToldInSeconds() {
        String seconds = OperationsPage.section("## The primary was restored, or failed over")
                .inline("extract(epoch");
        long hourAhead = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now().plus(Duration.ofHours(1)));
        try (HikariDataSource pool = FollowerGround.database(FollowerGround.SAMPLE)) {
            var follower = FollowerGround.open(sample(pool));
            FollowerGround.apply(follower, FollowerGround.record("a", 7_000));
            assertThat(number(pool, seconds)).isNegative();
            FollowerGround.apply(follower, FollowerGround.record("b", hourAhead));
            assertThat(number(pool, seconds)).isBetween(3_000L, 3_600L);
        }
    }

    private static FollowerCalls calls(DataSource source, @Nullable Executor executor, Duration timeout) {
        return new FollowerCalls(
                source, new SqlErrors("test", "PostgreSQL", DualwriteSchema.defaults()), executor, timeout, "test");
    }

    private static void apply(FollowerCalls calls, SequenceLead lead, long version) {
        FollowerGround.join(applying(calls, lead, version));
    }

    private static CompletableFuture<Boolean> applying(FollowerCalls calls, SequenceLead lead, long version) {
        return calls.call(Operation.APPLY, List.of(), session -> {
            lead.ensure(session, List.of(Change.byHand("a", "a", version, null)));
            return true;
        });
    }
}
