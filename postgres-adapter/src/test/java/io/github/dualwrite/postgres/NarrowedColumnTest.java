package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a follower's column would change without an error: when that is noticed, and what is not taken for it. */
class NarrowedColumnTest {

    record Account(
            long id, @Nullable BigDecimal amount, @Nullable Instant at) {}

    private static final TableMapping<Long, Account> MAPPING = TableMapping.ofRecord(Account.class, Long.class)
            .table("account")
            .key("id")
            .build();

    private HikariDataSource database;

    @BeforeEach
    void createTable() {
        database =
                FollowerGround.database("CREATE TABLE account (id bigint PRIMARY KEY, amount numeric, at timestamptz)");
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aColumnThatIsNarrowedMeanwhileRefusesWithinAMinute() throws SQLException {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
        SqlErrors errors = new SqlErrors("test", "store", DualwriteSchema.defaults());
        TableFollowing<Long, Account> following = new TableFollowing<>(
                MAPPING, DualwriteSchema.defaults(), new StoreContext("test", Duration.ZERO), errors, nanos::get);
        Account account = new Account(1, new BigDecimal("1.255"), null);
        try (Connection connection = database.getConnection()) {
            FollowerSession session = new FollowerSession(connection, errors, 30, () -> false);
            assertThat(following.apply(session, List.of(following.change(1L, 1, account))))
                    .isEmpty();
            PostgresServer.execute(database, "ALTER TABLE account ALTER COLUMN amount TYPE numeric(10,2)");
            nanos.addAndGet(Duration.ofSeconds(61).toNanos());

            assertThatThrownBy(() -> following.apply(session, List.of(following.change(1L, 2, account))))
                    .isInstanceOf(PermanentStoreException.class)
                    .hasMessageContaining("column amount of type numeric(10,2)");
        }
    }

    @Test
    @NeedsPostgres(15)
    void zeroFitsWhereTensDoNot() {
        PostgresServer.execute(database, "ALTER TABLE account ALTER COLUMN amount TYPE numeric(5,-2)");
        var follower = FollowerGround.open(PostgresStore.of(database, MAPPING));

        List<ApplyResult> results = FollowerGround.join(
                follower.apply(List.of(amount(1, "0"), amount(2, "0.00"), amount(3, "1200"), amount(4, "1230"))));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.PERMANENT_FAILURE);
    }

    private static VersionedRecord<Long, Account> amount(long id, String amount) {
        return new VersionedRecord<>(id, 1, new Account(id, new BigDecimal(amount), null));
    }

    /** Otherwise nearly every time of a clock would be parked. */
    @Test
    void partsOfAMicrosecondAreRoundedAndDifferUnlessTheyAreCutBeforeOrTolerated() throws InterruptedException {
        Instant fine = Instant.parse("2024-01-01T00:00:00.123456789Z");
        try (DualWriteRepository<Long, Account> repository = DualWriteRepository.builder(
                        "test", InMemoryStore.<Long, Account>keyedBy(Account::id), PostgresStore.of(database, MAPPING))
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(30))
                .reconcileInBackground(false)
                .build()) {
            assertThat(repository.save(new Account(1, null, fine)).secondaryApplied())
                    .isTrue();
            assertThat(repository
                            .save(new Account(2, null, fine.truncatedTo(ChronoUnit.MICROS)))
                            .secondaryApplied())
                    .isTrue();

            VerificationReport<Long> report = repository.verification().run();
            assertThat(report.differing()).isEqualTo(1);

            FieldComparison<Account> near = FieldComparison.of(Account.class)
                    .timeTolerance("at", Duration.of(1, ChronoUnit.MICROS))
                    .build();
            assertThat(repository
                            .verification(VerificationSettings.<Long, Account>builder()
                                    .comparator(near)
                                    .build())
                            .run()
                            .differing())
                    .isZero();
        }
    }
}
