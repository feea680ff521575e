package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.StoreContext;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How tables of every kind are cut into splits and read page by page. */
@Tag("DW-7")
class TableScanTest {

    private static HikariDataSource pool;

    @BeforeAll
    static void createDatabase() {
        pool = FollowerGround.database("SET work_mem = '64MB'");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    record Numbered(long id, @Nullable String text) {}

    record Identified(UUID id) {}

    record Place(String tenant, int number) {}

    record Placed(String tenant, int number, long extra) {}

    record Word(String id, @Nullable String text) {}

    record Line(long order, long no) {}

    record Moment(Instant at, LocalDate day, boolean flag) {}

    enum Colour {
        RED,
        GREEN
    }

    record Painted(Colour colour, int id) {}

    static TableMapping<Long, Numbered> numbered(String table) {
        return TableMapping.ofRecord(Numbered.class, Long.class)
                .table(table)
                .key("id")
                .build();
    }

    private static TableMapping<Place, Placed> placed(String table) {
        return TableMapping.ofRecord(Placed.class, Place.class)
                .table(table)
                .key("tenant", "number")
                .build();
    }

    private static <K, V> RecordScan<K, V> scan(TableMapping<K, V> mapping) {
        return PostgresStore.of(pool, mapping)
                .openAuthority(new StoreContext("test", Duration.ofSeconds(1)))
                .scan()
                .orElseThrow();
    }

    private static <K, V> List<ScanPage.Scanned<K, V>> read(RecordScan<K, V> scan, Split split, int limit) {
        List<ScanPage.Scanned<K, V>> records = new ArrayList<>();
        @Nullable String position = null;
        do {
            ScanPage<K, V> page = scan.page(split, position, limit);
            records.addAll(page.records());
            position = page.next();
        } while (position != null);
        return records;
    }

    /** Sizes of the splits; together they hold each record once. */
    private static <K, V> List<Integer> sizes(RecordScan<K, V> scan, int wanted, int total) {
        List<Integer> sizes = new ArrayList<>();
        List<K> keys = new ArrayList<>();
        for (Split split : scan.splits(wanted)) {
            List<ScanPage.Scanned<K, V>> records = read(scan, split, 7_000);
            sizes.add(records.size());
            records.forEach(record -> keys.add(record.key()));
        }
        assertThat(keys).hasSize(total).doesNotHaveDuplicates();
        assertThat(sizes).hasSize(wanted);
        return sizes;
    }

    private static double imbalance(List<Integer> sizes) {
        return (double) Collections.max(sizes) / Collections.min(sizes);
    }

    @Test
    void splitsOfSmallTablesAreEqualHoweverTheKeysAreSpread() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE skewed (id bigint PRIMARY KEY, text text)",
                "INSERT INTO skewed SELECT (exp(i / 1000.0) * 1000)::bigint + i, 'x' FROM generate_series(1, 20000) AS i",
                "CREATE TABLE tenants (extra bigint NOT NULL DEFAULT 0, number int, tenant text COLLATE \"und-x-icu\","
                        + " PRIMARY KEY (tenant, number))",
                "INSERT INTO tenants SELECT 0, i, CASE WHEN i % 10 < 9 THEN 'Große' ELSE 'tenant ' || i % 7 END"
                        + " FROM generate_series(1, 20000) AS i",
                "CREATE TABLE identified (id uuid PRIMARY KEY)",
                "INSERT INTO identified SELECT gen_random_uuid() FROM generate_series(1, 20000)");

        assertThat(imbalance(sizes(scan(numbered("skewed")), 8, 20_000))).isLessThan(1.01);
        assertThat(imbalance(sizes(scan(placed("tenants")), 8, 20_000))).isLessThan(1.01);
        assertThat(imbalance(sizes(
                        scan(TableMapping.ofRecord(Identified.class, UUID.class)
                                .table("identified")
                                .key("id")
                                .build()),
                        7,
                        20_000)))
                .isLessThan(1.01);
    }

    /** Small rows on many blocks, through a low fill factor: the sample sees less than half of them. */
    @Test
    void splitsOfLargeTablesAreAboutEqualFromASample() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE large (id bigint PRIMARY KEY, text text) WITH (fillfactor = 10)",
                "INSERT INTO large SELECT (exp(i / 3000.0) * 1000)::bigint + i, NULL FROM generate_series(1, 90000) AS i",
                "CREATE TABLE large_tenants (extra bigint NOT NULL DEFAULT 0, number int, tenant text COLLATE \"und-x-icu\","
                        + " PRIMARY KEY (tenant, number)) WITH (fillfactor = 10)",
                "INSERT INTO large_tenants SELECT 0, i, CASE WHEN i % 10 < 9 THEN 'Große' ELSE 'tenant ' || i % 7 END"
                        + " FROM generate_series(1, 90000) AS i",
                "CREATE TABLE large_ids (id uuid PRIMARY KEY) WITH (fillfactor = 10)",
                "INSERT INTO large_ids SELECT gen_random_uuid() FROM generate_series(1, 90000)",
                "ANALYZE large, large_tenants, large_ids");

        assertBalanced("large", scan(numbered("large")));
        assertBalanced("large_tenants", scan(placed("large_tenants")));
        assertBalanced(
                "large_ids",
                scan(TableMapping.ofRecord(Identified.class, UUID.class)
                        .table("large_ids")
                        .key("id")
                        .build()));
    }

    private static void assertBalanced(String table, RecordScan<?, ?> scan) {
        assertThat(FollowerGround.number(pool, "SELECT pg_relation_size('" + table + "') / 8192"))
                .as("the blocks of " + table)
                .isGreaterThan(4_000);
        assertThat(imbalance(sizes(scan, 4, 90_000))).as(table).isLessThan(1.6);
        assertThat(scan.estimatedRecords().orElseThrow()).isBetween(80_000L, 100_000L);
    }

    @Test
    void partitionedTablesAreReadInOneOrder() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE parts (id bigint PRIMARY KEY, text text) PARTITION BY HASH (id)",
                "CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "INSERT INTO parts SELECT i, 'x' FROM generate_series(1, 1000) AS i",
                "ANALYZE parts");

        assertThat(imbalance(sizes(scan(numbered("parts")), 4, 1_000))).isLessThan(1.1);
        assertThat(scan(numbered("parts")).estimatedRecords()).hasValue(1_000);
    }

    @Test
    void keysOfEveryTypeArePositions() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE moment (at timestamptz, day date, flag boolean, PRIMARY KEY (flag, at, day))",
                "INSERT INTO moment SELECT timestamptz '0044-03-15 12:00:00.000001 BC' + i * interval '30 years 1 microsecond',"
                        + " date '1900-01-01' + i, i % 2 = 0 FROM generate_series(1, 99) AS i",
                "CREATE TYPE colour AS ENUM ('RED', 'GREEN', 'BLUE')",
                "CREATE TABLE painted (colour colour, id int, PRIMARY KEY (colour, id))",
                "INSERT INTO painted SELECT 'GREEN', i FROM generate_series(1, 20) AS i",
                "INSERT INTO painted VALUES ('BLUE', 1), ('BLUE', 2), ('RED', 3)");
        RecordScan<Moment, Moment> moments = scan(TableMapping.ofRecord(Moment.class, Moment.class)
                .table("moment")
                .key("at", "day", "flag")
                .build());
        assertThat(moments.splits(3))
                .hasSize(3)
                .allSatisfy(split -> assertThat(read(moments, split, 1)).hasSize(33));

        RecordScan<Painted, Painted> painted = scan(TableMapping.ofRecord(Painted.class, Painted.class)
                .table("painted")
                .key("colour", "id")
                .build());
        Split all = painted.splits(1).get(0);
        assertThat(read(painted, all, 2)).hasSize(21);
        ScanPage<Painted, Painted> page = painted.page(all, null, 100);
        assertThat(page.unreadable()).extracting(ScanPage.Unreadable::key).containsExactly("BLUE|1", "BLUE|2");
        assertThat(page.unreadable().get(0).reason())
                .contains("column colour", "enum")
                .doesNotContain("BLUE");
    }

    /** Written between two pages: what is behind the position does not come again, what is before it comes. */
    @Test
    void pagesGoOnWhateverIsInsertedAndDeletedBetweenThem() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE moving (id bigint PRIMARY KEY, text text)",
                "INSERT INTO moving SELECT i * 10, 'x' FROM generate_series(1, 100) AS i");
        RecordScan<Long, Numbered> scan = scan(numbered("moving"));
        Split split = scan.splits(1).get(0);
        List<Long> seen = new ArrayList<>();
        @Nullable String position = null;
        for (int i = 0; i == 0 || position != null; i++) {
            ScanPage<Long, Numbered> page = scan.page(split, position, 7);
            page.records().forEach(record -> seen.add(record.key()));
            position = page.next();
            long last = seen.get(seen.size() - 1);
            PostgresServer.execute(
                    pool,
                    "INSERT INTO moving VALUES (" + (last - 5) + ", 'behind'), (" + (last + 5) + ", 'before')",
                    "DELETE FROM moving WHERE id IN (" + last + ", " + (last + 10) + ")");
            assertThat(i).isLessThan(50);
        }

        assertThat(seen).doesNotHaveDuplicates().isSorted();
        assertThat(seen).contains(75L).doesNotContain(65L, 80L);
    }

    /** Statistics say that the table is empty, and plans are made once for all: both would rather sort. */
    @Test
    @NeedsPostgres(15)
    void aPageComesOutOfTheIndexWhateverThePlannerThinks() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE misjudged (id bigint PRIMARY KEY, text text) WITH (autovacuum_enabled = false)",
                "ANALYZE misjudged",
                "INSERT INTO misjudged SELECT i, 'x' FROM generate_series(1, 1000) AS i");
        RecordScan<Long, Numbered> scan = scan(numbered("misjudged"));
        for (int i = 0; i < 10; i++) {
            assertThat(scan.page(new Split("[\"id\",null,null]"), "[\"500\"]", 10)
                            .records())
                    .hasSize(10);
        }
        assertThat(FollowerGround.number(pool, "SELECT current_setting('enable_seqscan')::bool::int"))
                .as("the settings hold for the page alone")
                .isEqualTo(1);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            FollowerGround.number(pool, "SELECT 1 FROM (SELECT pg_stat_force_next_flush()) AS flushed");
            return FollowerGround.number(
                            pool, "SELECT idx_scan FROM pg_stat_all_tables WHERE relid = 'misjudged'::regclass")
                    >= 10;
        });
        assertThat(FollowerGround.number(
                        pool, "SELECT seq_tup_read FROM pg_stat_all_tables WHERE relid = 'misjudged'::regclass"))
                .isZero();
    }

    @Test
    void anIndexInAnotherOrderOrCollationGivesTheOrder() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE odd (extra bigint NOT NULL, number int NOT NULL, tenant text COLLATE \"und-x-icu\" NOT NULL)",
                "CREATE UNIQUE INDEX ON odd (number DESC, tenant COLLATE \"C\" DESC)",
                "INSERT INTO odd SELECT 0, i % 5, t FROM generate_series(1, 20) AS i,"
                        + " unnest(ARRAY['a', 'B', 'c', 'ä', 'Z']) AS t ON CONFLICT DO NOTHING");

        RecordScan<Place, Placed> scan = scan(placed("odd"));

        List<Split> splits = scan.splits(4);
        assertThat(splits)
                .hasSize(4)
                .allSatisfy(split -> assertThat(read(scan, split, 2)).hasSizeBetween(6, 7));
        assertThat(splits.get(1).range())
                .startsWith("[\"number, tenant COLLATE pg_catalog.\\\"C\\\" [C]\",\"1\",\"Z\",");
    }

    private static TableMapping<Line, Line> lines(String table) {
        return TableMapping.ofRecord(Line.class, Line.class)
                .table(table)
                .key("order", "no")
                .build();
    }

    private static <K, V> List<K> rest(RecordScan<K, V> scan, Split split, @Nullable String after) {
        List<K> keys = new ArrayList<>();
        @Nullable String position = after;
        do {
            ScanPage<K, V> page = scan.page(split, position, 7);
            page.records().forEach(record -> keys.add(record.key()));
            position = page.next();
        } while (position != null);
        return keys;
    }

    /** The columns change places: after a position in the one order there is hardly a record in the other. */
    @Test
    void aSplitGoesOnInTheOrderInWhichItWasCutWhateverIndexComesMeanwhile() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE order_line (\"order\" bigint NOT NULL, no bigint NOT NULL)",
                "CREATE UNIQUE INDEX ux_line ON order_line (\"order\", no)",
                "INSERT INTO order_line SELECT o, n FROM generate_series(1, 20) AS o, generate_series(1, 5) AS n");
        RecordScan<Line, Line> before = scan(lines("order_line"));
        List<Split> splits = before.splits(2);
        String position = before.page(splits.get(0), null, 40).next();
        PostgresServer.execute(pool, "CREATE UNIQUE INDEX a_line ON order_line (no, \"order\")");

        RecordScan<Line, Line> after = scan(lines("order_line"));
        assertThat(rest(after, splits.get(0), position)).hasSize(10).startsWith(new Line(9, 1));
        assertThat(rest(after, splits.get(1), null)).hasSize(50);

        List<Split> others = after.splits(2);
        assertThat(rest(after, others.get(0), null)).hasSize(50).startsWith(new Line(1, 1), new Line(2, 1));
        assertThat(rest(before, others.get(1), null))
                .as("what was opened before the index came looks again")
                .hasSize(50)
                .endsWith(new Line(20, 5));

        PostgresServer.execute(pool, "DROP INDEX ux_line");
        assertThatThrownBy(() -> rest(scan(lines("order_line")), splits.get(0), position))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("\"order_line\"")
                .hasMessageContaining("order, no")
                .hasMessageContaining("begin a new job");
    }

    @Test
    void aSplitIsRefusedOnceItsTextsAreSortedInAnotherWay() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE words (id text COLLATE \"und-x-icu\" PRIMARY KEY, text text)",
                "INSERT INTO words SELECT t || i FROM generate_series(1, 10) AS i, unnest(ARRAY['a', 'B', 'c', 'D']) AS t");
        RecordScan<String, Word> before = scan(words("words"));
        Split split = before.splits(1).get(0);
        String position = before.page(split, null, 20).next();
        PostgresServer.execute(pool, "ALTER TABLE words ALTER COLUMN id TYPE text COLLATE \"C\"");

        assertThatThrownBy(() -> rest(scan(words("words")), split, position))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("und-x-icu")
                .hasMessageContaining("begin a new job");
        assertThat(rest(before, split, position))
                .as("what knows the table as it was compares as it did")
                .hasSize(20)
                .allMatch(key -> key.startsWith("c") || key.startsWith("D"));
    }

    /** The database is given a locale that the server need not have: for one transaction, in which nothing is sorted by it. */
    @Test
    void theVersionOfTheDatabasesOwnLocaleIsPartOfTheOrder() throws SQLException {
        TableMapping<String, Word> mapping = words("spoken");
        PostgresServer.execute(pool, "CREATE TABLE spoken (id text PRIMARY KEY, text text)");
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.executeUpdate("INSERT INTO pg_collation (oid, collname, collnamespace, collowner, collprovider,"
                    + " collisdeterministic, collencoding, collcollate, collctype) VALUES (16000, 'made',"
                    + " 'pg_catalog'::regnamespace, 10, 'c', true, -1, 'en_US.utf8', 'en_US.utf8')");
            statement.executeUpdate(
                    "UPDATE pg_database SET datcollate = 'en_US.UTF-8' WHERE datname = current_database()");
            String version;
            try (ResultSet row = statement.executeQuery("SELECT pg_collation_actual_version(16000)")) {
                row.next();
                version = row.getString(1);
            }
            assumeThat(version).as("of a locale on this server's system").isNotNull();

            SqlErrors errors = new SqlErrors("test", "here", DualwriteSchema.defaults());
            TableLayout layout = TableLayout.readOnly(connection, mapping, errors);
            assertThat(KeyOrder.usable(connection, mapping, layout, errors)
                            .get(0)
                            .text())
                    .isEqualTo("id COLLATE pg_catalog.\"default\" [en_US.UTF-8 " + version + "]");
            connection.rollback();
        }
    }

    @Test
    void aSplitIsRefusedOnceTheValuesOfItsEnumAreOthers() {
        PostgresServer.execute(
                pool,
                "CREATE TYPE hue AS ENUM ('RED', 'GREEN')",
                "CREATE TABLE hues (colour hue, id int, PRIMARY KEY (colour, id))",
                "INSERT INTO hues SELECT c, i FROM generate_series(1, 5) AS i, unnest(ARRAY['RED', 'GREEN']::hue[]) AS c");
        Split split = scan(hues()).splits(1).get(0);
        String position = scan(hues()).page(split, null, 5).next();
        PostgresServer.execute(pool, "ALTER TYPE hue ADD VALUE 'BLUE' BEFORE 'RED'");
        assertThat(rest(scan(hues()), split, position)).hasSize(5);

        PostgresServer.execute(
                pool,
                "ALTER TYPE hue RENAME TO former_hue",
                "CREATE TYPE hue AS ENUM ('GREEN', 'RED')",
                "ALTER TABLE hues ALTER colour TYPE hue USING colour::text::hue");
        assertThatThrownBy(() -> rest(scan(hues()), split, position))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("begin a new job");
    }

    private static TableMapping<Painted, Painted> hues() {
        return TableMapping.ofRecord(Painted.class, Painted.class)
                .table("hues")
                .key("colour", "id")
                .build();
    }

    static TableMapping<String, Word> words(String table) {
        return TableMapping.ofRecord(Word.class, String.class)
                .table(table)
                .key("id")
                .build();
    }

    /** A key's collation is named also where it is the column's own; the planner must see that it is the same. */
    @Test
    void keysOfTextComeOutOfTheIndex() {
        PostgresServer.execute(
                pool,
                "CREATE DOMAIN code AS varchar(20) COLLATE \"C\"",
                "CREATE TABLE coded (id code PRIMARY KEY, text text)",
                "CREATE TABLE plain (id text PRIMARY KEY, text text)",
                "CREATE TABLE pairs (tenant varchar(20) COLLATE \"und-x-icu\", number int, extra bigint NOT NULL,"
                        + " PRIMARY KEY (tenant, number))",
                "CREATE TABLE divided (id text PRIMARY KEY, text text) PARTITION BY RANGE (id)",
                "CREATE TABLE divided_0 PARTITION OF divided FOR VALUES FROM ('a') TO ('b')",
                "CREATE TABLE divided_1 PARTITION OF divided FOR VALUES FROM ('b') TO ('c')");

        for (String table : List.of("coded", "plain", "divided")) {
            assertThat(plan(words(table))).as(table).contains("Index Cond").doesNotContain("Sort");
        }
        assertThat(plan(placed("pairs"))).contains("Index Cond: (ROW(").doesNotContain("Sort");
    }

    /** How a page in the middle of a split is read. */
    private static String plan(TableMapping<?, ?> mapping) {
        try (Connection connection = pool.getConnection()) {
            SqlErrors errors = new SqlErrors("test", "here", DualwriteSchema.defaults());
            TableLayout layout = TableLayout.readOnly(connection, mapping, errors);
            KeyOrder order =
                    KeyOrder.usable(connection, mapping, layout, errors).get(0);
            List<String> key = order.columns().size() == 1 ? List.of("b") : List.of("b", "1");
            String[] sql = new ScanStatements(mapping, layout, order)
                    .page(new KeyRange(key, null), null)
                    .split("; ", 2);
            connection.setAutoCommit(false);
            try (Statement settings = connection.createStatement()) {
                boolean unused = settings.execute(sql[0]);
            }
            StringBuilder plan = new StringBuilder();
            try (PreparedStatement explain = connection.prepareStatement("EXPLAIN " + sql[1])) {
                int next = TableScan.bind(explain, 1, key);
                explain.setInt(next, 10);
                try (ResultSet row = explain.executeQuery()) {
                    while (row.next()) {
                        plan.append(row.getString(1)).append('\n');
                    }
                }
            }
            connection.rollback();
            return plan.toString();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aTableWithoutUsableOrderIsRefusedByName() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE nulls (id bigint UNIQUE, text text)",
                "CREATE TABLE mixed (tenant text NOT NULL, number int NOT NULL, extra bigint NOT NULL)",
                "CREATE UNIQUE INDEX ON mixed (tenant, number DESC)");

        assertThatThrownBy(() -> scan(numbered("nulls")).splits(2))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("\"nulls\"")
                .hasMessageContaining("may be NULL: id")
                .hasMessageContaining("SET NOT NULL");
        assertThatThrownBy(() -> scan(placed("mixed")).splits(2))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("\"mixed\"")
                .hasMessageContaining("(tenant, number) has no b-tree index");
    }

    @Test
    @NeedsPostgres(18) // NOT NULL … NOT VALID
    void aKeyThatOnlyNewRowsMustHaveIsNoOrder() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE older (id bigint UNIQUE, text text)",
                "INSERT INTO older VALUES (1, 'a'), (NULL, 'b')");
        PostgresServer.execute(pool, "ALTER TABLE older ADD CONSTRAINT given NOT NULL id NOT VALID");
        assertThatThrownBy(() -> scan(numbered("older")).splits(2))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("may be NULL: id");

        PostgresServer.execute(pool, "DELETE FROM older WHERE id IS NULL", "ALTER TABLE older ALTER id SET NOT NULL");
        assertThat(scan(numbered("older")).splits(1)).hasSize(1);
    }

    @Test
    void aColumnThatIsGoneIsNamedWithTheSplitAndAfterMendingItGoesOn() {
        PostgresServer.execute(
                pool,
                "CREATE TABLE changing (id bigint PRIMARY KEY, text text)",
                "INSERT INTO changing SELECT i, 'x' FROM generate_series(1, 100) AS i");
        RecordScan<Long, Numbered> scan = scan(numbered("changing"));
        Split split = scan.splits(2).get(1);
        String position = scan.page(split, null, 10).next();
        PostgresServer.execute(pool, "ALTER TABLE changing DROP COLUMN text");

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> scan.page(split, position, 10))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("changing")
                    .hasMessageContaining("text")
                    .hasMessageContaining(split.range());
        }
        PostgresServer.execute(pool, "ALTER TABLE changing ADD COLUMN text varchar(9) DEFAULT 'y'");
        assertThat(scan.page(split, position, 10).records())
                .first()
                .extracting(ScanPage.Scanned::value)
                .isEqualTo(new Numbered(61, "y"));
    }

    @Test
    void aCheckpointOfAnotherTableIsRefusedWithItsSplit() {
        PostgresServer.execute(pool, "CREATE TABLE own (id bigint PRIMARY KEY, text text)");
        RecordScan<Long, Numbered> scan = scan(numbered("own"));
        Split own = scan.splits(1).get(0);

        for (String other :
                List.of("[\"tenant, number\",null,null,\"a\",\"1\"]", "[\"id\",null,null,null,null]", "[null,null]")) {
            assertThatThrownBy(() -> scan.page(new Split(other), null, 10))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(other)
                    .hasMessageContaining("\"own\"")
                    .hasMessageContaining("begin a new job");
        }
        assertThatThrownBy(() -> scan.page(own, "segment 3", 10))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("segment 3");
        assertThatThrownBy(() -> scan.page(new Split("[\"id\",null,\"not a number\"]"), null, 10))
                .hasMessageContaining("not a number");
    }
}
