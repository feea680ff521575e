package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Writes that bypass the library are captured, and those of the library are counted once (DW-1). */
@Tag("DW-1")
@NeedsPostgres(14)
class CaptureTest {

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
    void everyKindOfStatementIsCaptured() throws Exception {
        assertThat(ground.changedBy("INSERT INTO sample VALUES ('a', '', 1), ('b', '', 1), ('c', '', 1)"))
                .containsOnlyKeys("a", "b", "c");
        assertThat(ground.changedBy("UPDATE sample SET number = 2 WHERE id IN ('a', 'b')"))
                .containsOnlyKeys("a", "b");
        assertThat(ground.changedBy("UPDATE sample SET number = 3 WHERE false")).isEmpty();
        assertThat(ground.changedBy("UPDATE sample SET id = 'moved' WHERE id = 'a'"))
                .containsOnlyKeys("a", "moved");
        assertThat(ground.changedBy("DELETE FROM sample WHERE id = 'moved'")).containsOnlyKeys("moved");
        assertThat(ground.changedBy("INSERT INTO sample VALUES ('b', 'again', 4), ('d', '', 4)"
                        + " ON CONFLICT (id) DO UPDATE SET text = excluded.text"))
                .containsOnlyKeys("b", "d");
        try (Connection connection = ground.pool.getConnection()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY sample FROM STDIN", new StringReader("f\tcopied\t6\ng\tcopied\t6\n"));
        }
        assertThat(ground.pending()).containsKeys("f", "g");
        assertThat(ground.changedBy("TRUNCATE sample")).containsOnlyKeys("b", "c", "d", "f", "g");
    }

    @Test
    @NeedsPostgres(15)
    void everyActionOfAMergeIsCaptured() throws Exception {
        ground.run("INSERT INTO sample VALUES ('b', '', 1), ('c', '', 1)");
        assertThat(ground.changedBy("MERGE INTO sample AS s USING (VALUES ('b'), ('c'), ('e')) AS m(id) ON s.id = m.id"
                        + " WHEN MATCHED AND s.id = 'c' THEN DELETE WHEN MATCHED THEN UPDATE SET number = 5"
                        + " WHEN NOT MATCHED THEN INSERT VALUES (m.id, '', 5)"))
                .containsOnlyKeys("b", "c", "e");
    }

    private void partition() {
        ground.run(
                "DROP TABLE sample",
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL DEFAULT 0) PARTITION BY RANGE (id)",
                "CREATE TABLE sample_low PARTITION OF sample FOR VALUES FROM ('a') TO ('m')",
                "CREATE TABLE sample_high PARTITION OF sample FOR VALUES FROM ('m') TO ('z') PARTITION BY RANGE (id)",
                "CREATE TABLE sample_high_1 PARTITION OF sample_high FOR VALUES FROM ('m') TO ('t')",
                "CREATE TABLE sample_high_2 PARTITION OF sample_high FOR VALUES FROM ('t') TO ('z')");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        assertThat(ground.capture.status(ground.pool).problems()).isEmpty();
        ground.run("INSERT INTO sample SELECT k, '', 1 FROM unnest('{a,b,c,d,n}'::text[]) AS k");
    }

    /** The server puts such rows into the transition tables of other actions than the one that a MERGE names. */
    @Test
    @NeedsPostgres(15)
    void rowsThatMergeMovesBetweenPartitionsAreCaptured() throws Exception {
        partition();
        assertThat(ground.changedBy("MERGE INTO sample AS s USING (VALUES ('a')) AS m(id) ON s.id = m.id"
                        + " WHEN MATCHED THEN UPDATE SET id = 'o'"))
                .containsOnlyKeys("a", "o");
        assertThat(ground.changedBy("MERGE INTO sample AS s USING (VALUES ('b'), ('e')) AS m(id) ON s.id = m.id"
                        + " WHEN MATCHED THEN UPDATE SET id = 'p' WHEN NOT MATCHED THEN INSERT VALUES (m.id, '', 1)"))
                .containsOnlyKeys("b", "p", "e");
        assertThat(ground.changedBy("MERGE INTO sample AS s USING (VALUES ('c'), ('d')) AS m(id) ON s.id = m.id"
                        + " WHEN MATCHED AND s.id = 'd' THEN DELETE WHEN MATCHED THEN UPDATE SET id = 'q'"))
                .containsOnlyKeys("c", "q", "d");
        assertThat(ground.changedBy("MERGE INTO sample_high AS s USING (VALUES ('n')) AS m(id) ON s.id = m.id"
                        + " WHEN MATCHED THEN UPDATE SET id = 'u'"))
                .containsOnlyKeys("n", "u");
        assertThat(ground.changedBy(
                        "SET session_replication_role = replica",
                        "MERGE INTO sample AS s USING (VALUES ('u')) AS m(id) ON s.id = m.id"
                                + " WHEN MATCHED THEN UPDATE SET id = 'a'",
                        "RESET session_replication_role"))
                .containsOnlyKeys("u", "a");
    }

    @Test
    @NeedsPostgres(15)
    void rowsThatMergeMovesInATransactionAreCapturedWhateverWasRolledBackBefore() throws Exception {
        partition();
        try (Connection connection = ground.pool.getConnection()) {
            connection.setAutoCommit(false);
            Savepoint savepoint = connection.setSavepoint();
            CaptureGround.execute(connection, "UPDATE sample SET number = 2");
            connection.rollback(savepoint);
            assertThat(ground.changedBy("DELETE FROM sample WHERE id = 'b'")).containsOnlyKeys("b");
            CaptureGround.execute(
                    connection,
                    "MERGE INTO sample AS s USING (VALUES ('a')) AS m(id) ON s.id = m.id"
                            + " WHEN MATCHED THEN UPDATE SET id = 'o'");
            connection.commit();
            connection.setAutoCommit(true);
        }
        assertThat(ground.pending()).containsKeys("a", "o");
    }

    @Test
    void aWriteOfTheLibraryToAPartitionHasOneVersionAlsoAfterAnUpdate() throws Exception {
        partition();
        Authority<String, Sample> authority =
                ground.store().openAuthority(new StoreContext("test", Duration.ofMinutes(5)));
        Map<String, Long> written = JdbcTransaction.run(ground.pool, tx -> {
            CaptureGround.execute(tx.connection(), "UPDATE sample SET number = 2 WHERE id = 'a'");
            AuthorityWrites<String, Sample> joined = authority.joining(tx).orElseThrow();
            return Map.of(
                    "b", joined.delete("b").orElseThrow().version(),
                    "x", joined.create(Sample.of("x", 1)).version());
        });
        assertThat(ground.pending()).containsAllEntriesOf(written);
    }

    /** A session that bulk loaders make is no way round. */
    @Test
    void theReplicaRoleIsCapturedToo() {
        assertThat(ground.changedBy(
                        "SET session_replication_role = replica",
                        "INSERT INTO sample VALUES ('a', '', 1)",
                        "RESET session_replication_role"))
                .containsOnlyKeys("a");
    }

    @Test
    void whatIsRolledBackLeavesNothing() throws Exception {
        try (Connection connection = ground.pool.getConnection()) {
            connection.setAutoCommit(false);
            CaptureGround.execute(connection, "INSERT INTO sample VALUES ('a', '', 1)");
            connection.rollback();
            CaptureGround.execute(connection, "INSERT INTO sample VALUES ('b', '', 1)");
            Savepoint savepoint = connection.setSavepoint();
            CaptureGround.execute(connection, "INSERT INTO sample VALUES ('c', '', 1)");
            CaptureGround.execute(connection, "DELETE FROM sample WHERE id = 'b'");
            connection.rollback(savepoint);
            connection.commit();
            connection.setAutoCommit(true);
        }
        assertThat(ground.pending()).containsOnlyKeys("b");
    }

    @Test
    void aWriteOfTheLibraryHasOnePendingWriteAndOneVersion() {
        Authority<String, Sample> authority =
                ground.store().openAuthority(new StoreContext("test", Duration.ofMinutes(5)));

        assertOneVersion(authority.create(Sample.of("a", 1)));
        assertOneVersion(authority.update(Sample.of("a", 2)));
        assertOneVersion(authority.save(Sample.of("a", 3)));
        assertOneVersion(authority.save(Sample.of("b", 3)));
        authority.saveAll(List.of(Sample.of("a", 4), Sample.of("c", 4))).forEach(this::assertOneVersion);
        assertOneVersion(authority.delete("b").orElseThrow());
        authority.deleteAll(List.of("a", "c")).forEach(this::assertOneVersion);
        assertThat(ground.pending()).containsOnlyKeys("a", "b", "c");
    }

    private void assertOneVersion(VersionedRecord<String, Sample> written) {
        assertThat(ground.pending()).containsEntry(written.key(), written.version());
    }

    @Test
    void aWriteOfTheLibraryIsConfirmedAsEver() throws Exception {
        try (TestRepository<String, Sample> test = ground.repository()) {
            test.repository.save(Sample.of("a", 1));
            WriteResult<String, Sample> second = test.repository.save(Sample.of("a", 2));
            assertThat(second.secondaryApplied()).isTrue();
            assertThat(test.repository.delete("a")).isPresent();
            assertThat(test.repository
                            .reconciler()
                            .drain(Duration.ofSeconds(20))
                            .drained())
                    .isTrue();
            assertThat(ground.pending()).isEmpty();
        }
    }

    @Test
    @Tag("DW-2")
    void sqlAfterAWriteOfTheLibraryInTheSameTransactionDecides() throws Exception {
        try (TestRepository<String, Sample> test = ground.repository()) {
            for (boolean withSavepoint : new boolean[] {false, true}) {
                JdbcTransaction.run(ground.pool, tx -> {
                    DualWriteRepository<String, Sample> repository = test.repository;
                    repository.within(tx).save(Sample.of("a", 1));
                    repository.within(tx).save(Sample.of("b", 1));
                    repository.within(tx).save(Sample.of("c", 1));
                    Savepoint savepoint = withSavepoint ? tx.connection().setSavepoint() : null;
                    CaptureGround.execute(tx.connection(), "UPDATE sample SET text = 'raw' WHERE id = 'a'");
                    CaptureGround.execute(tx.connection(), "DELETE FROM sample WHERE id = 'b'");
                    if (savepoint != null) {
                        tx.connection().rollback(savepoint);
                    }
                    CaptureGround.execute(tx.connection(), "UPDATE sample SET text = 'raw' WHERE id = 'c'");
                    return null;
                });
                drainAndCompare(test);
            }
        }
    }

    /** The other way round: the library's statement makes pending what SQL has made pending already. */
    @Test
    void aWriteOfTheLibraryAfterSqlInTheSameTransactionDecides() throws Exception {
        try (TestRepository<String, Sample> test = ground.repository()) {
            JdbcTransaction.run(ground.pool, tx -> {
                CaptureGround.execute(tx.connection(), "INSERT INTO sample VALUES ('a', 'raw', 1), ('b', 'raw', 1)");
                test.repository.within(tx).save(Sample.of("a", 2));
                test.repository.within(tx).delete("b");
                return null;
            });
            drainAndCompare(test);
        }
    }

    /** What another trigger changes after the library's statement has returned its row. */
    @Test
    @Tag("DW-2")
    void changesByOtherTriggersAreCaptured() throws Exception {
        ground.run(
                "CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF NEW.id = 'a' AND NEW.text <> 'same key' THEN"
                        + "   UPDATE sample SET text = 'same key' WHERE id = 'a';"
                        + "   INSERT INTO sample VALUES ('other', 'key', 1) ON CONFLICT (id) DO UPDATE SET number = sample.number + 1;"
                        + " END IF; RETURN NULL; END $$",
                "CREATE TRIGGER meddle AFTER INSERT OR UPDATE ON sample FOR EACH ROW EXECUTE FUNCTION meddle()",
                "CREATE CONSTRAINT TRIGGER zz_late AFTER INSERT OR UPDATE ON sample DEFERRABLE INITIALLY DEFERRED"
                        + " FOR EACH ROW EXECUTE FUNCTION meddle()");
        try (TestRepository<String, Sample> test = ground.repository()) {
            for (int i = 0; i < 3; i++) {
                test.repository.save(Sample.of("a", i));
                drainAndCompare(test);
                assertThat(test.follower.records().get("a").text()).isEqualTo("same key");
            }
        }
    }

    /** A foreign key that changes a row which the library has written in the same statement. */
    @Test
    @Tag("DW-2")
    void aCascadeOntoARowOfTheSameBatchIsCaptured() throws Exception {
        ground.run(
                "ALTER TABLE sample ADD UNIQUE (number)",
                "ALTER TABLE sample ADD parent bigint REFERENCES sample (number) ON UPDATE CASCADE",
                // a column that the library writes and the cascade changes
                "ALTER TABLE sample DROP COLUMN text",
                "ALTER TABLE sample ADD text text GENERATED ALWAYS AS (CASE parent WHEN 10 THEN 'ten' ELSE 'other' END) STORED");
        ground.capture.install(ground.pool, CaptureGround.LOCK_WAIT);
        try (TestRepository<String, Sample> test = ground.repository()) {
            test.repository.saveAll(List.of(new Sample("a", null, 1), new Sample("b", null, 2)));
            ground.run("UPDATE sample SET parent = 1 WHERE id = 'b'");

            test.repository.saveAll(List.of(new Sample("a", null, 10), new Sample("b", null, 20)));

            drainAndCompare(test);
            assertThat(test.follower.records().get("b").text()).isEqualTo("ten");
        }
    }

    @Test
    void cascadesOfForeignKeysAreCaptured() {
        ground.run(
                "CREATE TABLE IF NOT EXISTS owner (id bigint PRIMARY KEY)",
                "TRUNCATE owner CASCADE",
                "INSERT INTO owner SELECT generate_series(1, 3)",
                "ALTER TABLE sample ADD FOREIGN KEY (number) REFERENCES owner ON DELETE CASCADE ON UPDATE CASCADE",
                "INSERT INTO sample VALUES ('a', '', 1), ('b', '', 1), ('c', '', 2), ('d', '', 3)");

        assertThat(ground.changedBy("DELETE FROM owner WHERE id IN (1, 2)")).containsOnlyKeys("a", "b", "c");
        assertThat(ground.changedBy("UPDATE owner SET id = 30 WHERE id = 3")).containsOnlyKeys("d");
        assertThat(ground.changedBy("TRUNCATE owner CASCADE")).containsOnlyKeys("d");
    }

    private void drainAndCompare(TestRepository<String, Sample> test) throws InterruptedException {
        assertThat(test.repository.reconciler().drain(Duration.ofSeconds(20)).drained())
                .isTrue();
        assertThat(test.follower.records()).isEqualTo(ground.stored());
        assertThat(ground.pending()).isEqualTo(Map.of());
    }

    @Test
    void truncateThatCouldMissRowsIsRefused() throws Exception {
        ground.run("INSERT INTO sample VALUES ('a', '', 1)");
        try (Connection connection = ground.pool.getConnection()) {
            connection.setAutoCommit(false);
            CaptureGround.execute(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            assertThatThrownBy(() -> CaptureGround.execute(connection, "TRUNCATE sample"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("READ COMMITTED");
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }
}
