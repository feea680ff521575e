package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.BucketDigest;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.KeyBounds;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Digests made inside two servers' databases that are set up as differently as can be. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TableDigestsTest {

    private static final int BUCKETS = 64;

    private static final String FULL = """
            INSERT INTO everything (id, small, number, big, exact, single, twice, label, short_label, flag, uuid,
                happened_at, local, day, bytes, document, texts, numbers, mood, mood_text)
            VALUES (1, 7, 8, 9, 1.50, 0.1, 0.1, 'a,b', 'x', true, '00000000-0000-4000-8000-00000000000a',
                '2024-07-01 12:00:00.000001+00', '2024-02-29 23:59:59.000001', '2024-02-29', E'\\\\x00ff5c',
                '{"a": [1.0, null]}', ARRAY['a', NULL, ''], ARRAY[1, NULL]::bigint[], 'SAD', 'HAPPY')
            """;

    /** For each column values that differ from the one in {@link #FULL}, some by very little. */
    private static final Map<String, List<String>> FLIPS = new TreeMap<>(Map.ofEntries(
            Map.entry("small", List.of("8", "-7", "NULL")),
            Map.entry("number", List.of("9", "-8", "NULL", "7")),
            Map.entry("big", List.of("38654705664", "-9", "NULL", "9 + 4294967297", "-10")),
            Map.entry("exact", List.of("1.5", "-1.50", "1.500", "150", "0", "0.0", "'NaN'", "NULL")),
            Map.entry("single", List.of("0.10000001", "-0.1", "0", "'-0'", "'NaN'", "'Infinity'", "NULL")),
            Map.entry(
                    "twice",
                    List.of("0.1::float8 + 1e-17::float8 * 2", "0.1::float4", "-0.1", "0", "'-0'", "'NaN'", "NULL")),
            Map.entry("label", List.of("'a;b'", "''", "NULL", "'a,b '", "'A,b'", "'a,b\"'", "'(a,b)'")),
            Map.entry("short_label", List.of("'y'", "''", "NULL", "'x '")),
            Map.entry("flag", List.of("false", "NULL")),
            Map.entry("uuid", List.of("'00000000-0000-4000-8000-00000000000b'", "NULL")),
            Map.entry(
                    "happened_at",
                    List.of(
                            "'2024-07-01 12:00:00.000002+00'",
                            "'2024-07-01 12:00:00.000001+01'",
                            "'infinity'",
                            "NULL")),
            Map.entry("local", List.of("'2024-02-29 23:59:59'", "NULL")),
            Map.entry("day", List.of("'2024-03-01'", "'2024-02-28 BC'", "NULL")),
            Map.entry("bytes", List.of("E'\\\\x00ff5d'", "E'\\\\x'", "E'\\\\x00ff5c00'", "NULL")),
            Map.entry(
                    "document",
                    List.of(
                            "'{\"a\": [1, null]}'",
                            "'{\"a\": [1.0]}'",
                            "'{\"a\": [null, 1.0]}'",
                            "'{\"b\": [1.0, null]}'",
                            "'{}'",
                            "'null'",
                            "NULL")),
            Map.entry(
                    "texts",
                    List.of("ARRAY['a', 'NULL', '']", "ARRAY['a', NULL]", "ARRAY[NULL, 'a', '']", "'{}'", "NULL")),
            Map.entry("numbers", List.of("ARRAY[1]::bigint[]", "ARRAY[NULL, 1]::bigint[]", "'{}'", "NULL")),
            Map.entry("mood", List.of("'HAPPY'", "NULL")),
            Map.entry("mood_text", List.of("'SAD'", "''", "NULL"))));

    private final TableMapping<Long, TypesTest.Everything> mapping =
            everything("everything").build();
    private final TableMapping<Long, TypesTest.Everything> other =
            everything("public.everything").column("label", "inscription").build();
    private final List<HikariDataSource> pools = new ArrayList<>();
    private DataSource first;
    private DataSource second;

    private static RecordTableMappingBuilder<Long, TypesTest.Everything> everything(String table) {
        return TableMapping.ofRecord(TypesTest.Everything.class, Long.class)
                .table(table)
                .key("id");
    }

    private DataSource database(String... settings) {
        String name = PostgresServer.shared().newDatabaseName();
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        for (String setting : settings) {
            PostgresServer.execute(source, "ALTER DATABASE " + name + " SET " + setting);
        }
        HikariDataSource pool = PostgresPool.of(source, 4); // has the settings from its first connection on
        pools.add(pool);
        return pool;
    }

    @AfterAll
    void close() {
        pools.forEach(HikariDataSource::close);
    }

    @BeforeAll
    void createTables() {
        first = database();
        second = database(
                "DateStyle = 'German, DMY'",
                "TimeZone = 'Australia/Eucla'",
                "extra_float_digits = 2",
                "bytea_output = 'escape'",
                "IntervalStyle = 'sql_standard'",
                "lc_numeric = 'C'",
                "standard_conforming_strings = off",
                "search_path = 'nowhere', 'public'");
        String types = "CREATE TYPE mood AS ENUM ('HAPPY', 'SAD')";
        PostgresServer.execute(first, types, """
                CREATE TABLE everything (
                    id bigint PRIMARY KEY, small smallint, number integer, big bigint, exact numeric, single real,
                    twice double precision, label text, short_label varchar(5), flag boolean, uuid uuid,
                    happened_at timestamptz, local timestamp, day date, bytes bytea, document jsonb, texts text[],
                    numbers bigint[], mood mood, mood_text text)
                """, FULL, "INSERT INTO everything (id) VALUES (2)");
        PostgresServer.execute(
                second,
                "CREATE TYPE public.unrelated AS ENUM ('X')",
                types,
                """
                CREATE TABLE everything (
                    mood_text varchar(9), mood mood, numbers bigint[], texts text[], not_mapped text DEFAULT 'x',
                    document jsonb, bytes bytea, day date, local timestamp, happened_at timestamptz, uuid uuid, flag boolean,
                    short_label text, inscription text, twice double precision, single real, exact numeric, big bigint,
                    number integer, small smallint, id bigint PRIMARY KEY)
                """,
                FULL.replace("label, short", "inscription, short"),
                "INSERT INTO everything (id) VALUES (2)");
    }

    private static <K, V> RecordScan<K, V> scan(DataSource source, TableMapping<K, V> mapping) {
        SqlErrors errors = new SqlErrors("digests", "PostgreSQL", DualwriteSchema.defaults());
        return new TableScan<>(mapping, new OwnSessions(source, errors), errors, null);
    }

    private static <K, V> BucketDigests<K, V> digests(DataSource source, TableMapping<K, V> mapping) {
        return scan(source, mapping).bucketDigests().orElseThrow();
    }

    private static BigInteger unsigned(long half) {
        return new BigInteger(Long.toUnsignedString(half));
    }

    /** Count and sum by bucket, as verification adds them. */
    private static <K, V> Map<Integer, List<BigInteger>> sums(BucketDigests<K, V> digests, int splits) {
        Map<Integer, List<BigInteger>> sums = new HashMap<>();
        for (Split split : digests.splits(splits)) {
            for (BucketDigest one : digests.digests(split, BUCKETS)) {
                BigInteger digest = unsigned(one.high()).shiftLeft(64).add(unsigned(one.low()));
                sums.merge(
                        one.bucket(),
                        List.of(BigInteger.valueOf(one.count()), digest),
                        (a, b) -> List.of(
                                a.get(0).add(b.get(0)), a.get(1).add(b.get(1)).mod(BigInteger.ONE.shiftLeft(128))));
            }
        }
        return sums;
    }

    @Test
    void serversAgreeWhateverTheirSettingsAndTheOrderAndNamesOfColumns() {
        assertThat(digests(second, other).fingerprint())
                .isEqualTo(digests(first, mapping).fingerprint());
        assertThat(sums(digests(second, other), 1)).isEqualTo(sums(digests(first, mapping), 1));
    }

    /** What the server takes for the same value has one text, however it was given. */
    @Test
    void theWayInWhichAValueWasGivenDoesNotCount() {
        Map<Integer, List<BigInteger>> before = sums(digests(first, mapping), 1);
        for (String same : List.of(
                "happened_at = '2024-07-01 20:45:00.000001+08:45'",
                "bytes = E'\\\\000\\\\377\\\\134'",
                "uuid = '{00000000-0000-4000-8000-00000000000A}'",
                "big = '+9'",
                "flag = 'yes'",
                "day = date '2024-03-01' - 1",
                "single = '1e-1'",
                "texts = '{\"a\", NULL, \"\"}'")) {
            PostgresServer.execute(first, "UPDATE everything SET " + same + " WHERE id = 1");
            assertThat(sums(digests(first, mapping), 1)).as(same).isEqualTo(before);
        }
        PostgresServer.execute(first, "UPDATE everything SET document = '{\"b\": 1, \"aa\": 2, \"c\": 3}'");
        Map<Integer, List<BigInteger>> ordered = sums(digests(first, mapping), 1);
        PostgresServer.execute(first, "UPDATE everything SET document = ' {\"c\":3,\"b\":1, \"aa\" :2}'");
        assertThat(sums(digests(first, mapping), 1)).as("order of keys").isEqualTo(ordered);
        PostgresServer.execute(
                first, "UPDATE everything SET document = NULL", "DELETE FROM everything WHERE id = 1", FULL);
    }

    private static Stream<String> columns() {
        return FLIPS.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("columns")
    void everyFieldThatIsFlippedIsNoticed(String column) {
        Map<Integer, List<BigInteger>> before = sums(digests(first, mapping), 1);
        List<Object> seen = new ArrayList<>(List.of(before));
        for (String value : FLIPS.getOrDefault(column, List.of())) {
            PostgresServer.execute(first, "UPDATE everything SET " + column + " = " + value + " WHERE id = 1");
            seen.add(sums(digests(first, mapping), 1));
        }
        PostgresServer.execute(first, "DELETE FROM everything WHERE id = 1", FULL);

        assertThat(seen).as("values of %s", column).doesNotHaveDuplicates().hasSizeGreaterThan(1);
        assertThat(sums(digests(first, mapping), 1)).isEqualTo(before);
    }

    @Test
    void everyFieldOfTheRecordIsFlipped() {
        assertThat(FLIPS.keySet())
                .containsExactlyInAnyOrderElementsOf(mapping.columns().stream()
                        .map(TableMapping.Column::name)
                        .filter(name -> !name.equals("id"))
                        .toList());
    }

    record Pair(int left, String right, long number) {}

    record PairKey(String right, int left) {}

    @Test
    void itDoesNotMatterHowATableIsCutAndKeysOfSeveralColumnsKeepTheirParts() {
        DataSource heap = database();
        DataSource parts = database();
        String columns = "(\"left\" int, \"right\" text, number bigint NOT NULL, PRIMARY KEY (\"left\", \"right\"))";
        String rows = "INSERT INTO pair SELECT i % 7, 'r' || i, i FROM generate_series(1, 3000) AS i";
        PostgresServer.execute(heap, "CREATE TABLE pair " + columns, rows);
        PostgresServer.execute(
                parts,
                "CREATE TABLE pair " + columns + " PARTITION BY HASH (\"left\")",
                "CREATE TABLE pair_0 PARTITION OF pair FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE pair_1 PARTITION OF pair FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                rows);
        TableMapping<PairKey, Pair> one = TableMapping.ofRecord(Pair.class, PairKey.class)
                .table("pair")
                .key("left", "right")
                .build();
        TableMapping<PairKey, Pair> two = TableMapping.ofRecord(Pair.class, PairKey.class)
                .table("pair")
                .key("right", "left")
                .build();

        Map<Integer, List<BigInteger>> whole = sums(digests(heap, one), 1);
        assertThat(digests(heap, one).splits(7)).hasSize(7);
        assertThat(sums(digests(heap, one), 7)).isEqualTo(whole);
        assertThat(sums(digests(parts, two), 1)).isEqualTo(whole);
        assertThat(sums(digests(parts, two), 5)).isEqualTo(whole);
        assertThat(digests(parts, two).fingerprint())
                .isEqualTo(digests(heap, one).fingerprint());
        assertThat(whole.values().stream().mapToLong(v -> v.get(0).longValue()).sum())
                .isEqualTo(3000);
    }

    @Test
    void aScanOfBucketsReadsTheirRecordsAndNoOthers() {
        DataSource source = database();
        PostgresServer.execute(
                source,
                "CREATE TABLE numbered (id bigint PRIMARY KEY, text text)",
                "INSERT INTO numbered SELECT i, 'x' FROM generate_series(1, 2000) AS i");
        BucketDigests<Long, TableScanTest.Numbered> digests = digests(source, TableScanTest.numbered("numbered"));
        Map<Integer, List<BigInteger>> sums = sums(digests, 3);
        Set<Integer> some = Set.of(3, 17);

        List<Long> found = keys(digests.scanOf(some, BUCKETS));

        assertThat(found)
                .doesNotHaveDuplicates()
                .hasSize(some.stream()
                        .mapToInt(bucket -> sums.getOrDefault(bucket, List.of(BigInteger.ZERO))
                                .get(0)
                                .intValue())
                        .sum());
        assertThat(found).isNotEmpty();
    }

    private static List<Long> keys(RecordScan<Long, TableScanTest.Numbered> scan) {
        List<Long> keys = new ArrayList<>();
        for (Split split : scan.splits(3)) {
            @Nullable String position = null;
            do {
                ScanPage<Long, TableScanTest.Numbered> page = scan.page(split, position, 10);
                page.records().forEach(record -> keys.add(record.key()));
                position = page.next();
            } while (position != null);
        }
        return keys;
    }

    @Test
    void aRangeOfKeysIsReadAloneWhereTheOrderIsThatOfJava() {
        DataSource source = database();
        PostgresServer.execute(
                source,
                "CREATE TABLE numbered (id bigint PRIMARY KEY, text text)",
                "INSERT INTO numbered SELECT i, 'x' FROM generate_series(1, 500) AS i",
                "CREATE TABLE named (id text COLLATE \"C\" PRIMARY KEY, text text)",
                "CREATE TABLE spoken (id text COLLATE \"en-x-icu\" PRIMARY KEY, text text)");
        RecordScan<Long, TableScanTest.Numbered> scan = scan(source, TableScanTest.numbered("numbered"));

        RecordScan<Long, TableScanTest.Numbered> range =
                scan.within(new KeyBounds<>(100L, 200L)).orElseThrow();
        assertThat(keys(range)).hasSize(100).contains(101L, 200L).doesNotContain(100L, 201L);
        assertThat(sums(range.bucketDigests().orElseThrow(), 3).values().stream()
                        .mapToLong(v -> v.get(0).longValue())
                        .sum())
                .isEqualTo(100);

        assertThat(named(source, "named").within(new KeyBounds<>("a", "b"))).isPresent();
        assertThat(named(source, "named").within(new KeyBounds<>("a", "\uffee")))
                .as("above surrogates")
                .isEmpty();
        assertThat(named(source, "spoken").within(new KeyBounds<>("a", "b"))).isEmpty();
    }

    @Test
    @NeedsPostgres(17)
    void aRangeOfTextsIsReadAloneOnlyIfTheDatabaseItselfComparesBytes() {
        assertThat(rangeIn("icu", "LOCALE_PROVIDER icu ICU_LOCALE 'und' LC_COLLATE 'C' LC_CTYPE 'C'"))
                .isFalse();
        assertThat(rangeIn("builtin", "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"))
                .isTrue();
        assertThat(rangeIn("libc", "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"))
                .isTrue();
    }

    private static boolean rangeIn(String name, String locale) {
        PostgresServer server = PostgresServer.shared();
        String database = "ranges_" + name;
        PostgresServer.execute(
                server.dataSource("postgres"),
                "DROP DATABASE IF EXISTS " + database,
                "CREATE DATABASE " + database + " ENCODING UTF8 TEMPLATE template0 " + locale);
        DataSource source = server.dataSource(database);
        PostgresServer.execute(source, "CREATE TABLE named (id text PRIMARY KEY, text text)");
        return named(source, "named").within(new KeyBounds<>("a", "b")).isPresent();
    }

    record Named(String id, @Nullable String text) {}

    private static RecordScan<String, Named> named(DataSource source, String table) {
        return scan(
                source,
                TableMapping.ofRecord(Named.class, String.class)
                        .table(table)
                        .key("id")
                        .build());
    }

    @Test
    void otherTypesMappingsAndFieldsLeftOutGiveOtherFingerprints() {
        DataSource source = database();
        PostgresServer.execute(
                source,
                "CREATE TABLE wide (id text PRIMARY KEY, text text)",
                "CREATE TABLE padded (id text PRIMARY KEY, text char(10))");
        BucketDigests<String, Named> wide =
                named(source, "wide").bucketDigests().orElseThrow();
        BucketDigests<String, Named> padded =
                named(source, "padded").bucketDigests().orElseThrow();
        assertThat(padded.fingerprint()).isNotEqualTo(wide.fingerprint());

        BucketDigests<String, Named> without = wide.without(Set.of("text")).orElseThrow();
        assertThat(without.fingerprint()).isNotEqualTo(wide.fingerprint());
        assertThat(padded.without(Set.of("text")).orElseThrow().fingerprint()).isEqualTo(without.fingerprint());
        assertThat(wide.without(Set.of("no such field"))).isEmpty();
        PostgresServer.execute(source, "INSERT INTO wide VALUES ('a', 'x')", "INSERT INTO padded VALUES ('a', 'y')");
        assertThat(sums(padded.without(Set.of("text")).orElseThrow(), 1)).isEqualTo(sums(without, 1));

        TableMapping<String, Named> byHand = byHand("wide");
        assertThat(digests(source, byHand).fingerprint())
                .isEqualTo(digests(source, byHand).fingerprint())
                .isNotEqualTo(digests(source, byHand("wide")).fingerprint())
                .isNotEqualTo(wide.fingerprint());
        assertThat(digests(source, byHand).without(Set.of("text"))).isEmpty();
    }

    private static TableMapping<String, Named> byHand(String table) {
        return TableMapping.<String, Named>columns(table)
                .key("id", ColumnType.TEXT, Named::id)
                .column("text", ColumnType.TEXT, Named::text)
                .build(row ->
                        new Named(String.valueOf(row.get("id", ColumnType.TEXT)), row.get("text", ColumnType.TEXT)));
    }

    /** All records are in the second half of the blocks, and are in the first half when the second is looked at. */
    @Test
    @NeedsPostgres(14)
    void aTableThatIsRewrittenMeanwhileEndsItBecauseItsRecordsMoved() {
        DataSource source = database();
        PostgresServer.execute(
                source,
                "CREATE TABLE moving (id text PRIMARY KEY, text text)",
                "INSERT INTO moving SELECT i, repeat('x', 100) FROM generate_series(1, 2000) AS i",
                "DELETE FROM moving WHERE id::int <= 1500");
        BucketDigests<String, Named> digests =
                named(source, "moving").bucketDigests().orElseThrow();
        List<Split> splits = digests.splits(2);
        assertThat(digests.digests(splits.get(0), BUCKETS)).isEmpty();

        PostgresServer.execute(source, "VACUUM FULL moving");

        assertThatThrownBy(() -> digests.digests(splits.get(1), BUCKETS))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("was rewritten since the verification began")
                .hasMessageContaining("begin again");
        assertThat(sums(digests, 2).values().stream()
                        .mapToLong(v -> v.get(0).longValue())
                        .sum())
                .isEqualTo(500);
    }

    @Test
    void whoeverScansNeedsNoMoreThanToRead() {
        String name = PostgresServer.shared().newDatabaseName();
        PGSimpleDataSource owner = PostgresServer.shared().dataSource(name);
        PostgresServer.execute(
                owner,
                "DROP ROLE IF EXISTS onlooker",
                "CREATE ROLE onlooker LOGIN",
                "ALTER ROLE onlooker SET default_transaction_read_only = on",
                "CREATE TABLE numbered (id bigint PRIMARY KEY, text text, more text NOT NULL)",
                "INSERT INTO numbered SELECT i, 'x', '' FROM generate_series(1, 500) AS i",
                "GRANT SELECT ON numbered TO onlooker");
        PGSimpleDataSource source = PostgresServer.shared().dataSource(name);
        source.setUser("onlooker");
        RecordScan<Long, TableScanTest.Numbered> scan = scan(source, TableScanTest.numbered("numbered"));

        assertThat(keys(scan)).hasSize(500);
        assertThat(keys(scan.within(new KeyBounds<>(100L, 200L)).orElseThrow())).hasSize(100);
        BucketDigests<Long, TableScanTest.Numbered> digests =
                scan.bucketDigests().orElseThrow();
        assertThat(sums(digests, 3).values().stream()
                        .mapToLong(v -> v.get(0).longValue())
                        .sum())
                .isEqualTo(500);
        assertThat(keys(digests.scanOf(Set.of(1, 2, 3), BUCKETS))).isNotEmpty();
        assertThat(scan.form()).contains("id bigint, text text");
        PostgresServer.execute(owner, "REVOKE SELECT ON numbered FROM onlooker");
        assertThatThrownBy(() -> keys(scan(source, TableScanTest.numbered("numbered"))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("the role needs SELECT on table");
    }

    @Test
    void aTableThatIsMadeAgainOrChangedHasAnotherForm() {
        DataSource source = database();
        String create = "CREATE TABLE again (id text PRIMARY KEY, text text)";
        PostgresServer.execute(source, create);
        String before = named(source, "again").form();
        assertThat(named(source, "again").form()).isEqualTo(before);
        PostgresServer.execute(source, "ALTER TABLE again ALTER COLUMN text TYPE char(10)");
        assertThat(named(source, "again").form()).isNotEqualTo(before);
        PostgresServer.execute(source, "DROP TABLE again", create);
        assertThat(named(source, "again").form()).isNotEqualTo(before);
    }

    /** Not by partitions that come, as they do each day, or go as they were made; by those that are emptied, and by these again when they go. */
    @Test
    void aTableThatIsRewrittenHasAnotherFormAlsoWhereItIsPartitioned() {
        DataSource source = database();
        PostgresServer.execute(
                source,
                "CREATE TABLE whole (id text PRIMARY KEY, text text)",
                "CREATE TABLE parted (id text PRIMARY KEY, text text) PARTITION BY LIST (id)",
                "CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a')");
        String whole = named(source, "whole").form();
        String parted = named(source, "parted").form();
        PostgresServer.execute(
                source,
                "INSERT INTO whole VALUES ('a', 'x')",
                "CREATE TABLE parted_b PARTITION OF parted FOR VALUES IN ('b')",
                "INSERT INTO parted VALUES ('a', 'x'), ('b', 'x')",
                "VACUUM whole");
        assertThat(named(source, "whole").form()).isEqualTo(whole);
        assertThat(named(source, "parted").form()).isEqualTo(parted);

        PostgresServer.execute(source, "VACUUM FULL whole", "TRUNCATE parted_b");
        assertThat(named(source, "whole").form()).isNotEqualTo(whole);
        assertThat(named(source, "parted").form()).isNotEqualTo(parted);
    }

    @Test
    void aTableThatChangesMeanwhileEndsItWithWhatHasChanged() {
        DataSource source = database();
        PostgresServer.execute(source, "CREATE TABLE changing (id text PRIMARY KEY, text text)");
        BucketDigests<String, Named> digests =
                named(source, "changing").bucketDigests().orElseThrow();
        Split split = digests.splits(1).get(0);
        PostgresServer.execute(source, "ALTER TABLE changing ALTER COLUMN text TYPE char(10)");
        assertThatThrownBy(() -> digests.digests(split, BUCKETS))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("has changed since the verification began")
                .hasMessageContaining(split.range());
        PostgresServer.execute(source, "ALTER TABLE changing DROP COLUMN text");
        assertThatThrownBy(() -> digests.digests(split, BUCKETS))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("there is no column text");
    }
}
