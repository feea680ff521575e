package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.postgres.CaptureStatus.State;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Installing, looking and uninstalling. */
@NeedsPostgres(14)
class CaptureInstallTest {

    private static CaptureGround ground;

    @BeforeAll
    static void open() throws SQLException {
        ground = new CaptureGround();
    }

    @AfterAll
    static void close() {
        ground.close();
    }

    @BeforeEach
    void reset() {
        ground.reset();
    }

    @Test
    void aLockWaitThatIsNoneOrEndlessIsRefused() {
        for (Duration wrong : List.of(Duration.ZERO, ChronoUnit.FOREVER.getDuration())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ground.capture.install(ground.pool, wrong))
                    .withMessageContaining("lockWait");
        }
    }

    private static State state() {
        return ground.capture.status(ground.pool).state();
    }

    @Test
    void theStatusTellsWhatIsWrongAndInstallMendsIt() {
        assertThat(ground.capture.status(ground.pool)).isEqualTo(new CaptureStatus(State.ACTIVE, List.of()));

        ground.run("ALTER TABLE sample DISABLE TRIGGER ALL");
        assertThat(ground.capture.status(ground.pool))
                .satisfies(status -> assertThat(status.state()).isEqualTo(State.DISABLED))
                .satisfies(status -> assertThat(status.problems())
                        .hasSize(4)
                        .anySatisfy(problem -> assertThat(problem).contains("update on sample", "ENABLE ALWAYS")));
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(state()).isEqualTo(State.ACTIVE);

        ground.run("ALTER TABLE sample ENABLE TRIGGER ALL"); // no longer in sessions of the replica role
        assertThat(state()).isEqualTo(State.DISABLED);
        ground.run(ground.capture.sql()); // as Flyway would
        assertThat(state()).isEqualTo(State.ACTIVE);

        CaptureTrigger otherKey = CaptureTrigger.part(ground.schema, "test", "sample")
                .key("number", ColumnType.BIGINT)
                .build();
        assertThat(otherKey.status(ground.pool).state()).isEqualTo(State.OTHER_KEY);

        ground.run(
                "ALTER TABLE sample ADD UNIQUE (number)",
                "ALTER TABLE sample ADD parent bigint" + " REFERENCES sample (number) ON UPDATE CASCADE");
        assertThat(state()).isEqualTo(State.OUTDATED);

        ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(state()).isEqualTo(State.ABSENT);
        assertThat(ground.changedBy("INSERT INTO sample VALUES ('a', '', 1)")).isEmpty();
        ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
    }

    @Test
    void installWaitsForWritersOnlySoLongAndNamesThem() throws Exception {
        ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
        try (Connection writer = ground.pool.getConnection()) {
            writer.setAutoCommit(false);
            CaptureGround.execute(writer, "SET application_name = 'an old batch'");
            CaptureGround.execute(writer, "INSERT INTO sample VALUES ('a', '', 1)");

            assertThatThrownBy(() -> ground.capture.install(ground.pool, Duration.ofMillis(50)))
                    .isInstanceOf(TransientStoreException.class)
                    .hasMessageContaining("\"sample\"")
                    .hasMessageContaining("an old batch")
                    .hasMessageContaining("nothing is changed");

            writer.rollback();
            writer.setAutoCommit(true);
        }
        assertThat(state()).isEqualTo(State.ABSENT);
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        try (Connection writer = ground.pool.getConnection()) {
            writer.setAutoCommit(false);
            CaptureGround.execute(writer, "INSERT INTO sample VALUES ('a', '', 1)");
            ground.capture.install(ground.pool, Duration.ofMillis(50)); // is there already: waits for nobody
            writer.rollback();
            writer.setAutoCommit(true);
        }
    }

    @Test
    void tablesOfOneNameInTwoSchemasAreCapturedEachForItself() {
        ground.run(
                "CREATE SCHEMA IF NOT EXISTS eu",
                "CREATE SCHEMA IF NOT EXISTS us",
                "CREATE TABLE IF NOT EXISTS eu.address (customer text, street text)",
                "CREATE TABLE IF NOT EXISTS us.address (owner bigint, street text)");
        CaptureTrigger eu = CaptureTrigger.part(ground.schema, "test", "eu.address")
                .key("customer", ColumnType.TEXT)
                .build();
        CaptureTrigger us = CaptureTrigger.part(ground.schema, "test", "us.address")
                .key("owner", ColumnType.BIGINT)
                .build();

        eu.install(ground.pool, CaptureGround.LOCK_WAIT);
        us.install(ground.pool, CaptureGround.LOCK_WAIT);

        assertThat(eu.status(ground.pool).state()).isEqualTo(State.ACTIVE);
        assertThat(us.status(ground.pool).state()).isEqualTo(State.ACTIVE);
        assertThat(ground.changedBy("INSERT INTO eu.address VALUES ('ada', 'Here')"))
                .containsOnlyKeys("ada");
        assertThat(ground.changedBy("INSERT INTO us.address VALUES (7, 'There')"))
                .containsOnlyKeys("7");

        eu.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(us.status(ground.pool).state()).isEqualTo(State.ACTIVE);
        us.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
    }

    record Loose(long id, String text) {}

    @Test
    void aTableWithoutThatKeyIsRefusedByName() {
        ground.run("CREATE TABLE IF NOT EXISTS loose (id bigint NOT NULL, text text)");
        CaptureTrigger loose = CaptureTrigger.of(
                ground.schema,
                TableMapping.ofRecord(Loose.class, Long.class)
                        .table("loose")
                        .key("id")
                        .build(),
                "loose");

        assertThatThrownBy(() -> loose.install(ground.pool, CaptureGround.LOCK_WAIT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("loose")
                .hasMessageContaining("(id)")
                .hasMessageContaining("unique index");
        assertThat(loose.status(ground.pool).state()).isEqualTo(State.ABSENT);
        assertThatThrownBy(() -> CaptureTrigger.part(ground.schema, "loose", "nowhere")
                        .key("id", ColumnType.BIGINT)
                        .build()
                        .install(ground.pool, CaptureGround.LOCK_WAIT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("nowhere");
        assertThatThrownBy(() -> CaptureTrigger.part(ground.schema, "loose", "loose")
                        .key("owner", ColumnType.BIGINT)
                        .build()
                        .install(ground.pool, CaptureGround.LOCK_WAIT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no column owner");
    }

    @Test
    void writersNeedNoPrivilegeOnDualwritesObjects() throws Exception {
        ground.run(
                "DO $$ BEGIN CREATE ROLE old_application; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                "GRANT ALL ON sample TO old_application");
        try (Connection connection = ground.pool.getConnection()) {
            CaptureGround.execute(connection, "CREATE SCHEMA IF NOT EXISTS evil AUTHORIZATION old_application");
            CaptureGround.execute(connection, "SET ROLE old_application");
            CaptureGround.execute(
                    connection,
                    "CREATE OR REPLACE FUNCTION evil.nextval(regclass) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'");
            CaptureGround.execute(connection, "SET search_path = evil, public, pg_catalog");
            CaptureGround.execute(connection, "INSERT INTO sample VALUES ('a', '', 1)");
            CaptureGround.execute(connection, "UPDATE sample SET number = 2");
            CaptureGround.execute(connection, "TRUNCATE sample");
            CaptureGround.execute(connection, "RESET ROLE");
            CaptureGround.execute(connection, "RESET search_path");
        }
        assertThat(ground.pending()).containsOnlyKeys("a").doesNotContainValue(0L);
    }

    private static final String ODD = "odd $dualwrite$ 'x' %s";

    enum Kind {
        OLD,
        NEW
    }

    record Odd(UUID a, Instant b, LocalDate c, Kind d, String e, boolean f, short g) {}

    /** The text of a key is the same whether Java or SQL makes it. */
    @Test
    void keysOfAllTypesAndOddNamesAreTheSameInSql() {
        ground.run(
                "DROP SCHEMA IF EXISTS \"odd %s schema\" CASCADE",
                "CREATE SCHEMA \"odd %s schema\"",
                "CREATE TABLE \"odd %s schema\".\"ta'ble\" (\"a\"\"b\" uuid, b timestamptz, c date, d text, \"$e %1$s\" text,"
                        + " f boolean, g smallint, PRIMARY KEY (\"a\"\"b\", b, c, d, \"$e %1$s\", f, g))");
        TableMapping<Odd, Odd> mapping = TableMapping.ofRecord(Odd.class, Odd.class)
                .table("odd %s schema.ta'ble")
                .column("a", "a\"b")
                .column("e", "$e %1$s")
                .key("a", "b", "c", "d", "e", "f", "g")
                .build();
        CaptureTrigger capture = CaptureTrigger.of(ground.schema, mapping, ODD);
        capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(capture.status(ground.pool).problems()).isEmpty();
        Odd key = new Odd(
                new UUID(1, 2),
                Instant.parse("1961-04-12T06:07:00.000001Z"),
                LocalDate.of(1815, 12, 10),
                Kind.NEW,
                "~ä|'\\",
                true,
                (short) -3);
        PostgresStore.of(ground.pool, mapping)
                .schema(ground.schema)
                .openAuthority(new StoreContext(ODD, Duration.ZERO))
                .save(key);
        Map<String, Long> byTheLibrary = ground.pending(ODD);

        ground.run("SET datestyle = 'German'; UPDATE \"odd %s schema\".\"ta'ble\" SET f = f; RESET datestyle");

        assertThat(byTheLibrary).hasSize(1);
        assertThat(ground.pending(ODD).keySet()).isEqualTo(byTheLibrary.keySet());
        assertThat(ground.pending(ODD)).isNotEqualTo(byTheLibrary);
        ground.run("TRUNCATE \"odd %s schema\".\"ta'ble\"");
        assertThat(ground.pending(ODD).keySet()).isEqualTo(byTheLibrary.keySet());
        capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
    }

    @Test
    void partitionsAreCapturedWhicheverTableIsNamed() {
        ground.run(
                "DROP TABLE sample",
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL DEFAULT 0) PARTITION BY RANGE (id)",
                "CREATE TABLE sample_low PARTITION OF sample FOR VALUES FROM ('a') TO ('m')",
                "CREATE TABLE sample_high PARTITION OF sample FOR VALUES FROM ('m') TO ('x')");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(state()).isEqualTo(State.ACTIVE);

        assertThat(ground.changedBy("INSERT INTO sample VALUES ('a', '', 1), ('n', '', 1)"))
                .containsOnlyKeys("a", "n");
        assertThat(ground.changedBy("UPDATE sample_low SET number = 2")).containsOnlyKeys("a");
        assertThat(ground.changedBy("UPDATE sample SET id = 'o' WHERE id = 'a'"))
                .containsOnlyKeys("a", "o");
        assertThat(ground.changedBy("DELETE FROM sample WHERE id = 'o'")).containsOnlyKeys("o");
        assertThat(ground.changedBy("TRUNCATE sample_high")).containsOnlyKeys("n");
        ground.run("CREATE TABLE sample_top PARTITION OF sample FOR VALUES FROM ('x') TO ('zz')");
        assertThat(ground.capture.status(ground.pool))
                .satisfies(status -> assertThat(status.state()).isEqualTo(State.INCOMPLETE))
                .satisfies(status -> assertThat(status.problems())
                        .allSatisfy(p -> assertThat(p).contains("sample_top")));
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(ground.changedBy("INSERT INTO sample_top VALUES ('y', '', 1)"))
                .containsOnlyKeys("y");
    }

    /** Without {@code MERGE} they are not needed, and not there. */
    @Test
    @NeedsPostgres(15)
    void triggersForRowsThatMoveAreLookedAfterToo() {
        ground.run(
                "DROP TABLE sample",
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL DEFAULT 0) PARTITION BY RANGE (id)",
                "CREATE TABLE sample_low PARTITION OF sample FOR VALUES FROM ('a') TO ('m')");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        ground.run("CREATE TABLE sample_high PARTITION OF sample FOR VALUES FROM ('m') TO ('x')");
        ground.run(ground.capture.sql(), ground.capture.sql()); // as Flyway would, also after a new partition
        assertThat(state()).isEqualTo(State.ACTIVE);

        for (String table : List.of("sample", "sample_low", "sample_high")) {
            ground.run(
                    "DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', tgrelid::regclass, tgname)"
                            + " FROM pg_trigger WHERE tgrelid = '" + table
                            + "'::regclass AND tgname LIKE '%moved'); END $$");
            assertThat(ground.capture.status(ground.pool)).satisfies(status -> {
                assertThat(status.state()).isEqualTo(State.DISABLED);
                assertThat(status.problems())
                        .singleElement()
                        .satisfies(problem -> assertThat(problem).contains("moved on " + table + " "));
            });
            ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
            assertThat(state()).isEqualTo(State.ACTIVE);
        }
        ground.run("DO $$ BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON sample', tgname)"
                + " FROM pg_trigger WHERE tgrelid = 'sample'::regclass AND tgname LIKE '%updating'); END $$");
        assertThat(state()).isEqualTo(State.INCOMPLETE);
        ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(state()).isEqualTo(State.ABSENT);
    }

    /** Statement triggers fire for the table that a statement names, and would miss what is written through the one above it. */
    @Test
    void aTableThatIsPartOfAnotherOneIsRefused() {
        ground.run(
                "DROP TABLE IF EXISTS whole CASCADE",
                "CREATE TABLE whole (id text, text text, number bigint NOT NULL DEFAULT 0) PARTITION BY RANGE (id)",
                "DROP TABLE sample CASCADE",
                "CREATE TABLE sample PARTITION OF whole (PRIMARY KEY (id)) FOR VALUES FROM ('a') TO ('m')");
        assertThatThrownBy(() -> ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("it is part of whole")
                .hasMessageContaining("map and capture whole");
        ground.run(
                "DROP TABLE whole",
                "CREATE TABLE whole (id text, text text, number bigint NOT NULL DEFAULT 0)",
                "CREATE TABLE sample (PRIMARY KEY (id)) INHERITS (whole)");
        assertThatThrownBy(() -> ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT))
                .hasMessageContaining("it is part of whole");
        ground.run("DROP TABLE whole CASCADE");
    }

    @Test
    void aServerWithoutWhatTheTriggersNeedIsNamed() {
        assertThat(CaptureTrigger.tooOld(13)).get().asString().contains("PostgreSQL 13", "needs 14", "markPending");
        assertThat(CaptureTrigger.tooOld(14)).isEmpty();
    }

    /** Minor versions of older servers refuse to attach it. */
    @Test
    @NeedsPostgres(18)
    void aTableThatBecomesPartOfAnotherOneIsNoLongerCapturedCompletely() {
        ground.run(
                "DROP TABLE IF EXISTS whole CASCADE",
                "CREATE TABLE whole (id text NOT NULL, text text, number bigint NOT NULL DEFAULT 0) PARTITION BY RANGE (id)");
        ground.run("ALTER TABLE whole ATTACH PARTITION sample FOR VALUES FROM ('a') TO ('m')");
        assertThat(ground.changedBy("INSERT INTO whole VALUES ('a', '', 1)")).isEmpty();
        assertThat(ground.capture.status(ground.pool)).satisfies(status -> {
            assertThat(status.state()).isEqualTo(State.INCOMPLETE);
            assertThat(status.problems())
                    .singleElement()
                    .satisfies(problem -> assertThat(problem)
                            .contains("it is part of whole", "not captured", "map and capture whole"));
        });
        assertThatThrownBy(() -> ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT))
                .isInstanceOf(ConfigurationException.class);
        ground.run("ALTER TABLE whole DETACH PARTITION sample");
        assertThat(state()).isEqualTo(State.ACTIVE);
        ground.run("DROP TABLE whole");
    }

    @Test
    void capturedPartitionsThatWereDetachedOrMovedAreUninstalledToo() {
        ground.run(
                "DROP TABLE sample CASCADE",
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL DEFAULT 0) PARTITION BY RANGE (id)",
                "CREATE TABLE sample_low PARTITION OF sample FOR VALUES FROM ('a') TO ('m')",
                "CREATE TABLE \"Sample high\" PARTITION OF sample FOR VALUES FROM ('m') TO ('x')");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        ground.run("ALTER TABLE sample DETACH PARTITION \"Sample high\"");

        ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT);

        assertThat(state()).isEqualTo(State.ABSENT);
        assertThat(ground.changedBy("INSERT INTO \"Sample high\" VALUES ('n', '', 1)"))
                .isEmpty();
        ground.run("DROP TABLE \"Sample high\"");
    }

    /** Set based: it would take minutes row by row. */
    @Test
    void aStatementOverManyRowsIsCaptured() {
        ground.run("INSERT INTO sample SELECT 'key ' || g, '', g FROM generate_series(1, 100000) AS g");
        assertThat(ground.changedBy("UPDATE sample SET number = number + 1")).hasSize(100_000);
        assertThat(ground.changedBy("TRUNCATE sample")).hasSize(100_000);
    }

    /** What it changes in the table itself is neither returned by the statement nor pending. */
    @Test
    @Tag("DW-1")
    void aForeignKeyThatChangesOtherRowsOfTheTableNeedsCapture() {
        for (String action : List.of("DELETE CASCADE", "DELETE SET NULL", "DELETE SET DEFAULT", "UPDATE CASCADE")) {
            boolean update = action.startsWith("UPDATE");
            ground.run(
                    "DROP TABLE IF EXISTS sample CASCADE",
                    "CREATE TABLE sample (id text PRIMARY KEY, text text UNIQUE DEFAULT 'a', number bigint)",
                    update
                            ? "ALTER TABLE sample ADD FOREIGN KEY (id) REFERENCES sample (text) ON " + action
                            : "ALTER TABLE sample ADD FOREIGN KEY (text) REFERENCES sample (id) ON " + action);
            assertThatThrownBy(() -> ground.repository().close())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("sample_" + (update ? "id" : "text") + "_fkey")
                    .hasMessageContaining("CaptureTrigger");
        }
        ground.run(
                "ALTER TABLE sample DROP CONSTRAINT sample_id_fkey, ADD FOREIGN KEY (text) REFERENCES sample (id) ON UPDATE CASCADE");
        ground.repository().close(); // no write of the library changes a key
        ground.run("ALTER TABLE sample DROP CONSTRAINT sample_text_fkey,"
                + " ADD FOREIGN KEY (text) REFERENCES sample (id) ON DELETE CASCADE");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        try (TestRepository<String, Sample> test = ground.repository()) {
            test.repository.saveAll(List.of(new Sample("a", null, 1), new Sample("b", "a", 2)));
            ground.run("TRUNCATE " + ground.schema.pending());
            test.repository.delete("a");
            assertThat(ground.pending()).containsKeys("a", "b");
            assertThatThrownBy(() -> ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT))
                    .as("the repository that is open would lose them from then on")
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContainingAll("sample_text_fkey of sample", "stays installed", "uninstallSql()");
        }
        assertThat(state()).isEqualTo(State.ACTIVE);
        ground.run(ground.capture.uninstallSql());
        assertThat(state()).isEqualTo(State.ABSENT);
        ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT); // there is none
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        ground.run("ALTER TABLE sample DROP CONSTRAINT sample_text_fkey");
        ground.capture.uninstall(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(state()).isEqualTo(State.ABSENT);
    }

    private void selfReferencing(String partitions) {
        ground.run(
                "DROP TABLE sample",
                "CREATE TABLE sample (id text PRIMARY KEY, text text REFERENCES sample ON DELETE CASCADE, number bigint)"
                        + partitions);
    }

    /** A restart need not wait for whoever may install it again. */
    @Test
    @Tag("DW-1")
    void captureByAnotherVersionIsGoodEnoughForSuchAForeignKey() {
        selfReferencing("");
        ground.run(ground.capture.sql().replace(", revision ", ", revision 1"));
        assertThat(state()).isEqualTo(State.OUTDATED);

        try (TestRepository<String, Sample> test = ground.repository()) {
            test.repository.saveAll(List.of(new Sample("a", null, 1), new Sample("b", "a", 2)));
            ground.run("TRUNCATE " + ground.schema.pending());
            test.repository.delete("a");
            assertThat(ground.pending()).containsKeys("a", "b");
        }
    }

    /** What a foreign key does goes by the uppermost table. Servers before 18 do not cascade there: 14.15, 16.6 and 17.2 leave the rows as they are. */
    @Test
    @Tag("DW-1")
    @NeedsPostgres(18)
    void soIsCaptureThatANewPartitionLacks() {
        selfReferencing(" PARTITION BY RANGE (id)");
        ground.run("CREATE TABLE sample_low PARTITION OF sample FOR VALUES FROM ('a') TO ('m')");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        ground.run("CREATE TABLE sample_high PARTITION OF sample FOR VALUES FROM ('m') TO ('x')");
        assertThat(state()).isEqualTo(State.INCOMPLETE);

        try (TestRepository<String, Sample> test = ground.repository()) {
            test.repository.saveAll(
                    List.of(new Sample("a", null, 1), new Sample("n", "a", 2), new Sample("b", "n", 3)));
            ground.run("TRUNCATE " + ground.schema.pending());
            test.repository.delete("a");
            assertThat(ground.stored()).isEmpty();
            assertThat(ground.pending()).containsKeys("a", "b", "n");
        }
    }

    /** What it does goes by that partition, whose triggers are not there. */
    @Test
    @Tag("DW-1")
    void captureThatAPartitionLacksIsNotWhereThatHasAForeignKeyOfItsOwn() {
        ground.run(
                "DROP TABLE sample CASCADE",
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL) PARTITION BY RANGE (id)",
                "CREATE TABLE sample_low PARTITION OF sample FOR VALUES FROM ('a') TO ('m')");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        ground.run(
                "CREATE TABLE sample_high PARTITION OF sample FOR VALUES FROM ('m') TO ('x')",
                "ALTER TABLE sample_high ADD FOREIGN KEY (text) REFERENCES sample ON DELETE CASCADE");

        assertThatThrownBy(() -> ground.repository().close())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("sample_high_text_fkey of sample_high");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        try (TestRepository<String, Sample> test = ground.repository()) {
            test.repository.saveAll(List.of(new Sample("a", null, 1), new Sample("n", "a", 2)));
            ground.run("TRUNCATE " + ground.schema.pending());
            test.repository.delete("a");
            assertThat(ground.stored()).isEmpty();
            assertThat(ground.pending()).containsKeys("a", "n");
        }
    }

    @Test
    @Tag("DW-1")
    void captureThatCapturesNothingOrSomethingElseIsNot() {
        String byHand = ground.capture.sql().replace(CaptureSql.MARK, "-- by hand");
        for (String change : List.of(
                "ALTER TABLE sample DISABLE TRIGGER USER",
                "DO $$ BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON sample', tgname) FROM pg_trigger"
                        + " WHERE tgrelid = 'sample'::regclass AND tgname LIKE 'dualwrite%delete'); END $$",
                byHand,
                // what it does would be taken for what the library itself has written
                "ALTER TABLE sample ADD UNIQUE (number), ADD FOREIGN KEY (number) REFERENCES sample (number) ON UPDATE CASCADE")) {
            selfReferencing("");
            ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
            ground.run(change);
            assertThat(state()).isNotEqualTo(State.ACTIVE);
            assertThatThrownBy(() -> ground.repository().close())
                    .as(change)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("sample_text_fkey of sample");
        }
    }

    /** By a table between them, as a node goes with the edges to it. */
    @Test
    @Tag("DW-1")
    void foreignKeysThatComeBackToTheTableByAnotherOneNeedCapture() {
        ground.run(
                "DROP TABLE sample CASCADE",
                "CREATE TABLE edge (id text PRIMARY KEY)",
                "CREATE TABLE sample (id text PRIMARY KEY, text text REFERENCES edge ON DELETE CASCADE, number bigint)",
                "ALTER TABLE edge ADD node text REFERENCES sample ON DELETE CASCADE");
        try {
            assertThatThrownBy(() -> ground.repository().close())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("sample_text_fkey of sample");
            ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
            ground.repository().close();
        } finally {
            ground.run("DROP TABLE edge CASCADE");
        }
    }

    /** What they change is not mapped, or nothing that the library changes sets them off. */
    @Test
    void foreignKeysOfTheTableThatChangeNothingMappedNeedNoCapture() {
        List<String> harmless = new ArrayList<>(List.of(
                "ADD parent text REFERENCES sample ON DELETE SET NULL ON UPDATE CASCADE",
                "ADD UNIQUE (number), ADD parent bigint REFERENCES sample (number) ON UPDATE CASCADE",
                "ADD code text UNIQUE, ADD FOREIGN KEY (text) REFERENCES sample (code) ON UPDATE CASCADE"));
        int version = PostgresServer.shared().majorVersion();
        if (version >= 15) {
            harmless.add(
                    "ADD parent text, ADD UNIQUE (id, text), ADD FOREIGN KEY (text, parent) REFERENCES sample (id, text)"
                            + " ON DELETE SET NULL (parent)");
        }
        if (version >= 18) {
            harmless.add("ADD FOREIGN KEY (text) REFERENCES sample ON DELETE CASCADE NOT ENFORCED");
        }
        for (String columns : harmless) {
            ground.run(
                    "DROP TABLE sample CASCADE",
                    "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)",
                    "ALTER TABLE sample " + columns);
            ground.repository().close();
        }
    }

    /** Other repositories may have these tables. */
    @Test
    void foreignKeysThatChangeRowsOfOtherTablesAreToldOnce() {
        ground.run(
                "CREATE TABLE part (id bigint PRIMARY KEY, sample text REFERENCES sample ON DELETE CASCADE)",
                "CREATE TABLE part_of_part (id bigint, part bigint REFERENCES part ON DELETE CASCADE)",
                "CREATE TABLE bystander (id bigint, sample text REFERENCES sample)");
        Logger logger = (Logger) LoggerFactory.getLogger(ForeignActions.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            ground.repository().close();
        } finally {
            logger.detachAppender(lines);
            ground.run("DROP TABLE part, part_of_part, bystander");
        }
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getKeyValuePairs().toString())
                    .contains(
                            "event=\"ForeignKeyActions\"",
                            "constraints=\"part_of_part_part_fkey of part_of_part, part_sample_fkey of part\"");
        });
    }

    @Test
    void anUninstallThatWaitsTooLongNamesWhoIsInItsWayAndChangesNothing() throws SQLException {
        try (Connection writer = ground.pool.getConnection()) {
            writer.setAutoCommit(false);
            CaptureGround.execute(writer, "INSERT INTO sample VALUES ('a', '', 1)");
            assertThatThrownBy(() -> ground.capture.uninstall(ground.pool, Duration.ofMillis(50)))
                    .isInstanceOf(TransientStoreException.class)
                    .hasMessageContainingAll("nothing is changed", "process ", "idle in transaction");
            writer.rollback();
            writer.setAutoCommit(true);
        }
        assertThat(state()).isEqualTo(State.ACTIVE);
    }
}
