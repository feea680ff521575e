package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.Json;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.postgres.TypesTest.Composite;
import io.github.dualwrite.postgres.TypesTest.CompositeKey;
import io.github.dualwrite.postgres.TypesTest.Everything;
import io.github.dualwrite.postgres.TypesTest.Generated;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every column type goes from PostgreSQL to PostgreSQL without a loss, at once and through the reconciler. */
class FollowerTypesTest {

    private static final String[] TABLES = {"CREATE TYPE mood AS ENUM ('HAPPY', 'SAD')", """
        CREATE TABLE everything (
            id bigint PRIMARY KEY, small smallint, number integer, big bigint, exact numeric, single real,
            twice double precision, label text, short_label varchar(5), flag boolean, uuid uuid,
            happened_at timestamptz, local timestamp, day date, bytes bytea, document jsonb, texts text[],
            numbers bigint[], mood mood, mood_text text)""", """
        CREATE TABLE composite (
            area text, number integer, id uuid, day date, at timestamptz, odd boolean, text text,
            PRIMARY KEY (area, number, id, day, at, odd))""", """
        CREATE TABLE generated (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(), computed text GENERATED ALWAYS AS (upper(label)) STORED)"""};

    private static HikariDataSource from;
    private static HikariDataSource to;

    @BeforeAll
    static void createTables() {
        from = FollowerGround.database(TABLES);
        to = FollowerGround.database(TABLES);
    }

    @AfterAll
    static void close() {
        from.close();
        to.close();
    }

    private static <K, V> DualWriteRepository<K, V> repository(TableMapping<K, V> mapping) {
        return DualWriteRepository.builder("test", PostgresStore.of(from, mapping), PostgresStore.of(to, mapping))
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(21))
                .reconcileInBackground(false)
                .reconcilerSettings(ReconcilerSettings.defaults())
                .build();
    }

    @Test
    void everyTypeAndEveryNullArrivesAsItWas() {
        TableMapping<Long, Everything> mapping = TableMapping.ofRecord(Everything.class, Long.class)
                .table("everything")
                .key("id")
                .build();
        Follower<Long, Everything> follower = FollowerGround.open(PostgresStore.of(to, mapping));
        try (DualWriteRepository<Long, Everything> repository = repository(mapping)) {
            for (Everything value : List.of(TypesTest.full(1), TypesTest.empty(2))) {
                assertThat(repository.save(value).secondaryApplied()).isTrue();
                TypesTest.assertSame(
                        FollowerGround.join(follower.read(value.id())).orElseThrow(), value);
            }
            repository.saveAll(List.of(TypesTest.full(2), TypesTest.empty(1)));
            TypesTest.assertSame(
                    FollowerGround.join(follower.readAll(List.of(2L))).get(2L), TypesTest.full(2));
            TypesTest.assertSame(FollowerGround.join(follower.read(1L)).orElseThrow(), TypesTest.empty(1));
        }
    }

    private static final String DUE = "UPDATE dualwrite.pending_write SET due_at = now()";

    /** What is not sent at once comes by a snapshot of the reconciler. */
    @Test
    void everyTypeAndEveryNullArrivesThroughTheReconcilerAsItWas() throws InterruptedException {
        for (TableMapping<Long, Everything> mapping : List.of(TypesTest.EVERYTHING, TypesTest.COLUMN_BY_COLUMN)) {
            try (DualWriteRepository<Long, Everything> repository = DualWriteRepository.builder(
                            "test", PostgresStore.of(from, mapping), PostgresStore.of(to, mapping))
                    .reconcileInBackground(false)
                    .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                    .executor(task -> {
                        throw new RejectedExecutionException("full");
                    })
                    .build()) {
                repository.saveAll(List.of(TypesTest.full(11), TypesTest.empty(12)));
                assertThat(FollowerGround.number(to, "SELECT count(*) FROM everything WHERE id > 10"))
                        .isZero();
                PostgresServer.execute(from, DUE);
                assertThat(repository.reconciler().drain(Duration.ofSeconds(30)).drained())
                        .isTrue();
                var arrived = FollowerGround.join(
                        FollowerGround.open(PostgresStore.of(to, mapping)).readAll(List.of(11L, 12L)));
                TypesTest.assertSame(arrived.get(11L), TypesTest.full(11));
                TypesTest.assertSame(arrived.get(12L), TypesTest.empty(12));
                repository.deleteAll(List.of(11L, 12L));
                PostgresServer.execute(from, DUE);
                assertThat(repository.reconciler().drain(Duration.ofSeconds(30)).drained())
                        .isTrue();
            }
        }
    }

    record Felt(Long id, @Nullable Feeling feeling) {}

    /** A constant less is a value less. */
    @Test
    void anEnumOfTheFollowerThatLacksAConstantIsRefused() {
        PostgresServer.execute(
                from,
                "CREATE TYPE feeling AS ENUM ('it''s, good', E'two\\nlines')",
                "CREATE TABLE felt (id bigint PRIMARY KEY, feeling feeling)");
        PostgresServer.execute(
                to,
                "CREATE TYPE feeling AS ENUM (E'two\\nlines', 'it''s, good', 'other')",
                "CREATE TABLE felt (id bigint PRIMARY KEY, feeling feeling)");
        TableMapping<Long, Felt> mapping = TableMapping.<Long, Felt>columns("felt")
                .key("id", ColumnType.BIGINT, Felt::id)
                .column("feeling", ColumnType.enumOf(Feeling.class), Felt::feeling)
                .build(row -> new Felt(
                        row.get("id", ColumnType.BIGINT), row.get("feeling", ColumnType.enumOf(Feeling.class))));
        repository(mapping).close();

        PostgresServer.execute(from, "ALTER TYPE feeling ADD VALUE 'mixed'");
        assertThatThrownBy(() -> repository(mapping).close())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("column feeling of type feeling holds less than feeling")
                .hasMessageContaining("mixed");

        PostgresServer.execute(to, "ALTER TABLE felt ALTER COLUMN feeling TYPE text");
        repository(mapping).close();
    }

    private enum Feeling {
        ONE
    }

    record Described(String id, @Nullable Json json) {}

    /** What jsonb does not keep of a document is nothing that it says; where it is, the record is parked. */
    @Test
    @Tag("DW-3")
    void aDocumentOfJsonIsTheSameInJsonb() throws Exception {
        PostgresServer.execute(from, "CREATE TABLE described (id text PRIMARY KEY, json json)");
        PostgresServer.execute(to, "CREATE TABLE described (id text PRIMARY KEY, json jsonb)");
        TableMapping<String, Described> mapping = TableMapping.ofRecord(Described.class, String.class)
                .table("described")
                .key("id")
                .build();
        try (DualWriteRepository<String, Described> repository = repository(mapping)) {
            PostgresServer.execute(from, """
                    INSERT INTO described VALUES ('copied', '{ "b" : [1e2, 1.50, -0, "\\u00e9\\/"], "aa": {}, "a": null }')""");
            assertThat(repository.backfill().run().complete()).isTrue();
            assertThat(repository
                            .save(new Described("live", new Json("{\"b\":1,  \"a\":[1.0E1]}")))
                            .secondaryApplied())
                    .isTrue();
            assertThat(repository.verification().run().consistentButForWritesOnTheirWay())
                    .isTrue();

            assertThat(repository
                            .save(new Described("twice", new Json("{\"a\":1,\"a\":2}")))
                            .secondaryApplied())
                    .isFalse();
            PostgresServer.execute(from, DUE);
            var parking = repository.reconciler().drain(Duration.ofSeconds(30));
            assertThat(parking.parked()).isEqualTo(1);
            assertThat(repository.reconciler().parked(0, 1).get(0).reason())
                    .contains("column json of type jsonb", "several members of one name");
        }
    }

    @Test
    void keysOfSeveralColumnsAreAppliedAndRemoved() {
        TableMapping<CompositeKey, Composite> mapping = TableMapping.ofRecord(Composite.class, CompositeKey.class)
                .table("composite")
                .key("area", "number", "id", "day", "at", "odd")
                .build();
        Follower<CompositeKey, Composite> follower = FollowerGround.open(PostgresStore.of(to, mapping));
        Composite value = new Composite(
                "a|b~c",
                -1,
                new UUID(1, 2),
                LocalDate.of(1969, 1, 1),
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                true,
                "x");
        try (DualWriteRepository<CompositeKey, Composite> repository = repository(mapping)) {
            var created = repository.create(value);
            assertThat(created.secondaryApplied()).isTrue();
            assertThat(FollowerGround.join(follower.read(created.key()))).contains(value);
            assertThat(repository.delete(created.key()).orElseThrow().secondaryApplied())
                    .isTrue();
            assertThat(FollowerGround.join(follower.read(created.key()))).isEmpty();
        }
    }

    @Test
    void generatedKeysDefaultsAndComputedColumnsArriveAsTheAuthorityStoredThem() {
        TableMapping<Long, Generated> mapping = TableMapping.ofRecord(Generated.class, Long.class)
                .table("generated")
                .key("id")
                .generated("id", "createdAt")
                .build();
        PostgresServer.execute(from, "ALTER SEQUENCE generated_id_seq RESTART 1000");
        Follower<Long, Generated> follower = FollowerGround.open(PostgresStore.of(to, mapping));
        try (DualWriteRepository<Long, Generated> repository = repository(mapping)) {
            var created = repository.create(new Generated(null, "label", null, null));
            assertThat(created.secondaryApplied()).isTrue();
            assertThat(created.key()).isGreaterThanOrEqualTo(1000);
            assertThat(FollowerGround.join(follower.read(created.key()))).isEqualTo(created.value());
        }
    }

    /** What the authority holds is a NULL; a default of the follower would be another value, for ever. */
    @Test
    void aNullInAGeneratedColumnArrivesAsANullHoweverItComes() {
        HikariDataSource table = FollowerGround.database(
                "CREATE TABLE defaulted (id bigint PRIMARY KEY, label text DEFAULT 'a default', code text DEFAULT 'x')");
        try (table) {
            Follower<Long, Defaulted> follower = FollowerGround.open(PostgresStore.of(
                    table,
                    TableMapping.ofRecord(Defaulted.class, Long.class)
                            .table("defaulted")
                            .key("id")
                            .generated("label", "code")
                            .build()));
            List<Defaulted> all = LongStream.range(0, 310)
                    .mapToObj(id -> new Defaulted(id, id % 2 == 0 ? null : "given", "y"))
                    .toList();
            FollowerGround.join(follower.apply(all.subList(0, 2).stream()
                    .map(value -> new VersionedRecord<>(value.id(), 1, value))
                    .toList()));
            for (List<Defaulted> some : List.of(all.subList(2, 10), all.subList(10, 310))) {
                FollowerGround.join(follower.baseline()
                        .orElseThrow()
                        .store(some.stream()
                                .map(value -> new ScanPage.Scanned<>(value.id(), value))
                                .toList()));
            }
            assertThat(FollowerGround.join(follower.readAll(
                                    all.stream().map(Defaulted::id).toList()))
                            .values())
                    .containsExactlyInAnyOrderElementsOf(all);

            PostgresServer.execute(table, "ALTER TABLE defaulted ALTER COLUMN code SET NOT NULL");
            ApplyResult refused =
                    FollowerGround.apply(follower, new VersionedRecord<>(1L, 2, new Defaulted(1L, "given", null)));
            assertThat(refused.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
            assertThat(refused.error()).contains("column code");
        }
    }

    record Defaulted(
            Long id, @Nullable String label, @Nullable String code) {}

    /** A key is compared at its full length: one that the column cannot hold is under no record. */
    @Test
    void aTombstoneOfAKeyThatIsTooLongRemovesNothingElse() {
        HikariDataSource narrow = FollowerGround.database(
                "CREATE TABLE short_key (id varchar(3), at timestamptz(0), label text, PRIMARY KEY (id, at))");
        try (narrow) {
            Follower<ShortKey, Brief> follower = FollowerGround.open(PostgresStore.of(
                    narrow,
                    TableMapping.ofRecord(Brief.class, ShortKey.class)
                            .table("short_key")
                            .key("id", "at")
                            .build()));
            Instant second = Instant.parse("2024-01-01T00:00:00Z");
            FollowerGround.apply(
                    follower, new VersionedRecord<>(new ShortKey("abc", second), 1, new Brief("abc", second, "stays")));

            for (ShortKey other : List.of(new ShortKey("abcd", second), new ShortKey("abc", second.plusMillis(400)))) {
                assertThat(FollowerGround.apply(follower, new VersionedRecord<ShortKey, Brief>(other, 2, null))
                                .status())
                        .isEqualTo(ApplyResult.Status.APPLIED);
                assertThat(FollowerGround.join(follower.read(other))).isEmpty();
            }

            assertThat(FollowerGround.number(narrow, "SELECT count(*) FROM short_key"))
                    .isEqualTo(1);
        }
    }

    record Brief(String id, Instant at, String label) {}

    record ShortKey(String id, Instant at) {}

    @Test
    void aNarrowerColumnParksTheRecordAndNamesTheColumnButNotTheValue() {
        HikariDataSource narrow = FollowerGround.database(
                "CREATE TABLE everything (id bigint PRIMARY KEY, big integer, exact numeric(5,2), label varchar(3))");
        try (narrow) {
            TableMapping<Long, Narrow> mapping = TableMapping.ofRecord(Narrow.class, Long.class)
                    .table("everything")
                    .key("id")
                    .build();
            Follower<Long, Narrow> follower = FollowerGround.open(PostgresStore.of(narrow, mapping));
            List<ApplyResult> results = FollowerGround.join(follower.apply(List.of(
                    narrow(1, 12345L, "1.00", "abc"),
                    narrow(2, 9_999_999_999L, "1.00", "abc"),
                    narrow(3, 1L, "99999.00", "abc"),
                    narrow(4, 1L, "1.00", "abcdef"),
                    narrow(5, 1L, "1.00", "a\0b"),
                    narrow(6, 1L, "1.00", "ab"))));

            assertThat(results)
                    .extracting(ApplyResult::status)
                    .containsExactly(
                            ApplyResult.Status.APPLIED,
                            ApplyResult.Status.PERMANENT_FAILURE,
                            ApplyResult.Status.PERMANENT_FAILURE,
                            ApplyResult.Status.PERMANENT_FAILURE,
                            ApplyResult.Status.PERMANENT_FAILURE,
                            ApplyResult.Status.APPLIED);
            assertThat(results.get(1).error())
                    .contains("key 2", "column big of type integer")
                    .doesNotContain("9999");
            assertThat(results.get(2).error())
                    .contains("column exact of type numeric(5,2)")
                    .doesNotContain("9999");
            assertThat(results.get(3).error())
                    .contains("column label of type character varying(3)")
                    .doesNotContain("abc");
            assertThat(results.get(4).error()).contains("column label");
            assertThat(FollowerGround.join(follower.readAll(List.of(1L, 2L, 3L, 4L, 5L, 6L))))
                    .containsOnlyKeys(1L, 6L);
            assertThat(FollowerGround.number(narrow, "SELECT count(*) FROM dualwrite.applied_version"))
                    .isEqualTo(2);
        }
    }

    record Rounded(Long id, java.math.BigDecimal exact, Double twice, String label, String code, Instant at) {}

    @Test
    void aValueThatAColumnWouldChangeWithoutAnErrorIsRefusedWithTheColumn() {
        HikariDataSource narrow = FollowerGround.database("CREATE DOMAIN price AS numeric(8,2)", """
                CREATE TABLE rounded (
                    id bigint PRIMARY KEY, exact price, twice real, label varchar(3), code char(3), at timestamptz(0))""");
        try (narrow) {
            Follower<Long, Rounded> follower = FollowerGround.open(PostgresStore.of(
                    narrow,
                    TableMapping.ofRecord(Rounded.class, Long.class)
                            .table("rounded")
                            .key("id")
                            .build()));
            Instant second = Instant.parse("2024-01-01T00:00:00Z");
            java.math.BigDecimal two = new java.math.BigDecimal("1.2500"); // only zeros go
            List<Rounded> values = List.of(
                    new Rounded(1L, two, 0.5, "a🔑c", "abc", second),
                    new Rounded(2L, new java.math.BigDecimal("1.255"), null, null, null, null),
                    new Rounded(3L, null, 0.1, null, null, null),
                    new Rounded(4L, null, null, "ab  ", null, null),
                    new Rounded(5L, null, null, null, "ab", null),
                    new Rounded(6L, null, null, null, null, second.plusMillis(500)));
            List<String> columns = List.of(
                    "exact of type numeric(8,2)",
                    "twice of type real",
                    "label of type character varying(3)",
                    "code of type character(3)",
                    "at of type timestamp(0) with time zone");
            List<ApplyResult> live = FollowerGround.join(follower.apply(values.stream()
                    .map(value -> new io.github.dualwrite.spi.VersionedRecord<>(value.id(), 1, value))
                    .toList()));
            List<ApplyResult> copied = FollowerGround.join(follower.baseline()
                    .orElseThrow()
                    .store(values.stream()
                            .map(value -> new io.github.dualwrite.spi.ScanPage.Scanned<>(value.id(), value))
                            .toList()));

            assertThat(live.get(0).status()).isEqualTo(ApplyResult.Status.APPLIED);
            for (int i = 1; i < values.size(); i++) {
                for (ApplyResult result : List.of(live.get(i), copied.get(i))) {
                    assertThat(result.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
                    assertThat(result.error()).contains("key " + (i + 1), "column " + columns.get(i - 1));
                }
            }
            assertThat(FollowerGround.number(narrow, "SELECT count(*) FROM rounded"))
                    .isEqualTo(1);
        }
    }

    record Weighed(long id, double weight) {}

    /** The driver receives texts at first, and binary values once it has prepared the statement on the server. */
    @Test
    void aRealThatIsMappedAsDoubleIsOneNumberHoweverOftenItIsSaved() throws SQLException {
        String table = "CREATE TABLE weighed (id bigint PRIMARY KEY, weight real NOT NULL)";
        PostgresServer.execute(from, table);
        PostgresServer.execute(to, table);
        TableMapping<Long, Weighed> mapping = TableMapping.ofRecord(Weighed.class, Long.class)
                .table("weighed")
                .key("id")
                .build();
        List<DualWriteEvent> events = new CopyOnWriteArrayList<>();
        try (Connection connection = from.getConnection();
                DualWriteRepository<Long, Weighed> repository =
                        FollowerGround.repository("weighed", new SingleConnection(connection), to, mapping, events)) {
            for (int save = 1; save <= 7; save++) {
                WriteResult<Long, Weighed> saved = repository.save(new Weighed(1, 0.1));
                assertThat(saved.value()).contains(new Weighed(1, 0.1f));
                assertThat(saved.secondaryApplied()).as("save %d", save).isTrue();
            }
        }
    }

    record Narrow(Long id, Long big, java.math.BigDecimal exact, String label) {}

    private static io.github.dualwrite.spi.VersionedRecord<Long, Narrow> narrow(
            long id, long big, String exact, String label) {
        return new io.github.dualwrite.spi.VersionedRecord<>(
                id, 1, new Narrow(id, big, new java.math.BigDecimal(exact), label));
    }
}
