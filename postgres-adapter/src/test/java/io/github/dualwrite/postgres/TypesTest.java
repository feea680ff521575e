package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.Json;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Every column type goes through create, batch, read and snapshot without a loss. */
class TypesTest {

    static final TableMapping<Long, Everything> EVERYTHING = TableMapping.ofRecord(Everything.class, Long.class)
            .table("everything")
            .key("id")
            .build();

    /** The same, column by column. */
    static final TableMapping<Long, Everything> COLUMN_BY_COLUMN = TableMapping.<Long, Everything>columns("everything")
            .key("id", ColumnType.BIGINT, Everything::id)
            .column("small", ColumnType.SMALLINT, Everything::small)
            .column("number", ColumnType.INTEGER, Everything::number)
            .column("big", ColumnType.BIGINT, Everything::big)
            .column("exact", ColumnType.NUMERIC, Everything::exact)
            .column("single", ColumnType.REAL, Everything::single)
            .column("twice", ColumnType.DOUBLE, Everything::twice)
            .column("label", ColumnType.TEXT, Everything::label)
            .column("short_label", ColumnType.TEXT, Everything::shortLabel)
            .column("flag", ColumnType.BOOLEAN, Everything::flag)
            .column("uuid", ColumnType.UUID_TYPE, Everything::uuid)
            .column("happened_at", ColumnType.TIMESTAMPTZ, Everything::happenedAt)
            .column("local", ColumnType.TIMESTAMP, Everything::local)
            .column("day", ColumnType.DATE, Everything::day)
            .column("bytes", ColumnType.BYTEA, Everything::bytes)
            .column("document", ColumnType.JSON, Everything::document)
            .column("texts", ColumnType.TEXT_ARRAY, Everything::texts)
            .column("numbers", ColumnType.BIGINT_ARRAY, Everything::numbers)
            .column("mood", ColumnType.enumOf(Mood.class), Everything::mood)
            .column("mood_text", ColumnType.enumOf(Mood.class), Everything::moodText)
            .build(row -> new Everything(
                    row.get("id", ColumnType.BIGINT),
                    row.get("small", ColumnType.SMALLINT),
                    row.get("number", ColumnType.INTEGER),
                    row.get("big", ColumnType.BIGINT),
                    row.get("exact", ColumnType.NUMERIC),
                    row.get("single", ColumnType.REAL),
                    row.get("twice", ColumnType.DOUBLE),
                    row.get("label", ColumnType.TEXT),
                    row.get("short_label", ColumnType.TEXT),
                    row.get("flag", ColumnType.BOOLEAN),
                    row.get("uuid", ColumnType.UUID_TYPE),
                    row.get("happened_at", ColumnType.TIMESTAMPTZ),
                    row.get("local", ColumnType.TIMESTAMP),
                    row.get("day", ColumnType.DATE),
                    row.get("bytes", ColumnType.BYTEA),
                    row.get("document", ColumnType.JSON),
                    row.get("texts", ColumnType.TEXT_ARRAY),
                    row.get("numbers", ColumnType.BIGINT_ARRAY),
                    row.get("mood", ColumnType.enumOf(Mood.class)),
                    row.get("mood_text", ColumnType.enumOf(Mood.class))));

    private static DataSource database;

    enum Mood {
        HAPPY,
        SAD
    }

    @SuppressWarnings("ArrayRecordComponent") // it is what bytea is mapped to
    record Everything(
            Long id,
            Short small,
            Integer number,
            Long big,
            BigDecimal exact,
            Float single,
            Double twice,
            String label,
            String shortLabel,
            Boolean flag,
            UUID uuid,
            Instant happenedAt,
            LocalDateTime local,
            LocalDate day,
            byte[] bytes,
            Json document,
            List<String> texts,
            List<Long> numbers,
            Mood mood,
            Mood moodText) {}

    record Composite(String area, int number, UUID id, LocalDate day, Instant at, boolean odd, String text) {}

    record CompositeKey(boolean odd, Instant at, LocalDate day, UUID id, int number, String area) {}

    record Generated(Long id, String label, Instant createdAt, String computed) {}

    @BeforeAll
    static void createTables() throws SQLException {
        database = PostgresServer.shared().newDatabase();
        DualwriteSchema.defaults().install(database);
        PostgresServer.execute(database, "CREATE TYPE mood AS ENUM ('HAPPY', 'SAD', 'UNKNOWN_TO_JAVA')", """
                CREATE TABLE everything (
                    id bigint PRIMARY KEY, small smallint, number integer, big bigint, exact numeric, single real,
                    twice double precision, label text, short_label varchar(5), flag boolean, uuid uuid,
                    happened_at timestamptz, local timestamp, day date, bytes bytea, document jsonb, texts text[],
                    numbers bigint[], mood mood, mood_text text)
                """, """
                CREATE TABLE composite (
                    area text, number integer, id uuid, day date, at timestamptz, odd boolean, text text,
                    PRIMARY KEY (area, number, id, day, at, odd))
                """, """
                CREATE TABLE generated (
                    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    computed text GENERATED ALWAYS AS (upper(label)) STORED)
                """);
    }

    private static <K, V> Authority<K, V> open(TableMapping<K, V> mapping) {
        return PostgresStore.of(database, mapping).openAuthority(new StoreContext("types", Duration.ZERO));
    }

    private static Authority<Long, Everything> everything() {
        return open(EVERYTHING);
    }

    static Everything full(long id) {
        return new Everything(
                id,
                Short.MIN_VALUE,
                Integer.MIN_VALUE,
                Long.MIN_VALUE,
                new BigDecimal("-12345678901234567890.123456789012345678900"),
                -1.5f,
                1e300,
                "quotes ' \" backslash \\ braces {} null NULL é漢🔑",
                "",
                false,
                UUID.fromString("00000000-0000-4000-8000-00000000000a"),
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                LocalDateTime.parse("2024-02-29T23:59:59.000001"),
                LocalDate.of(9999, 12, 31),
                new byte[] {0, -1, 92, 39},
                new Json("{\"a\": [1, null, \"x\"]}"),
                Arrays.asList("", "a,b", "quote\"", "back\\slash", "NULL", null, "{}"),
                Arrays.asList(Long.MAX_VALUE, null, 0L),
                Mood.SAD,
                Mood.HAPPY);
    }

    static Everything empty(long id) {
        return new Everything(
                id, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null, null, null);
    }

    static void assertSame(Everything actual, Everything expected) {
        assertThat(actual)
                .usingRecursiveComparison(RecursiveComparisonConfiguration.builder()
                        .withStrictTypeChecking(true)
                        .build())
                .isEqualTo(expected);
    }

    @Test
    void everyTypeAndEveryNullComesBackAsItWas() {
        comesBackAsItWas(EVERYTHING);
    }

    @Test
    void theSameGoesForAMappingColumnByColumn() {
        comesBackAsItWas(COLUMN_BY_COLUMN);
    }

    private static void comesBackAsItWas(TableMapping<Long, Everything> mapping) {
        PostgresServer.execute(database, "DELETE FROM everything WHERE id < 5");
        Authority<Long, Everything> authority = open(mapping);
        for (Everything value : List.of(full(1), empty(2))) {
            assertSame(authority.create(value).value(), value);
            assertSame(authority.save(value).value(), value);
            assertSame(authority.update(value).value(), value);
            assertSame(authority.read(value.id()).orElseThrow(), value);
            assertSame(authority.snapshot(List.of(value.id())).get(0).value(), value);
        }
        for (VersionedRecord<Long, Everything> saved : authority.saveAll(List.of(full(3), empty(4)))) {
            assertSame(saved.value(), saved.key() == 3 ? full(3) : empty(4));
        }
        assertSame(authority.readAll(List.of(3L)).get(3L), full(3));
    }

    /** The driver receives texts at first, and binary values once it has prepared the statement on the server. */
    @Test
    void everyTypeReadsTheSameHoweverOftenItsStatementRan() throws SQLException {
        try (Connection connection = database.getConnection()) {
            Authority<Long, Everything> authority = PostgresStore.of(new SingleConnection(connection), EVERYTHING)
                    .openAuthority(new StoreContext("types", Duration.ZERO));
            for (int read = 1; read <= connection.unwrap(PGConnection.class).getPrepareThreshold() + 2; read++) {
                assertSame(authority.save(full(20)).value(), full(20));
                assertSame(authority.read(20L).orElseThrow(), full(20));
                assertSame(authority.save(empty(21)).value(), empty(21));
            }
        }
    }

    @Test
    void whatTheDatabaseMakesOfAValueIsWhatComesBack() {
        Authority<Long, Everything> authority = everything();
        Everything nanos = new Everything(
                10L,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                Instant.parse("2024-01-01T00:00:00.123456789Z"),
                null,
                null,
                null,
                new Json("{\"b\":1,\"a\":2}"),
                null,
                null,
                null,
                null);

        Everything stored = authority.save(nanos).value();

        assertThat(stored.happenedAt()).isEqualTo(Instant.parse("2024-01-01T00:00:00.123457Z"));
        assertThat(stored.document().text()).isEqualTo("{\"a\": 2, \"b\": 1}");
        assertSame(authority.read(10L).orElseThrow(), stored);
    }

    @Test
    void aTextThatIsTooLongIsRefusedAndNotCut() {
        Everything tooLong = new Everything(
                11L, null, null, null, null, null, null, null, "123456", null, null, null, null, null, null, null, null,
                null, null, null);

        assertThatThrownBy(() -> everything().save(tooLong))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("key 11")
                .hasMessageContaining("22001")
                .hasMessageNotContaining("123456");
        assertThat(everything().read(11L)).isEmpty();
        assertThat(everything().queue().pendingAmong(List.of(11L))).isEmpty();
    }

    @Test
    void aRowThatJavaCannotReadIsAPermanentErrorThatNamesItsKey() {
        PostgresServer.execute(database, "INSERT INTO everything (id, mood) VALUES (12, 'UNKNOWN_TO_JAVA')");
        Authority<Long, Everything> authority = everything();
        authority.markPending(List.of(12L));

        assertThatThrownBy(() -> authority.snapshot(List.of(12L)))
                .isInstanceOf(PermanentFailure.class)
                .hasMessageContaining("key 12")
                .hasMessageContaining("column mood")
                .hasMessageNotContaining("UNKNOWN_TO_JAVA");
        assertThatThrownBy(() -> authority.read(12L)).isInstanceOf(PermanentStoreException.class);
    }

    @Test
    void aWriteWhoseStoredRowCannotBeReadBackIsNotReportedAsRefused() {
        PostgresServer.execute(
                database,
                "CREATE TABLE spoiled (id bigint PRIMARY KEY, text text)",
                "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.text := NULL; RETURN NEW; END'",
                "CREATE TRIGGER spoil BEFORE INSERT ON spoiled FOR EACH ROW EXECUTE FUNCTION spoil()");
        record Strict(Long id, String text) {
            Strict {
                java.util.Objects.requireNonNull(text, "text");
            }
        }
        Authority<Long, Strict> authority = open(TableMapping.ofRecord(Strict.class, Long.class)
                .table("spoiled")
                .key("id")
                .build());

        assertThatThrownBy(() -> authority.save(new Strict(1L, "x")))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("is committed");
        assertThat(authority.queue().pendingAmong(List.of(1L))).containsExactly(1L);
    }

    @Test
    void compositeKeysOfEveryKeyTypeMeanTheSameInSqlAndInJava() {
        Authority<CompositeKey, Composite> authority = open(TableMapping.ofRecord(Composite.class, CompositeKey.class)
                .table("composite")
                .key("area", "number", "id", "day", "at", "odd")
                .build());
        List<Composite> values = List.of(
                new Composite("", -1, new UUID(0, 0), LocalDate.EPOCH, Instant.EPOCH, true, "one"),
                new Composite(
                        "a|b~0~1\\",
                        7,
                        new UUID(-1, -1),
                        LocalDate.of(1582, 10, 15),
                        Instant.parse("1900-01-01T00:00:00.000001Z"),
                        false,
                        "two"),
                new Composite(
                        "a|b",
                        7,
                        new UUID(1, 2),
                        LocalDate.of(3000, 1, 1),
                        Instant.parse("2999-12-31T23:59:59.999999Z"),
                        false,
                        "three"));
        for (Composite value : values) {
            VersionedRecord<CompositeKey, Composite> saved = authority.save(value);
            assertThat(saved.value()).isEqualTo(value);
            assertThat(authority.snapshot(List.of(saved.key()))).containsExactly(saved);
            assertThat(authority.queue().pendingAmong(List.of(saved.key()))).containsExactly(saved.key());
            assertThat(authority.read(saved.key())).contains(value);
        }
        List<CompositeKey> keys =
                authority.saveAll(values).stream().map(VersionedRecord::key).toList();
        assertThat(authority.readAll(keys)).hasSize(3).containsValues(values.toArray(Composite[]::new));
        assertThat(authority.deleteAll(keys)).hasSize(3);
        assertThat(authority.snapshot(keys)).hasSize(3).allMatch(VersionedRecord::tombstone);
    }

    @Test
    void keysDefaultsAndComputedColumnsComeFromTheDatabase() {
        Authority<Long, Generated> authority = open(TableMapping.ofRecord(Generated.class, Long.class)
                .table("generated")
                .key("id")
                .generated("id", "createdAt")
                .build());

        VersionedRecord<Long, Generated> created = authority.create(new Generated(null, "first", null, null));
        assertThat(created.key()).isNotNull();
        assertThat(created.value().id()).isEqualTo(created.key());
        assertThat(created.value().createdAt()).isNotNull();
        assertThat(created.value().computed()).isEqualTo("FIRST");
        assertThat(authority.queue().pendingAmong(List.of(created.key()))).containsExactly(created.key());

        Generated changed = new Generated(created.key(), "changed", null, null);
        assertThat(authority.update(changed).value().createdAt())
                .isEqualTo(created.value().createdAt());
        assertThat(authority
                        .save(new Generated(created.key(), "saved", Instant.EPOCH, null))
                        .value())
                .isEqualTo(new Generated(created.key(), "saved", Instant.EPOCH, "SAVED"));
        List<VersionedRecord<Long, Generated>> batch =
                authority.saveAll(List.of(new Generated(null, "x", null, null), new Generated(null, "y", null, null)));
        assertThat(batch).hasSize(2).extracting(VersionedRecord::key).doesNotHaveDuplicates();
    }

    record Collated(String area, String id, long number) {}

    record CollatedKey(String area, String id) {}

    @Test
    void keysWithCollationsOfTheirOwnWorkInBatchesToo() {
        PostgresServer.execute(
                database,
                "CREATE TABLE collated (area text COLLATE \"C\", id text COLLATE \"und-x-icu\", number bigint NOT NULL,"
                        + " PRIMARY KEY (area, id))");
        Authority<CollatedKey, Collated> authority = open(TableMapping.ofRecord(Collated.class, CollatedKey.class)
                .table("collated")
                .key("area", "id")
                .build());
        List<Collated> values = List.of(new Collated("a", "é", 1), new Collated("b", "E", 2));
        List<CollatedKey> keys =
                authority.saveAll(values).stream().map(VersionedRecord::key).toList();

        assertThat(authority.readAll(keys)).containsValues(values.toArray(Collated[]::new));
        assertThat(authority.deleteAll(keys)).hasSize(2);
    }

    @Test
    void aKeyFinerThanAMicrosecondIsRefused() {
        Instant fine = Instant.parse("2024-01-01T00:00:00.000000001Z");
        Authority<CompositeKey, Composite> authority = open(TableMapping.ofRecord(Composite.class, CompositeKey.class)
                .table("composite")
                .key("area", "number", "id", "day", "at", "odd")
                .build());
        assertThatThrownBy(() -> authority.markPending(
                        List.of(new CompositeKey(true, fine, LocalDate.EPOCH, new UUID(0, 0), 1, "a"))))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("column at")
                .hasMessageContaining("microseconds");
    }

    @Test
    void columnByColumnMappingDoesTheSame() {
        Authority<Long, Generated> authority = open(TableMapping.<Long, Generated>columns("public.generated")
                .generatedKey("id", ColumnType.BIGINT, Generated::id)
                .column("label", ColumnType.TEXT, Generated::label)
                .build(row -> new Generated(
                        row.get("id", ColumnType.BIGINT), row.get("label", ColumnType.TEXT), null, null)));

        VersionedRecord<Long, Generated> created = authority.create(new Generated(null, "mapped", null, null));

        assertThat(authority.read(created.key())).contains(new Generated(created.key(), "mapped", null, null));
    }

    /** A tombstone needs its key alone. */
    @Test
    void aRowThatJavaCannotReadCanBeDeleted() {
        Authority<Long, Everything> authority = everything();
        PostgresServer.execute(
                database,
                "INSERT INTO everything (id, exact) VALUES (30, 'NaN')",
                "INSERT INTO everything (id, mood) VALUES (31, 'UNKNOWN_TO_JAVA'), (32, 'UNKNOWN_TO_JAVA')");

        assertThat(authority.delete(30L)).get().satisfies(deleted -> {
            assertThat(deleted.key()).isEqualTo(30);
            assertThat(deleted.value()).isNull();
        });
        assertThat(authority.deleteAll(List.of(31L, 32L, 33L)))
                .extracting(VersionedRecord::key)
                .containsExactlyInAnyOrder(31L, 32L);
        assertThat(authority.queue().pendingAmong(List.of(30L, 31L, 32L))).hasSize(3);
    }
}
