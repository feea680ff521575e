package io.github.dualwrite.postgres;

import static io.github.dualwrite.postgres.FollowerGround.apply;
import static io.github.dualwrite.postgres.FollowerGround.join;
import static io.github.dualwrite.postgres.FollowerGround.record;
import static io.github.dualwrite.postgres.FollowerGround.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A follower that cannot hold the records is refused by name when the repository is built; at run time a record is parked. */
class FollowerBadInputTest {

    private String name;
    private DataSource database;

    @BeforeEach
    void createDatabase() {
        name = PostgresServer.shared().newDatabaseName();
        database = PostgresServer.shared().dataSource(name);
    }

    private void install() {
        try {
            DualwriteSchema.defaults().install(database);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void withTable(String columns) {
        install();
        PostgresServer.execute(database, "DROP TABLE IF EXISTS sample", "CREATE TABLE sample (" + columns + ")");
    }

    private AbstractThrowableAssert<?, ? extends Throwable> building() {
        return building(database);
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> building(DataSource source) {
        return assertThatThrownBy(() -> DualWriteRepository.builder(
                                "shop",
                                InMemoryStore.<String, Sample>keyedBy(Sample::id),
                                PostgresStore.of(source, PostgresAuthorityContractTest.mapping()))
                        .build()
                        .close())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("repository 'shop'");
    }

    @Test
    void aTableThatCannotHoldTheRecordIsRefusedWithTheColumn() {
        withTable("id text PRIMARY KEY, number bigint");
        building().hasMessageContaining("no column text").hasMessageContaining("id, number");
        withTable("id text PRIMARY KEY, text text, number numeric");
        building().hasMessageContaining("column number is numeric, but it is mapped as bigint");
        withTable("id text PRIMARY KEY, text text, number bigint, tenant text NOT NULL");
        building().hasMessageContaining("column tenant is NOT NULL");
        withTable("id text, text text, number bigint");
        building().hasMessageContaining("the key (id) has no primary key");
    }

    @Test
    void aColumnThatHoldsLessThanTheAuthoritysIsRefusedWhenTheRepositoryIsBuilt() throws SQLException {
        DataSource from = PostgresServer.shared().newDatabase();
        DualwriteSchema.defaults().install(from);
        PostgresServer.execute(from, "CREATE TABLE sample (id text PRIMARY KEY, text varchar(40), number bigint)");
        withTable("id text PRIMARY KEY, text varchar(39), number bigint");
        assertThatThrownBy(() -> between(from).build().close())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("repository 'shop'")
                .hasMessageContaining("column text of type character varying(39) holds less than character varying(40)")
                .hasMessageContaining("widen it");
        try (DualWriteRepository<String, Sample> repository =
                between(from).refuseUnfitSecondary(false).build()) {
            assertThat(repository.save(new Sample("a", "x".repeat(39), 1)).secondaryApplied())
                    .isTrue();
            assertThat(repository.save(new Sample("b", "x".repeat(40), 1)).secondaryApplied())
                    .isFalse();
        }
        withTable("id text PRIMARY KEY, text text, number int");
        assertThatThrownBy(() -> between(from).build().close())
                .hasMessageContaining("column number of type integer holds less than bigint");
        withTable("id text PRIMARY KEY, text varchar(40) NOT NULL, number bigint NOT NULL"); // a long is never null
        assertThatThrownBy(() -> between(from).build().close())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("column text can not be NULL, and the authority's column of that name can")
                .hasMessageContaining("refuseUnfitSecondary(false)");
        between(from).refuseUnfitSecondary(false).build().close();
        PostgresServer.execute(from, "ALTER TABLE sample ALTER COLUMN text SET NOT NULL");
        between(from).build().close();
        PostgresServer.execute(from, "ALTER TABLE sample ALTER COLUMN text DROP NOT NULL");
        withTable("id text PRIMARY KEY, text varchar(40), number bigint");
        between(from).build().close();
    }

    /** The authority's column is never NULL, whatever says so. */
    @Test
    void aColumnThatIsNotNullMeetsOneThatIsNeverNull() throws SQLException {
        DataSource from = PostgresServer.shared().newDatabase();
        DualwriteSchema.defaults().install(from);
        String domains = "CREATE DOMAIN label AS text NOT NULL; CREATE DOMAIN inner_label AS label";
        PostgresServer.execute(from, domains);
        PostgresServer.execute(database, domains);
        for (String text : List.of(
                "text GENERATED ALWAYS AS (lower(id)) STORED", "inner_label", "text CHECK (text IS NOT NULL)")) {
            PostgresServer.execute(
                    from,
                    "DROP TABLE IF EXISTS sample",
                    "CREATE TABLE sample (id text PRIMARY KEY, number bigint, text " + text + ")");
            withTable("id text PRIMARY KEY, text text NOT NULL, number bigint");
            between(from).build().close();
        }
        PostgresServer.execute(
                from,
                "DROP TABLE sample",
                "CREATE TABLE sample (id text PRIMARY KEY, number bigint, text text)",
                "ALTER TABLE sample ADD CHECK (text IS NOT NULL) NOT VALID");
        for (String text : List.of("text NOT NULL", "inner_label", "text CHECK (text IS NOT NULL)")) {
            withTable("id text PRIMARY KEY, number bigint, text " + text);
            assertThatThrownBy(() -> between(from).build().close())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("column text")
                    .hasMessageContaining("CHECK (text IS NOT NULL)");
        }
    }

    private DualWriteRepositoryBuilder<String, Sample> between(DataSource from) {
        return DualWriteRepository.builder(
                        "shop",
                        PostgresStore.of(from, PostgresAuthorityContractTest.mapping()),
                        PostgresStore.of(database, PostgresAuthorityContractTest.mapping()))
                .secondaryTimeout(Duration.ofSeconds(30))
                .grace(Duration.ofSeconds(31));
    }

    @Test
    void whatIsMissingOfDualwritesOwnIsRefusedWithWhatToRun() {
        PostgresServer.execute(database, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
        building().hasMessageContaining("applied_version").hasMessageContaining("DualwriteSchema.install");
        install();
        PostgresServer.execute(database, "DROP FUNCTION dualwrite.baseline_gate");
        building().hasMessageContaining("baseline_gate").hasMessageContaining("DualwriteSchema.install");
    }

    @Test
    void documentedLeastPrivilegesAreNeededAndEnough() {
        withTable("id text PRIMARY KEY, text text, number bigint");
        PostgresServer.execute(
                database,
                "DROP ROLE IF EXISTS follower",
                "CREATE ROLE follower LOGIN",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON sample TO follower",
                "GRANT USAGE ON SCHEMA dualwrite TO follower");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        source.setUser("follower");
        building(source).hasMessageContaining("SELECT, INSERT and UPDATE on").hasMessageContaining("on sequence");
        PostgresServer.execute(
                database,
                "GRANT SELECT, INSERT, UPDATE ON dualwrite.applied_version TO follower",
                "GRANT SELECT, UPDATE ON SEQUENCE dualwrite.version TO follower");
        building(source).hasMessageContaining("UPDATE on table").hasMessageContaining("baseline_gate");
        PostgresServer.execute(database, "GRANT UPDATE ON dualwrite.baseline_gate TO follower");

        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(source, PostgresAuthorityContractTest.mapping()));
        join(follower.check());
        assertThat(apply(follower, record("a", 1)).status()).isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(apply(follower, tombstone("a", 2)).status()).isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(join(follower.baseline()
                        .orElseThrow()
                        .store(IntStream.range(0, 200)
                                .mapToObj(i -> new ScanPage.Scanned<>("k" + i, Sample.of("k" + i, i)))
                                .toList())))
                .extracting(ApplyResult::status)
                .containsOnly(ApplyResult.Status.APPLIED);
        assertThat(follower.scan().orElseThrow().splits(2)).hasSize(2);
    }

    @Test
    void anAggregateNeedsDeleteOnAppliedVersionsTooForItsBackfill() {
        install();
        PostgresServer.execute(
                database,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL)",
                "DO $$ BEGIN CREATE ROLE aggregate LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON sample_text, sample_number TO aggregate",
                "GRANT USAGE ON SCHEMA dualwrite TO aggregate",
                "GRANT SELECT, INSERT, UPDATE ON dualwrite.applied_version TO aggregate",
                "GRANT SELECT, UPDATE ON SEQUENCE dualwrite.version TO aggregate",
                "GRANT UPDATE ON dualwrite.baseline_gate TO aggregate");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        source.setUser("aggregate");
        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(source, new AggregateContractTest.TwoTables()));

        assertThatThrownBy(() -> join(follower.check()))
                .hasMessageContaining("DELETE on")
                .hasMessageContaining("grant");

        PostgresServer.execute(database, "GRANT DELETE ON dualwrite.applied_version TO aggregate");
        join(follower.check());
        assertThat(join(follower.baseline()
                        .orElseThrow()
                        .store(List.of(new ScanPage.Scanned<>("a", Sample.of("a", 1))))))
                .extracting(ApplyResult::status)
                .containsOnly(ApplyResult.Status.APPLIED);
    }

    @Test
    void aFollowerThatIsDownIsNotUnfitAndItsAppliesAreTransient() {
        PGSimpleDataSource nowhere = PostgresServer.dataSource("any", "localhost", 1);
        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(nowhere, PostgresAuthorityContractTest.mapping()));

        assertThatThrownBy(() -> join(follower.check())).hasCauseInstanceOf(TransientStoreException.class);
        assertThatThrownBy(() -> join(follower.apply(List.of(record("a", 1)))))
                .hasCauseInstanceOf(TransientStoreException.class);
    }

    @Test
    void aTableThatIsMendedIsFoundWithoutARestart() throws Exception {
        install();
        InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "shop", primary, PostgresStore.of(database, PostgresAuthorityContractTest.mapping()))
                .refuseUnfitSecondary(false)
                .reconcileInBackground(false)
                .secondaryTimeout(Duration.ofSeconds(10))
                .grace(Duration.ofSeconds(11))
                .reconcilerSettings(ReconcilerSettings.builder()
                        .pollInterval(Duration.ofMillis(20))
                        .build())
                .build()) {
            assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isFalse();
            withTable("id text PRIMARY KEY, text text, number bigint");
            assertThat(repository.save(Sample.of("a", 2)).secondaryApplied()).isTrue();

            PostgresServer.execute(database, "ALTER TABLE sample RENAME COLUMN text TO moved");
            assertThat(repository.save(Sample.of("a", 3)).secondaryApplied()).isFalse();
            assertThat(repository.reconciler().statistics().parked()).isZero();
            PostgresServer.execute(database, "ALTER TABLE sample RENAME COLUMN moved TO text");
            assertThat(repository.save(Sample.of("a", 4)).secondaryApplied()).isTrue();
        }
    }

    @Test
    void aColumnThatIsWidenedIsFoundWithoutARestart() throws Exception {
        withTable("id text PRIMARY KEY, text varchar(5), number bigint");
        InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "shop", primary, PostgresStore.of(database, PostgresAuthorityContractTest.mapping()))
                .refuseUnfitSecondary(false)
                .reconcileInBackground(false)
                .build()) {
            repository.save(new Sample("a", "too long", 1));
            repository.save(new Sample("b", "longer still", 1));
            var parking = repository.reconciler().drain(Duration.ofSeconds(30));
            assertThat(parking.parked()).isEqualTo(2);
            assertThat(repository.reconciler().statistics().parked()).isEqualTo(2);

            PostgresServer.execute(database, "ALTER TABLE sample ALTER COLUMN text TYPE text");
            assertThat(repository.reconciler().retryAllParked()).isEqualTo(2);
            assertThat(repository.reconciler().drain(Duration.ofSeconds(30)).drained())
                    .isTrue();
            assertThat(repository.reconciler().statistics().parked()).isZero();
            assertThat(FollowerGround.number(database, "SELECT count(*) FROM sample"))
                    .isEqualTo(2);
        }
    }

    @Test
    void anIdentityThatCannotBeSetIsRefusedUnlessItIsTheKey() {
        withTable("id text PRIMARY KEY, text text, number bigint GENERATED ALWAYS AS IDENTITY");
        building()
                .hasMessageContaining("column number is GENERATED ALWAYS AS IDENTITY")
                .hasMessageContaining("GENERATED BY DEFAULT");
        PostgresServer.execute(database, "ALTER TABLE sample ALTER COLUMN number SET GENERATED BY DEFAULT");
        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(database, PostgresAuthorityContractTest.mapping()));
        assertThat(apply(follower, record("a", 1)).status()).isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(apply(follower, record("a", 2)).status()).isEqualTo(ApplyResult.Status.APPLIED);
    }

    @Test
    void aPartitionThatIsMissingParksNothingAndHoldsUpNobodyElse() {
        install();
        PostgresServer.execute(
                database,
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint) PARTITION BY RANGE (id)",
                "CREATE TABLE sample_a PARTITION OF sample FOR VALUES FROM ('a') TO ('b')");
        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(database, PostgresAuthorityContractTest.mapping()));

        List<ApplyResult> results =
                join(follower.apply(List.of(record("a1", 1), record("b1", 1), record("a2", 1), record("b2", 1))));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.TRANSIENT_FAILURE,
                        ApplyResult.Status.APPLIED,
                        ApplyResult.Status.TRANSIENT_FAILURE);
        assertThat(results.get(1).error()).contains("no partition", "sample");
        PostgresServer.execute(database, "CREATE TABLE sample_b PARTITION OF sample FOR VALUES FROM ('b') TO ('c')");
        assertThat(apply(follower, record("b1", 1)).status()).isEqualTo(ApplyResult.Status.APPLIED);
    }

    @Test
    void aNullThatIsNotAllowedNamesItsColumn() {
        withTable("id text PRIMARY KEY, text text NOT NULL, number bigint");
        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(database, PostgresAuthorityContractTest.mapping()));

        ApplyResult result = apply(follower, new VersionedRecord<>("a", 1, new Sample("a", null, 77_077)));

        assertThat(result.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        assertThat(result.error()).contains("key a", "column text").doesNotContain("77077");
    }

    @Test
    void aRecordThatCarriesAnotherKeyIsRejected() {
        withTable("id text PRIMARY KEY, text text, number bigint");
        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(database, PostgresAuthorityContractTest.mapping()));

        List<ApplyResult> results = join(
                follower.apply(List.of(new VersionedRecord<>("customer-1", 1, Sample.of("1", 1)), record("good", 1))));

        assertThat(results.get(0).status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        assertThat(results.get(0).error()).contains("customer-1").contains("another key");
        assertThat(results.get(1).status()).isEqualTo(ApplyResult.Status.APPLIED);
    }

    @Test
    void aStatementTimeoutOutOfRangeIsRefused() {
        assertThatThrownBy(() -> PostgresStore.of(database, PostgresAuthorityContractTest.mapping())
                        .followerStatementTimeout(Duration.ofMillis(10)))
                .hasMessageContaining("followerStatementTimeout");
    }

    @Test
    void wrongCredentialsAreRefusedWithoutShowingThemAndAMissingTableByItsName() {
        install();
        building().hasMessageContaining("table \"sample\" does not exist").hasMessageContaining("search_path");
        PostgresServer.execute(database, "DROP ROLE IF EXISTS nobody_follows");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        source.setUser("nobody_follows");
        source.setPassword("a secret");
        building(source)
                .hasMessageContaining("PostgreSQL table sample")
                .hasMessageContaining("check user, password and database")
                .hasMessageNotContaining("a secret");
    }
}
