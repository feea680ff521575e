package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A row that row security hides is never taken for one that was deleted. */
@Tag("DW-3")
class RowSecurityTest {

    private static final StoreContext CONTEXT = new StoreContext("test", Duration.ofSeconds(1));

    private HikariDataSource owner;
    private HikariDataSource tenant;

    @BeforeEach
    void open() throws SQLException {
        String database = PostgresServer.shared().newDatabaseName();
        owner = PostgresPool.of(PostgresServer.shared().dataSource(database), 4);
        DualwriteSchema.defaults().install(owner);
        PostgresServer.execute(
                owner,
                FollowerGround.SAMPLE,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL)",
                "DO $$ BEGIN CREATE ROLE tenant LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                "GRANT ALL ON ALL TABLES IN SCHEMA public TO tenant",
                "GRANT USAGE ON SCHEMA dualwrite TO tenant",
                "GRANT ALL ON ALL TABLES IN SCHEMA dualwrite TO tenant",
                "GRANT ALL ON ALL SEQUENCES IN SCHEMA dualwrite TO tenant");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(database);
        source.setUser("tenant");
        tenant = PostgresPool.of(source, 4);
    }

    @AfterEach
    void close() {
        tenant.close();
        owner.close();
    }

    private void secure(String table) {
        PostgresServer.execute(
                owner,
                "CREATE POLICY own ON " + table
                        + " USING (id LIKE coalesce(current_setting('app.tenant', true), '') || '-%')",
                "ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY");
    }

    private PostgresStore<String, Sample> store() {
        return PostgresStore.of(tenant, PostgresAuthorityContractTest.mapping());
    }

    @Test
    void aTableUnderRowSecurityIsRefusedInBothRolesAndForScans() {
        Follower<String, Sample> follower = FollowerGround.open(store());
        RecordScan<String, Sample> scan = follower.scan().orElseThrow();
        secure("sample");

        assertThatThrownBy(() -> store().openAuthority(CONTEXT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("row security", "\"sample\"", "BYPASSRLS", "without FORCE");
        assertThat(follower.check())
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(ConfigurationException.class)
                .withMessageContaining("row security");
        assertThatThrownBy(() -> scan.splits(1)).isInstanceOf(ConfigurationException.class);
        assertThat(FollowerGround.apply(follower, FollowerGround.tombstone("a-1", 1))
                        .status())
                .isEqualTo(ApplyResult.Status.TRANSIENT_FAILURE);
        assertThat(PostgresStore.of(owner, PostgresAuthorityContractTest.mapping())
                        .openAuthority(CONTEXT)
                        .save(Sample.of("a-1", 1))
                        .version())
                .isPositive();
    }

    @Test
    void rowSecurityThatComesLaterMakesNoTombstones() {
        Authority<String, Sample> authority = store().openAuthority(CONTEXT);
        authority.save(Sample.of("a-1", 1));
        secure("sample");

        assertThatThrownBy(() -> authority.snapshot(List.of("a-1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("row security");
    }

    @Test
    void aFollowerNeitherConfirmsNorAnswersWhatRowSecurityThatComesLaterHides() {
        Follower<String, Sample> follower = FollowerGround.open(store());
        assertThat(FollowerGround.apply(follower, FollowerGround.record("a-1", 1))
                        .status())
                .isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(FollowerGround.apply(follower, FollowerGround.tombstone("a-2", 1))
                        .status())
                .isEqualTo(ApplyResult.Status.APPLIED);
        for (int i = 0; i < 8; i++) { // as named statements with a plan that is kept, too
            assertThat(FollowerGround.join(follower.read("a-1"))).isPresent();
            assertThat(FollowerGround.join(follower.readAll(List.of("a-1", "a-2"))))
                    .containsOnlyKeys("a-1");
        }
        secure("sample");

        for (int i = 0; i < 2; i++) { // at first, and after what is known was thrown away
            ApplyResult removed = FollowerGround.apply(follower, FollowerGround.tombstone("a-1", 2));
            assertThat(removed.status()).isEqualTo(ApplyResult.Status.TRANSIENT_FAILURE);
            assertThat(removed.error()).contains("row security");
        }
        assertThat(FollowerGround.number(owner, "SELECT max(version) FROM dualwrite.applied_version"))
                .isEqualTo(1);
        PostgresServer.execute(owner, "ALTER TABLE sample DISABLE ROW LEVEL SECURITY");
        assertThat(FollowerGround.join(follower.read("a-1"))).isPresent();
        PostgresServer.execute(owner, "ALTER TABLE sample ENABLE ROW LEVEL SECURITY");
        assertThat(follower.read("a-1"))
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(ConfigurationException.class)
                .withMessageContaining("row security");
        PostgresServer.execute(owner, "ALTER TABLE sample DISABLE ROW LEVEL SECURITY");
        assertThat(FollowerGround.join(follower.readAll(List.of("a-1")))).hasSize(1);
        PostgresServer.execute(owner, "ALTER TABLE sample ENABLE ROW LEVEL SECURITY");
        assertThat(follower.readAll(List.of("a-1", "a-2")))
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(ConfigurationException.class)
                .withMessageContaining("row security");
    }

    @Test
    void aBaselineUnderRowSecurityThatComesLaterSkipsNothing() {
        Follower<String, Sample> follower = FollowerGround.open(store());
        for (int size : new int[] {3, 300}) {
            PostgresServer.execute(owner, "ALTER TABLE sample DISABLE ROW LEVEL SECURITY", "DELETE FROM sample");
            assertThat(FollowerGround.join(follower.read("a-1"))).isEmpty();
            assertThat(FollowerGround.apply(follower, FollowerGround.record("b-" + size, 1))
                            .status())
                    .isEqualTo(ApplyResult.Status.APPLIED);
            PostgresServer.execute(
                    owner,
                    "INSERT INTO sample VALUES ('a-1', 'here', 1)",
                    "DROP POLICY IF EXISTS own ON sample",
                    "CREATE POLICY own ON sample USING (number > 1) WITH CHECK (true)",
                    "ALTER TABLE sample ENABLE ROW LEVEL SECURITY");

            List<ApplyResult> results = FollowerGround.join(follower.baseline()
                    .orElseThrow()
                    .store(IntStream.range(0, size)
                            .mapToObj(i -> new ScanPage.Scanned<>("a-" + i, Sample.of("a-" + i, 2)))
                            .toList()));

            assertThat(results).extracting(ApplyResult::status).containsOnly(ApplyResult.Status.TRANSIENT_FAILURE);
            assertThat(results.get(0).error()).contains("row security");
        }
    }

    @Test
    void anAggregateOverTablesUnderRowSecurityIsAnErrorNotATombstone() {
        PostgresStore<String, Sample> aggregates = PostgresStore.of(tenant, new Listed());
        Authority<String, Sample> authority = aggregates.openAuthority(CONTEXT);
        Follower<String, Sample> follower = FollowerGround.open(aggregates);
        authority.save(Sample.of("a-1", 1));
        PostgresServer.execute(owner, "INSERT INTO sample VALUES ('a-1', 'lists it', 1)");
        secure("sample_text");

        assertThatThrownBy(() -> authority.snapshot(List.of("a-1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("row security");
        RecordScan<String, Sample> scan = authority.scan().orElseThrow();
        assertThatThrownBy(() -> scan.page(scan.splits(1).get(0), null, 10)).isInstanceOf(ConfigurationException.class);
        ApplyResult applied = FollowerGround.apply(follower, FollowerGround.tombstone("a-1", 1));
        assertThat(applied.status()).isEqualTo(ApplyResult.Status.TRANSIENT_FAILURE);
        assertThat(applied.error()).contains("row security");
    }

    /** Two tables, and a third one that lists the keys. */
    private static final class Listed extends AggregateContractTest.TwoTables {
        @Override
        public Optional<TableMapping<String, String>> keyTable() {
            return Optional.of(TableMapping.<String, String>columns("sample")
                    .key("id", ColumnType.TEXT, key -> key)
                    .build(row -> row.get("id", ColumnType.TEXT)));
        }
    }

    /** A backfill that has begun would be complete with records missing. */
    @Test
    @Tag("DW-7")
    void aScanEndsWhenRowSecurityComesLater() {
        RecordScan<String, Sample> scan = store().openAuthority(CONTEXT).scan().orElseThrow();
        PostgresServer.execute(owner, "INSERT INTO sample SELECT 'b-' || i, 'x', i FROM generate_series(1, 9) AS i");
        ScanPage<String, Sample> first = scan.page(scan.splits(1).get(0), null, 3);
        assertThat(first.records()).hasSize(3);
        secure("sample");

        assertThatThrownBy(() -> scan.page(scan.splits(1).get(0), first.next(), 3))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("row security");
    }
}
