package io.github.dualwrite.postgres;

import static io.github.dualwrite.postgres.FollowerGround.apply;
import static io.github.dualwrite.postgres.FollowerGround.join;
import static io.github.dualwrite.postgres.FollowerGround.number;
import static io.github.dualwrite.postgres.FollowerGround.record;
import static io.github.dualwrite.postgres.FollowerGround.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Triggers that came to the follower with the schema of the authority. */
@Tag("DW-1")
class FollowerTriggersTest {

    private HikariDataSource pool;

    @BeforeEach
    void open() {
        pool = FollowerGround.database(FollowerGround.SAMPLE, """
                CREATE FUNCTION keep_away() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'DELETE' THEN
                        RETURN CASE WHEN OLD.id LIKE 'ghost%' THEN NULL ELSE OLD END;
                    END IF;
                    RETURN CASE WHEN NEW.id LIKE 'ghost%' THEN NULL ELSE NEW END;
                END $$""");
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private void trigger(String when, String table) {
        PostgresServer.execute(
                pool, "CREATE TRIGGER noisy " + when + " ON " + table + " FOR EACH ROW EXECUTE FUNCTION keep_away()");
    }

    private Follower<String, Sample> follower() {
        return FollowerGround.open(PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()));
    }

    private DualWriteRepositoryBuilder<String, Sample> builder() {
        return DualWriteRepository.builder(
                        "shop",
                        InMemoryStore.<String, Sample>keyedBy(Sample::id),
                        PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()))
                .reconcileInBackground(false);
    }

    private AbstractThrowableAssert<?, ? extends Throwable> building() {
        return assertThatThrownBy(() -> builder().build().close())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("repository 'shop'");
    }

    @Test
    void rowTriggersAreRefusedByNameWhenTheRepositoryIsBuilt() {
        trigger("BEFORE UPDATE", "sample");
        building()
                .hasMessageContaining("noisy before rows of sample")
                .hasMessageContaining("DISABLE TRIGGER")
                .hasMessageContaining("refuseUnfitSecondary(false)");
        builder().refuseUnfitSecondary(false).build().close();
        PostgresServer.execute(pool, "ALTER TABLE sample DISABLE TRIGGER noisy");
        builder().build().close();
        PostgresServer.execute(pool, "ALTER TABLE sample ENABLE ALWAYS TRIGGER noisy");
        building().hasMessageContaining("noisy");
        PostgresServer.execute(pool, "ALTER TABLE sample ENABLE REPLICA TRIGGER noisy");
        builder().build().close();

        PostgresServer.execute(pool, "DROP TRIGGER noisy ON sample");
        trigger("AFTER INSERT OR UPDATE", "sample");
        building().hasMessageContaining("noisy after rows of sample");
    }

    @NeedsPostgres(14)
    @Test
    void triggersOfPartitionsAreRefusedTooAndThoseOfForeignKeysAndOfCaptureAreNot() {
        PostgresServer.execute(
                pool,
                "DROP TABLE sample",
                "CREATE TABLE known (number bigint PRIMARY KEY)",
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint REFERENCES known) PARTITION BY RANGE (id)",
                "CREATE TABLE sample_a PARTITION OF sample FOR VALUES FROM ('a') TO ('b')");
        CaptureTrigger.of(DualwriteSchema.defaults(), PostgresAuthorityContractTest.mapping(), "back")
                .install(pool, Duration.ofSeconds(20));
        builder().build().close();

        trigger("AFTER DELETE", "sample_a");
        building().hasMessageContaining("noisy after rows of sample_a");
    }

    /** What a trigger keeps away must stay pending. */
    @Test
    void aRecordThatATriggerKeepsAwayIsParkedAndItsVersionIsNotTaken() throws Exception {
        trigger("BEFORE INSERT OR UPDATE", "sample");
        Follower<String, Sample> follower = follower();

        List<ApplyResult> results =
                join(follower.apply(List.of(record("a", 1), record("ghost", 1), tombstone("b", 1), record("c", 1))));
        ApplyResult single = apply(follower, record("ghost", 2));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.PERMANENT_FAILURE,
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.APPLIED);
        assertThat(single.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        assertThat(single.error()).contains("key ghost", "a trigger", "noisy before rows of sample");
        assertThat(number(pool, "SELECT count(*) FROM dualwrite.applied_version"))
                .isEqualTo(3);
        PostgresServer.execute(pool, "ALTER TABLE sample DISABLE TRIGGER noisy");
        assertThat(apply(follower, record("ghost", 2)).status()).isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(apply(follower, record("ghost", 1)).status()).isEqualTo(ApplyResult.Status.SUPERSEDED);
    }

    @Test
    void aTombstoneWhoseRecordATriggerKeepsIsParkedAndItsVersionIsNotTaken() {
        Follower<String, Sample> follower = follower();
        PostgresServer.execute(pool, "INSERT INTO sample VALUES ('ghost', '', 1), ('a', '', 1)");
        trigger("BEFORE DELETE", "sample");

        List<ApplyResult> results = join(follower.apply(
                List.of(tombstone("a", 2), tombstone("ghost", 2), record("b", 2), tombstone("not there", 2))));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.PERMANENT_FAILURE,
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.APPLIED);
        assertThat(results.get(1).error()).contains("noisy before rows of sample");
        assertThat(number(pool, "SELECT count(*) FROM sample WHERE id IN ('a', 'ghost')"))
                .isEqualTo(1);
        assertThat(number(pool, "SELECT count(*) FROM dualwrite.applied_version WHERE key = 'ghost'"))
                .isZero();
    }

    @Test
    void aBaselineTellsWhatATriggerKeptAwayHoweverLargeItIs() {
        trigger("BEFORE INSERT", "sample");
        Follower<String, Sample> follower = follower();
        for (int size : new int[] {3, 300}) {
            List<String> keys = new ArrayList<>(
                    IntStream.range(1, size).mapToObj(i -> size + "-" + i).toList());
            keys.add("ghost " + size);

            List<ApplyResult> results = join(follower.baseline()
                    .orElseThrow()
                    .store(keys.stream()
                            .map(key -> new ScanPage.Scanned<>(key, Sample.of(key, 1)))
                            .toList()));

            assertThat(results.get(size - 1).status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
            assertThat(results.get(size - 1).error()).contains("noisy before rows of sample");
            assertThat(results.subList(0, size - 1))
                    .extracting(ApplyResult::status)
                    .doesNotContain(ApplyResult.Status.PERMANENT_FAILURE, ApplyResult.Status.TRANSIENT_FAILURE);
            assertThat(number(pool, "SELECT count(*) FROM sample WHERE id LIKE '" + size + "-%'"))
                    .isEqualTo(size - 1);
        }
    }

    @Test
    void aTriggerThatIsCreatedMeanwhileIsFoundWithinAMinute() throws SQLException {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
        RowTriggers triggers = new RowTriggers("\"public\".\"sample\"", nanos::get);
        try (Connection connection = pool.getConnection()) {
            assertThat(triggers.mayKeepAway(connection)).isFalse();
            trigger("BEFORE INSERT", "sample");
            nanos.addAndGet(Duration.ofSeconds(59).toNanos());
            assertThat(triggers.mayKeepAway(connection)).isFalse();
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            assertThat(triggers.mayKeepAway(connection)).isTrue();
        }
    }
}
