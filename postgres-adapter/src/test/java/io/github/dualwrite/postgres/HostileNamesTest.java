package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationState;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Names of schemas, tables and columns that quoting, formats and the driver's own syntax stumble over. */
@Timeout(120)
class HostileNamesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String REPOSITORY = "it's \"x\"; -- $$ %I \\ ?";

    /** The second one begins with a Cyrillic letter that looks like the first letter of the first one. */
    private static final List<String> KEYS = List.of("id", "\u0456d");

    /** Names that Dualwrite's own statements use, and worse. */
    private static final List<String> COLUMNS = List.of(
            "ord",
            "ord_",
            "key_text",
            "key",
            "version",
            "repository",
            "input",
            "k",
            "it's",
            "\"quoted\"",
            "; DROP TABLE t; --",
            "/*",
            "$$ $dualwrite$ $1",
            "%s %I %1$s",
            "? :x {fn now()}",
            "back\\slash\\",
            "line\nbreak",
            "\t",
            "\u0001",
            "\u007f",
            "\u202e",
            "${dualwrite_schema}",
            "select",
            "e\u0301",
            "\u00e9",
            "🔑");

    private static final String SCHEMA = "d'q\"; $$ %I \\ ?";
    private static final String TABLE = "t'\"; DROP TABLE t; -- $dualwrite$ %s \\ ?";

    record Key(String first, String second) {}

    record Odd(Key key, List<String> values) {}

    private static TableMapping<Key, Odd> mapping() {
        TableMapping.Builder<Key, Odd> mapping = TableMapping.columns(SCHEMA + "." + TABLE);
        mapping.key(KEYS.get(0), ColumnType.TEXT, odd -> odd.key().first());
        mapping.key(KEYS.get(1), ColumnType.TEXT, odd -> odd.key().second());
        for (int i = 0; i < COLUMNS.size(); i++) {
            int place = i;
            mapping.column(COLUMNS.get(i), ColumnType.TEXT, odd -> odd.values().get(place));
        }
        return mapping.build(
                key -> List.of(key.first(), key.second()),
                parts -> new Key((String) parts.get(0), (String) parts.get(1)),
                row -> new Odd(
                        new Key(text(row, KEYS.get(0)), text(row, KEYS.get(1))),
                        COLUMNS.stream().map(column -> text(row, column)).toList()));
    }

    private static String text(Row row, String column) {
        return String.valueOf(row.get(column, ColumnType.TEXT));
    }

    private static DualwriteSchema schema(String tag) {
        return DualwriteSchema.defaults()
                .schema(SCHEMA + tag)
                .pendingTable("pending 'w\"; $$ %s \\")
                .versionSequence("version 'w\"; $$ %s \\")
                .appliedTable("applied 'w\"; $$ %s \\")
                .readRouteTable("route 'w\"; $$ %s \\")
                .baselineGate("gate 'w\"; $$ %s \\")
                .jobTable("job 'w\"; $$ %s \\");
    }

    private static HikariDataSource database(DualwriteSchema schema) throws SQLException {
        HikariDataSource pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 12);
        schema.install(pool);
        schema.install(pool);
        PostgresServer.execute(
                pool,
                "CREATE SCHEMA IF NOT EXISTS " + Sql.quote(SCHEMA),
                "CREATE TABLE " + Sql.qualified(SCHEMA, TABLE) + " ("
                        + Sql.list(KEYS, name -> Sql.quote(name) + " text") + ", "
                        + Sql.list(COLUMNS, name -> Sql.quote(name) + " text") + ", PRIMARY KEY ("
                        + Sql.list(KEYS, Sql::quote) + "))");
        return pool;
    }

    private static Odd odd(String first, String value) {
        return new Odd(
                new Key(first, "|" + first),
                COLUMNS.stream().map(c -> value + c).toList());
    }

    @NeedsPostgres(14)
    @Test
    void everyPartWorksOnTablesWithSuchNames() throws Exception {
        DualwriteSchema ours = schema("");
        DualwriteSchema theirs = schema(" other");
        TableMapping<Key, Odd> mapping = mapping();
        try (HikariDataSource from = database(ours);
                HikariDataSource to = database(theirs);
                DualWriteRepository<Key, Odd> repository = DualWriteRepository.builder(
                                REPOSITORY,
                                PostgresStore.of(from, mapping).schema(ours),
                                PostgresStore.of(to, mapping).schema(theirs))
                        .secondaryTimeout(Duration.ofSeconds(20))
                        .grace(Duration.ofSeconds(21))
                        .reconcileInBackground(false)
                        .build()) {
            PostgresServer.execute(
                    from,
                    "INSERT INTO " + Sql.qualified(SCHEMA, TABLE) + " (" + Sql.list(KEYS, Sql::quote)
                            + ") SELECT 'old ' || i, '~' FROM generate_series(1, 100) AS i");
            CaptureTrigger capture = CaptureTrigger.of(ours, mapping, REPOSITORY);
            capture.install(from, PATIENCE);
            assertThat(capture.status(from).active()).isTrue();

            Odd one = odd("one", "a");
            assertThat(repository.create(one).value()).contains(one);
            Odd changed = new Odd(one.key(), odd("x", "b").values());
            assertThat(repository.update(changed).value()).contains(changed);
            assertThat(repository.save(odd("two", "c")).secondaryApplied()).isTrue();
            assertThat(repository.saveAll(List.of(odd("three", "d"), odd("four", "e"))))
                    .allMatch(result -> result.secondaryApplied());
            assertThat(repository.readAll(List.of(one.key(), odd("three", "").key())))
                    .containsEntry(one.key(), changed);
            repository.deleteAll(List.of(odd("four", "").key(), odd("three", "").key()));
            repository.markPending(List.of(one.key()));
            PostgresServer.execute(
                    from,
                    "UPDATE " + Sql.qualified(SCHEMA, TABLE) + " SET \"select\" = 'by hand' WHERE id = 'two'",
                    "DELETE FROM " + Sql.qualified(SCHEMA, TABLE) + " WHERE id = 'old 1'");
            assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();
            assertThat(FollowerGround.number(
                            to,
                            "SELECT count(*) FROM " + Sql.qualified(SCHEMA, TABLE) + " WHERE \"select\" = 'by hand'"))
                    .isEqualTo(1);

            assertThat(repository
                            .backfill(BackfillSettings.<Odd>builder()
                                    .writesCaptured(() -> true)
                                    .build())
                            .run(PATIENCE)
                            .complete())
                    .isTrue();
            VerificationReport<Key> report = repository.verification().run();
            assertThat(report.state()).as(report.text()).isEqualTo(VerificationState.CONSISTENT);
            assertThat(report.matching()).isEqualTo(101);
            PostgresServer.execute(from, "TRUNCATE " + Sql.qualified(SCHEMA, TABLE));
            assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();
            assertThat(FollowerGround.number(to, "SELECT count(*) FROM " + Sql.qualified(SCHEMA, TABLE)))
                    .isZero();
            capture.uninstall(from, PATIENCE);
        }
    }

    @Test
    void whatCannotBeANameIsRefusedBeforeAnythingIsSent() {
        for (String name : List.of("", "a\0b", "half \ud800", "\udfff", "x".repeat(64), "é".repeat(32))) {
            assertThatIllegalArgumentException().as(name).isThrownBy(() -> Sql.quote(name));
            assertThatIllegalArgumentException()
                    .as(name)
                    .isThrownBy(() -> DualwriteSchema.defaults().schema(name));
            assertThatIllegalArgumentException()
                    .as(name)
                    .isThrownBy(() -> DualwriteSchema.defaults().pendingTable(name));
        }
        assertThat(Sql.quote("x".repeat(63))).hasSize(65);
        assertThatThrownBy(() -> Sql.quote("k".repeat(1 << 20)))
                .satisfies(
                        e -> assertThat(String.valueOf(e.getMessage()).length()).isLessThan(300));
    }

    @Test
    void lookAlikesAreDifferentColumns() throws SQLException {
        DualwriteSchema schema = DualwriteSchema.defaults();
        try (HikariDataSource pool = FollowerGround.database("CREATE TABLE latin (id text PRIMARY KEY)")) {
            TableMapping<String, String> mapping = TableMapping.<String, String>columns("latin")
                    .key(KEYS.get(1), ColumnType.TEXT, id -> id)
                    .build(row -> text(row, KEYS.get(1)));
            assertThatThrownBy(() -> PostgresStore.of(pool, mapping)
                            .schema(schema)
                            .openAuthority(new io.github.dualwrite.spi.StoreContext("r", Duration.ZERO)))
                    .hasMessageContaining("there is no column " + KEYS.get(1));
        }
    }
}
