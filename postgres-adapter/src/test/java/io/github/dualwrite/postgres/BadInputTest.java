package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What is wrong is refused as early as possible, by name, with what to do. */
class BadInputTest {

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
        PostgresServer.execute(database, "CREATE TABLE sample (" + columns + ")");
    }

    private AbstractThrowableAssert<?, ? extends Throwable> opening() {
        return opening(database, PostgresAuthorityContractTest.mapping());
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> opening(
            DataSource source, PostgresMapping<?, ?> mapping) {
        return assertThatThrownBy(
                        () -> PostgresStore.of(source, mapping).openAuthority(new StoreContext("shop", Duration.ZERO)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("repository 'shop'");
    }

    @Test
    void missingInstallIsNamedWithWhatToRun() {
        PostgresServer.execute(database, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
        opening().hasMessageContaining("pending_write").hasMessageContaining("DualwriteSchema.install");
    }

    @Test
    void wrongTableIsNamed() {
        install();
        opening().hasMessageContaining("\"sample\" does not exist");
    }

    @Test
    void unknownColumnIsNamedTogetherWithThoseThatThereAre() {
        withTable("id text PRIMARY KEY, txt text, number bigint");
        opening().hasMessageContaining("no column text").hasMessageContaining("id, txt, number");
    }

    @Test
    void columnOfAnotherTypeIsNamedWithBothTypes() {
        withTable("id text PRIMARY KEY, text text, number numeric");
        opening().hasMessageContaining("column number is numeric, but it is mapped as bigint");
    }

    @Test
    void unmappedMandatoryColumnIsNamed() {
        withTable("id text PRIMARY KEY, text text, number bigint, tenant text NOT NULL");
        opening().hasMessageContaining("column tenant is NOT NULL");
    }

    @Test
    void keyWithoutAUniqueIndexIsRefused() {
        withTable("id text, text text, number bigint");
        opening().hasMessageContaining("the key (id) has no primary key");
    }

    @Test
    void partialUniqueIndexIsNotAKey() {
        withTable("id text, text text, number bigint");
        PostgresServer.execute(database, "CREATE UNIQUE INDEX ON sample (id) WHERE number > 0");
        opening().hasMessageContaining("the key (id) has no primary key");
    }

    @Test
    void keyWhoseEqualValuesHaveSeveralTextsIsRefused() {
        withTable("id char(5) PRIMARY KEY, text text, number bigint");
        opening()
                .hasMessageContaining("column id of type bpchar cannot be part of a key")
                .hasMessageContaining("use text");
        PostgresServer.execute(
                database,
                "CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "DROP TABLE sample",
                "CREATE TABLE sample (id text COLLATE ignore_case PRIMARY KEY, text text, number bigint)");
        opening().hasMessageContaining("column id of type text cannot be part of a key");
    }

    @Test
    void aSecondUniqueIndexThatTakesDifferentKeysForEqualIsRefused() { // ON CONFLICT (id) would go by it, too
        withTable("id text PRIMARY KEY, text text, number bigint");
        PostgresServer.execute(
                database,
                "CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "CREATE UNIQUE INDEX no_twins ON sample (id COLLATE ignore_case)");
        opening().hasMessageContaining("no_twins").hasMessageContaining("nondeterministic collation");
        assertThatThrownBy(() -> DualWriteRepository.builder(
                                "shop",
                                InMemoryStore.<String, Sample>keyedBy(Sample::id),
                                PostgresStore.of(database, PostgresAuthorityContractTest.mapping()))
                        .build()
                        .close())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no_twins");
        PostgresServer.execute(database, "DROP INDEX no_twins", "CREATE UNIQUE INDEX ON sample (lower(id))");
        Authority<String, Sample> authority = PostgresStore.of(database, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("shop", Duration.ZERO));
        assertThat(authority.save(Sample.of("Ada", 1)).key()).isEqualTo("Ada");
        assertThatThrownBy(() -> authority.save(Sample.of("ADA", 2))).isInstanceOf(PermanentStoreException.class);
    }

    @Test
    void viewIsNotATable() {
        install();
        PostgresServer.execute(
                database, "CREATE VIEW sample AS SELECT ''::text AS id, ''::text AS text, 1::bigint AS number");
        opening().hasMessageContaining("is not a table");
    }

    @Test
    void generatedColumnWithoutADefaultIsRefused() {
        withTable("id text PRIMARY KEY, text text, number bigint");
        opening(
                        database,
                        TableMapping.ofRecord(Sample.class, String.class)
                                .table("sample")
                                .key("id")
                                .generated("number")
                                .build())
                .hasMessageContaining("column number is mapped as generated");
    }

    @Test
    void sequenceWithACacheIsRefused() { // TRAPS 10
        withTable("id text PRIMARY KEY, text text, number bigint");
        PostgresServer.execute(database, "ALTER SEQUENCE dualwrite.version CACHE 20");
        opening().hasMessageContaining("CACHE 20").hasMessageContaining("CACHE 1");
    }

    @Test
    void aQueueOfAnEarlierInstallIsRefusedUntilItIsInstalledAgain() throws SQLException {
        withTable("id text PRIMARY KEY, text text, number bigint");
        PostgresServer.execute(database, "ALTER TABLE dualwrite.pending_write DROP COLUMN leased_until");
        opening().hasMessageContaining("column leased_until").hasMessageContaining("run DualwriteSchema.install");

        DualwriteSchema.defaults().install(database);

        assertThat(PostgresStore.of(database, PostgresAuthorityContractTest.mapping())
                        .openAuthority(new StoreContext("shop", Duration.ZERO))
                        .read("a"))
                .isEmpty();
    }

    @Test
    void wrongCredentialsAreRefusedWithoutShowingThem() {
        install();
        PostgresServer.execute(database, "DROP ROLE IF EXISTS nobody_knows");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        source.setUser("nobody_knows");
        source.setPassword("a secret");
        opening(source, PostgresAuthorityContractTest.mapping())
                .hasMessageContaining("check user, password and database")
                .hasMessageNotContaining("a secret");
    }

    @Test
    void missingPrivilegeIsRefusedWithWhatToGrant() {
        withTable("id text PRIMARY KEY, text text, number bigint");
        PostgresServer.execute(
                database,
                "DROP ROLE IF EXISTS reader",
                "CREATE ROLE reader LOGIN",
                "GRANT USAGE ON SCHEMA dualwrite TO reader",
                "GRANT SELECT ON sample TO reader");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        source.setUser("reader");
        opening(source, PostgresAuthorityContractTest.mapping()).hasMessageContaining("USAGE on sequence");
        PostgresServer.execute(
                database,
                "GRANT SELECT, INSERT, UPDATE, DELETE ON dualwrite.pending_write TO reader",
                "GRANT USAGE ON SEQUENCE dualwrite.version TO reader");
        opening(source, PostgresAuthorityContractTest.mapping())
                .hasMessageContaining("SELECT, INSERT, UPDATE and DELETE on table");
    }

    @Test
    void documentedLeastPrivilegesAreEnoughToWriteAndToReconcile() throws Exception {
        withTable("id text PRIMARY KEY, text text, number bigint");
        PostgresServer.execute(
                database,
                "DROP ROLE IF EXISTS app",
                "CREATE ROLE app LOGIN",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON sample TO app",
                "GRANT USAGE ON SCHEMA dualwrite TO app",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON dualwrite.pending_write TO app",
                "GRANT USAGE ON SEQUENCE dualwrite.version TO app");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        source.setUser("app");
        try (TestRepository<String, Sample> test =
                new TestRepository<>(PostgresStore.of(source, PostgresAuthorityContractTest.mapping()), Sample::id)) {
            test.repository.save(Sample.of("a", 1));
            test.repository.delete("a");
            test.repository.markPending(java.util.List.of("a"));
            org.assertj.core.api.Assertions.assertThat(test.repository
                            .reconciler()
                            .drain(Duration.ofSeconds(30))
                            .drained())
                    .isTrue();
        }
    }

    @Test
    void unreachableServerIsTransient() {
        PGSimpleDataSource source = PostgresServer.dataSource("any", "localhost", 1);
        assertThatThrownBy(() -> PostgresStore.of(source, PostgresAuthorityContractTest.mapping())
                        .openAuthority(new StoreContext("shop", Duration.ZERO)))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("no connection");
    }

    @Test
    void dataSourceWithoutAutoCommitIsRefusedWithWhatToDo() {
        withTable("id text PRIMARY KEY, text text, number bigint");
        opening(new NoAutoCommit(database), PostgresAuthorityContractTest.mapping())
                .hasMessageContaining("auto-commit off")
                .hasMessageContaining("within");
    }

    @Test
    void nullKeyIsRefusedBeforeAnythingIsSent() {
        withTable("id text PRIMARY KEY, text text, number bigint");
        Authority<String, Sample> authority = PostgresStore.of(database, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("shop", Duration.ZERO));
        assertThatThrownBy(() -> authority.save(new Sample(null, "x", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("repository 'shop'")
                .hasMessageContaining("key column id of table sample is null");
    }

    record Unmapped(String id, Map<String, String> map) {}

    record Misfit(int id, String text) {}

    @Test
    void faultsOfAMappingAreFoundWhenItIsBuilt() {
        assertThatThrownBy(() -> TableMapping.ofRecord(Unmapped.class, String.class)
                        .table("t")
                        .key("id")
                        .build())
                .hasMessageContaining("component map of Unmapped")
                .hasMessageContaining("AggregateMapping");
        assertThatThrownBy(() -> TableMapping.ofRecord(Sample.class, String.class)
                        .table("t")
                        .key("key"))
                .hasMessageContaining("no component 'key'; it has id, text, number");
        assertThatThrownBy(() -> TableMapping.ofRecord(Sample.class, String.class)
                        .table("t")
                        .build())
                .hasMessageContaining("call key(…)");
        assertThatThrownBy(() -> TableMapping.ofRecord(Sample.class, String.class)
                        .key("id")
                        .build())
                .hasMessageContaining("call table(…)");
        assertThatThrownBy(() -> TableMapping.ofRecord(Misfit.class, Long.class)
                        .table("t")
                        .key("id")
                        .build())
                .hasMessageContaining("key component id is of type int, not Long");
        assertThatThrownBy(() -> TableMapping.ofRecord(Misfit.class, String.class)
                        .table("t")
                        .key("id", "text")
                        .build())
                .hasMessageContaining("needs a record as key type");
        assertThatThrownBy(
                        () -> TableMapping.ofRecord(Sample.class, String.class).table("a.b.c"))
                .hasMessageContaining("'table' or 'schema.table'");
        assertThatThrownBy(() -> TableMapping.<byte[], Sample>columns("t").key("k", ColumnType.BYTEA, s -> new byte[0]))
                .hasMessageContaining("column k of type bytea cannot be part of a key");
        assertThatThrownBy(() -> DualwriteSchema.defaults().schema("")).hasMessageContaining("1 to 59 bytes");
    }

    @Test
    void anIdentityThatCannotBeSetIsRefusedUnlessItIsTheKeyOfMore() {
        withTable("id text PRIMARY KEY, text text, number bigint GENERATED ALWAYS AS IDENTITY");
        opening()
                .hasMessageContaining("column number is GENERATED ALWAYS AS IDENTITY")
                .hasMessageContaining("GENERATED BY DEFAULT");

        PostgresServer.execute(database, "CREATE TABLE only_key (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)");
        TableMapping<Long, Long> alone = TableMapping.<Long, Long>columns("only_key")
                .key("id", ColumnType.BIGINT, id -> id)
                .build(row -> row.get("id", ColumnType.BIGINT));
        opening(database, alone)
                .hasMessageContaining("column id is GENERATED ALWAYS AS IDENTITY")
                .hasMessageContaining("GENERATED BY DEFAULT");
        PostgresServer.execute(database, "ALTER TABLE only_key ALTER COLUMN id SET GENERATED BY DEFAULT");
        Authority<Long, Long> authority =
                PostgresStore.of(database, alone).openAuthority(new StoreContext("shop", Duration.ZERO));
        assertThat(authority.save(7L).key()).isEqualTo(7L);
        assertThat(authority.save(7L).key()).isEqualTo(7L);
    }

    /** An update of what it is computed from would move the record to another key. */
    @Test
    void aKeyThatTheTableComputesIsRefused() {
        withTable("id text, number bigint, text text GENERATED ALWAYS AS (lower(id)) STORED PRIMARY KEY");
        opening(
                        database,
                        TableMapping.ofRecord(Sample.class, String.class)
                                .table("sample")
                                .key("text")
                                .build())
                .hasMessageContaining("column text is GENERATED ALWAYS AS")
                .hasMessageContaining("part of the key");
    }
}
