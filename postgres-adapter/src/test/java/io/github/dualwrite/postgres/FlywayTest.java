package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/operations.md gives to Flyway, beside an application that uses it for its own tables. */
class FlywayTest {

    private static final OperationsPage PAGE = OperationsPage.section("## Install");

    private static final Path FILES = Path.of("src/main/resources/io/github/dualwrite/postgres");

    @TempDir
    Path applications;

    private List<String> files;

    private DataSource primary;
    private DataSource secondary;

    @BeforeEach
    void openDatabasesOfAnApplication() throws IOException {
        try (Stream<Path> all = Files.list(FILES)) {
            files = all.map(file -> file.getFileName().toString().replaceAll("V(\\d+)__dualwrite_.*", "$1"))
                    .toList();
        }
        Files.writeString(applications.resolve("V1__sample.sql"), FollowerGround.SAMPLE);
        primary = application();
        secondary = application();
    }

    private DataSource application() {
        DataSource database = PostgresServer.shared().newDatabase();
        assertThat(migrationsOfTheApplication(database)).isEqualTo(1);
        return database;
    }

    private int migrationsOfTheApplication(DataSource database) {
        return Flyway.configure()
                .dataSource(database)
                .locations("filesystem:" + applications)
                .load()
                .migrate()
                .migrationsExecuted;
    }

    private static Flyway flyway(DataSource database, Properties... more) {
        Properties properties = PAGE.properties("flyway.defaultSchema");
        Arrays.stream(more).forEach(properties::putAll);
        return Flyway.configure().configuration(properties).dataSource(database).load();
    }

    private static List<String> versions(Flyway flyway) {
        return Arrays.stream(flyway.info().applied())
                .map(migration -> migration.getVersion())
                .filter(Objects::nonNull) // the line that says that the schema was made
                .map(MigrationVersion::getVersion)
                .toList();
    }

    private void aSaveArrivesAndNothingIsLeft(String key) throws InterruptedException {
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "test",
                        PostgresStore.of(primary, PostgresAuthorityContractTest.mapping()),
                        PostgresStore.of(secondary, PostgresAuthorityContractTest.mapping()))
                .grace(Duration.ofSeconds(30))
                .secondaryTimeout(Duration.ofSeconds(20))
                .reconcileInBackground(false)
                .build()) {
            repository.save(Sample.of(key, 1));
            DrainReport report = repository.reconciler().drain(Duration.ofSeconds(30));

            assertThat(report.drained()).isTrue();
        }
        assertThat(FollowerGround.number(secondary, "SELECT count(*) FROM sample WHERE id = '" + key + "'"))
                .isEqualTo(1);
    }

    @Test
    void aDatabaseWithTablesOfAnApplicationIsMigratedAndServesInBothRoles() throws Exception {
        assertThat(flyway(primary).migrate().migrationsExecuted).isEqualTo(files.size());
        assertThat(flyway(secondary).migrate().migrationsExecuted).isEqualTo(files.size());

        assertThat(versions(flyway(primary))).containsExactlyInAnyOrderElementsOf(files);
        aSaveArrivesAndNothingIsLeft("a");
    }

    @Test
    void bothHistoriesStandBesideEachOtherAndMigratingAgainDoesNothing() {
        flyway(primary).migrate();

        assertThat(flyway(primary).migrate().migrationsExecuted).isZero();
        assertThat(migrationsOfTheApplication(primary)).isZero();
        assertThat(FollowerGround.number(
                        primary,
                        "SELECT count(*) FROM pg_tables"
                                + " WHERE (schemaname, tablename) = ('dualwrite', 'dualwrite_schema_history')"))
                .isEqualTo(1);
        assertThat(FollowerGround.number(
                        primary,
                        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                                + " AND relname NOT IN ('sample', 'sample_pkey')"
                                + " AND relname NOT LIKE 'flyway\\_schema\\_history%'"))
                .as("nothing of ours is in the application's schema")
                .isZero();
    }

    @Test
    void installAfterwardsDoesNoHarm() throws Exception {
        flyway(primary).migrate();
        flyway(secondary).migrate();
        aSaveArrivesAndNothingIsLeft("a");
        String objects = "SELECT count(*) FROM pg_class WHERE relnamespace = 'dualwrite'::regnamespace";
        long before = FollowerGround.number(primary, objects);
        long version = FollowerGround.number(primary, "SELECT last_value FROM dualwrite.version");

        DualwriteSchema.defaults().install(primary);
        DualwriteSchema.defaults().install(secondary);

        assertThat(FollowerGround.number(primary, objects)).as("the same names").isEqualTo(before);
        assertThat(FollowerGround.number(primary, "SELECT last_value FROM dualwrite.version"))
                .isEqualTo(version);
        aSaveArrivesAndNothingIsLeft("b");
        assertThat(flyway(primary).migrate().migrationsExecuted).isZero();
    }

    @Test
    void whereInstallHasRunBeforeABaselineIsNeededAndEnough() throws Exception {
        installAndLeaveAWritePending();
        assertThatThrownBy(() -> flyway(primary).migrate()).isInstanceOf(FlywayException.class);

        Properties more = PAGE.inlineProperties("flyway.");
        assertThat(more).hasSize(2);
        assertThat(flyway(primary, more).migrate().migrationsExecuted).isEqualTo(files.size());
        assertThat(flyway(secondary, more).migrate().migrationsExecuted).isEqualTo(files.size());

        assertThat(FollowerGround.number(primary, "SELECT count(*) FROM dualwrite.pending_write"))
                .isEqualTo(1);
        assertThat(flyway(primary, more).migrate().migrationsExecuted).isZero();
        assertThat(flyway(primary).migrate().migrationsExecuted)
                .as("later without them")
                .isZero();
        PostgresServer.execute(primary, "UPDATE dualwrite.pending_write SET due_at = now()");
        aSaveArrivesAndNothingIsLeft("b");
    }

    private void installAndLeaveAWritePending() throws SQLException {
        DualwriteSchema.defaults().install(primary);
        DualwriteSchema.defaults().install(secondary);
        PostgresStore.of(primary, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("test", Duration.ofSeconds(30)))
                .save(Sample.of("a", 1));
    }
}
