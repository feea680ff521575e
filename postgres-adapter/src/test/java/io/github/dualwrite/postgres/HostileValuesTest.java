package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.Json;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.postgres.TypesTest.Everything;
import io.github.dualwrite.postgres.TypesTest.Mood;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Fuzz;
import io.github.dualwrite.testkit.HostileText;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys and values from everywhere come back from both roles as they were, or are refused with the column. */
@Timeout(120)
@Tag("DW-6")
class HostileValuesTest {

    private static final String EVERYTHING = """
            CREATE TABLE everything (
                id bigint PRIMARY KEY, small smallint, number integer, big bigint, exact numeric, single real,
                twice double precision, label text, short_label varchar(5), flag boolean, uuid uuid,
                happened_at timestamptz, local timestamp, day date, bytes bytea, document jsonb, texts text[],
                numbers bigint[], mood text, mood_text text)""";

    private static final LocalDateTime FIRST = LocalDateTime.of(-4712, 1, 1, 0, 0);
    private static final LocalDateTime LAST = LocalDateTime.of(294_276, 12, 31, 23, 59, 59, 999_999_000);
    private static final LocalDate LAST_DAY = LocalDate.of(5_874_897, 12, 31);

    record Named(String area, String id, String text) {}

    record NamedKey(String area, String id) {}

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(
                EVERYTHING, "CREATE TABLE named (area text, id text, text text, PRIMARY KEY (area, id))");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    private static final TableMapping<Long, Everything> MAPPING = TableMapping.ofRecord(Everything.class, Long.class)
            .table("everything")
            .key("id")
            .build();

    private static final TableMapping<NamedKey, Named> NAMED = TableMapping.ofRecord(Named.class, NamedKey.class)
            .table("named")
            .key("area", "id")
            .build();

    private static <K, V> Authority<K, V> authority(TableMapping<K, V> mapping) {
        return PostgresStore.of(pool, mapping).openAuthority(new StoreContext("hostile", Duration.ZERO));
    }

    private static <K, V> Follower<K, V> follower(TableMapping<K, V> mapping) {
        return FollowerGround.open(PostgresStore.of(pool, mapping));
    }

    /** What a value is after PostgreSQL had it: equal, but for zeros of a number's exponent. */
    private static void same(Everything read, Everything written) {
        if (written.exact() != null) {
            assertThat(read.exact()).isEqualByComparingTo(written.exact());
            if (written.exact().scale() >= 0) {
                assertThat(read.exact().scale()).isEqualTo(written.exact().scale());
            }
        }
        Object[] actual = values(read);
        Object[] expected = values(written);
        for (int place = 0; place < expected.length; place++) {
            assertThat(place == 4 || Objects.deepEquals(actual[place], expected[place]))
                    .as("component %s of record %s", place, written.id())
                    .isTrue();
        }
    }

    @SuppressWarnings("unchecked")
    private static Everything of(Object... v) {
        return new Everything(
                (Long) v[0],
                (Short) v[1],
                (Integer) v[2],
                (Long) v[3],
                (BigDecimal) v[4],
                (Float) v[5],
                (Double) v[6],
                (String) v[7],
                (String) v[8],
                (Boolean) v[9],
                (UUID) v[10],
                (Instant) v[11],
                (LocalDateTime) v[12],
                (LocalDate) v[13],
                (byte[]) v[14],
                (Json) v[15],
                (List<String>) v[16],
                (List<Long>) v[17],
                (Mood) v[18],
                (Mood) v[19]);
    }

    private static Object[] values(Everything e) {
        return new Object[] {
            e.id(), e.small(), e.number(), e.big(), e.exact(), e.single(), e.twice(), e.label(), e.shortLabel(),
            e.flag(), e.uuid(), e.happenedAt(), e.local(), e.day(), e.bytes(), e.document(), e.texts(), e.numbers(),
            e.mood(), e.moodText()
        };
    }

    private static Everything with(Everything e, UnaryOperator<Object[]> change) {
        return of(change.apply(values(e)));
    }

    private static Everything with(long id, int place, Object value) {
        return with(TypesTest.empty(id), values -> {
            values[place] = value;
            return values;
        });
    }

    /** Each value alone in a record, by its place among the components. */
    private static List<Everything> limits() {
        Map<Integer, List<?>> limits = new TreeMap<>();
        limits.put(1, List.of(Short.MIN_VALUE, Short.MAX_VALUE));
        limits.put(2, List.of(Integer.MIN_VALUE, Integer.MAX_VALUE));
        limits.put(3, List.of(Long.MIN_VALUE, Long.MAX_VALUE));
        limits.put(
                4,
                List.of(
                        BigDecimal.ZERO,
                        new BigDecimal("0.000"),
                        new BigDecimal("-0E-16383"),
                        new BigDecimal("1E-16383"),
                        new BigDecimal("1E+131071"),
                        new BigDecimal(
                                BigInteger.TEN
                                        .pow(1000)
                                        .subtract(BigInteger.ONE)
                                        .negate(),
                                500)));
        limits.put(
                5,
                List.of(Float.MIN_VALUE, -Float.MAX_VALUE, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_NORMAL));
        limits.put(
                6, List.of(Double.MIN_VALUE, -Double.MAX_VALUE, -0.0, Double.NaN, Double.NEGATIVE_INFINITY, 0.1 + 0.2));
        limits.put(7, List.of("", " ", "null", "NULL", "\\N", "\u0001", "e\u0301", "\u00e9", "x".repeat(1 << 20)));
        limits.put(8, List.of("", "     ", "🔑🔑🔑🔑🔑"));
        limits.put(
                11,
                List.of(
                        Instant.EPOCH.minusNanos(1000),
                        FIRST.toInstant(ZoneOffset.UTC),
                        LAST.toInstant(ZoneOffset.UTC),
                        Instant.parse("-0001-02-28T01:02:03.000001Z"),
                        Instant.parse("0000-12-31T23:59:59.999999Z"),
                        Instant.parse("+10000-01-01T00:00:00Z"),
                        Instant.parse("1582-10-10T00:00:00Z"),
                        OffsetDateTime.MAX.toInstant(),
                        OffsetDateTime.MIN.toInstant()));
        limits.put(12, List.of(FIRST, LAST, LocalDateTime.of(0, 1, 1, 0, 0), LocalDateTime.MAX, LocalDateTime.MIN));
        limits.put(
                13,
                List.of(
                        FIRST.toLocalDate(),
                        LAST_DAY,
                        LocalDate.of(0, 2, 29),
                        LocalDate.of(-1, 1, 1),
                        LocalDate.of(1582, 10, 10),
                        LocalDate.MAX,
                        LocalDate.MIN));
        limits.put(14, List.of(new byte[0], new byte[] {0, -128, 127, '\\', '\''}, new byte[1 << 20]));
        limits.put(15, List.of(new Json("null"), new Json("\"\""), new Json("[]"), new Json("{\"\": [null]}")));
        limits.put(
                16,
                List.of(
                        List.of(),
                        Arrays.asList((String) null),
                        Arrays.asList("", null, "NULL", "null", "\"", "\\", "{}", ",", " ", "\n")));
        limits.put(17, List.of(List.of(), Arrays.asList(null, Long.MIN_VALUE, Long.MAX_VALUE)));
        List<Everything> records = new ArrayList<>();
        limits.forEach((place, values) -> values.forEach(value -> records.add(with(records.size(), place, value))));
        return records;
    }

    private static Everything random(long id, Random random) {
        IntFunction<Object> value = place -> switch (place) {
            case 1 -> (short) random.nextInt();
            case 2 -> random.nextInt();
            case 3 -> random.nextLong();
            case 4 -> new BigDecimal(new BigInteger(random.nextInt(200), random), random.nextInt(60) - 10);
            case 5 -> Float.intBitsToFloat(random.nextInt());
            case 6 -> Double.longBitsToDouble(random.nextLong());
            case 7 -> HostileText.storable(random, 20);
            case 8 -> "a".repeat(random.nextInt(6));
            case 9 -> random.nextBoolean();
            case 10 -> new UUID(random.nextLong(), random.nextLong());
            case 11 -> time(random).toInstant(ZoneOffset.UTC);
            case 12 -> time(random);
            case 13 -> time(random).toLocalDate();
            case 14 -> HostileText.storable(random, 5).getBytes(java.nio.charset.StandardCharsets.UTF_16);
            case 15 -> new Json("{\"a\": " + random.nextInt() + "}");
            case 16 ->
                IntStream.range(0, random.nextInt(4))
                        .mapToObj(i -> random.nextInt(4) == 0 ? null : HostileText.storable(random, 4))
                        .collect(java.util.stream.Collectors.toList());
            case 17 ->
                IntStream.range(0, random.nextInt(4))
                        .mapToObj(i -> random.nextInt(4) == 0 ? null : random.nextLong())
                        .collect(java.util.stream.Collectors.toList());
            default -> random.nextBoolean() ? Mood.HAPPY : Mood.SAD;
        };
        return with(TypesTest.empty(id), values -> {
            for (int place = 1; place < values.length; place++) {
                values[place] = random.nextInt(5) == 0 ? null : value.apply(place);
            }
            return values;
        });
    }

    private static LocalDateTime time(Random random) {
        long days = LAST.toLocalDate().toEpochDay() - FIRST.toLocalDate().toEpochDay() - 1;
        return FIRST.plusDays((long) (random.nextDouble() * days))
                .plusNanos(random.nextInt(1_000_000) * 86_400_000L / 1000 * 1000);
    }

    private static void roundTrip(List<Everything> records) {
        List<Long> keys = records.stream().map(Everything::id).toList();
        Authority<Long, Everything> authority = authority(MAPPING);
        Follower<Long, Everything> follower = follower(MAPPING);
        authority
                .saveAll(records)
                .forEach(saved -> same(saved.value(), records.get(saved.key().intValue())));
        authority
                .snapshot(keys)
                .forEach(shot -> same(shot.value(), records.get(shot.key().intValue())));
        assertThat(authority.readAll(keys)).hasSize(records.size());
        authority.readAll(keys).forEach((key, value) -> same(value, records.get(key.intValue())));
        authority.deleteAll(keys);

        assertThat(FollowerGround.join(follower.apply(records.stream()
                        .map(record -> new VersionedRecord<>(record.id(), System.nanoTime(), record))
                        .toList())))
                .extracting(ApplyResult::status)
                .containsOnly(ApplyResult.Status.APPLIED);
        Map<Long, Everything> followed = FollowerGround.join(follower.readAll(keys));
        assertThat(followed).hasSize(records.size());
        followed.forEach((key, value) -> same(value, records.get(key.intValue())));
        for (Everything record : records.subList(0, Math.min(8, records.size()))) { // prepared, then in binary form
            same(authority.save(record).value(), record);
            same(authority.read(record.id()).orElseThrow(), record);
        }
        authority.deleteAll(keys);
    }

    @Test
    void valuesAtTheLimitsOfEveryTypeComeBack() {
        roundTrip(limits());
    }

    @Test
    void randomRowsComeBack() {
        Fuzz.cases(
                3,
                random -> roundTrip(IntStream.range(0, 60)
                        .mapToObj(id -> random(id, random))
                        .toList()));
    }

    @Test
    void whatPostgresCannotHoldIsRefusedByBothRolesAndNothingIsStored() {
        List<Everything> refused = List.of(
                with(900, 7, "a\0CANARY"),
                with(901, 7, "CANARY\ud800"),
                with(902, 8, "CANARY"),
                with(903, 16, List.of("CANARY", "\0")),
                with(904, 16, List.of("\udc00CANARY")),
                with(905, 15, new Json("{\"CANARY\": \"\\u0000\"}")),
                with(906, 15, new Json("{\"CANARY\": \"\\ud800\"}")),
                with(907, 15, new Json("CANARY")),
                with(908, 11, FIRST.minusYears(1).toInstant(ZoneOffset.UTC)),
                with(909, 11, LAST.plusNanos(1000).toInstant(ZoneOffset.UTC)),
                with(910, 11, Instant.MAX),
                with(911, 12, LAST.plusYears(1)),
                with(912, 13, LAST_DAY.plusDays(1)),
                with(913, 4, new BigDecimal("1E-16384")),
                with(914, 4, new BigDecimal("1E+131072")));
        Map<Long, String> columns = Map.of(
                900L, "column label",
                901L, "column label",
                903L, "column texts",
                904L, "column texts",
                908L, "column happened_at",
                909L, "column happened_at",
                910L, "column happened_at",
                911L, "column local",
                912L, "column day",
                913L, "column exact");
        Authority<Long, Everything> authority = authority(MAPPING);
        Follower<Long, Everything> follower = follower(MAPPING);
        for (Everything record : refused) {
            assertThatThrownBy(() -> authority.save(record))
                    .as("%s", record.id())
                    .isInstanceOf(PermanentStoreException.class)
                    .hasMessageContaining("key " + record.id())
                    .hasMessageContaining(columns.getOrDefault(record.id(), "SQLSTATE 22"))
                    .hasMessageNotContaining("CANARY");
        }
        List<VersionedRecord<Long, Everything>> batch = new ArrayList<>();
        refused.forEach(record -> batch.add(new VersionedRecord<>(record.id(), 1, record)));
        batch.add(new VersionedRecord<>(999L, 1, TypesTest.empty(999)));
        List<ApplyResult> results = FollowerGround.join(follower.apply(batch));
        for (int i = 0; i < refused.size(); i++) {
            assertThat(results.get(i).status())
                    .as("%s", refused.get(i).id())
                    .isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
            assertThat(results.get(i).error())
                    .contains("key " + refused.get(i).id(), "column ")
                    .doesNotContain("CANARY");
        }
        assertThat(results.get(refused.size()).status()).isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(FollowerGround.number(pool, "SELECT count(*) FROM everything WHERE id BETWEEN 900 AND 998"))
                .isZero();
        assertThat(FollowerGround.number(
                        pool, "SELECT count(*) FROM dualwrite.pending_write WHERE key BETWEEN '900' AND '998'"))
                .isZero();
    }

    @Test
    void randomKeysComeBackFromTheQueueAndFromBothRolesAndOthersAreRefused() {
        Authority<NamedKey, Named> authority = authority(NAMED);
        Follower<NamedKey, Named> follower = follower(NAMED);
        Fuzz.cases(2, random -> {
            Map<NamedKey, Named> records = new HashMap<>();
            while (records.size() < 200) {
                Named named = new Named(
                        HostileText.storable(random, 6),
                        HostileText.storable(random, 6),
                        HostileText.storable(random, 9));
                records.put(new NamedKey(named.area(), named.id()), named);
            }
            List<NamedKey> keys = List.copyOf(records.keySet());
            authority.saveAll(records.values());
            assertThat(authority.readAll(keys)).isEqualTo(records);
            assertThat(authority.queue().pendingAmong(keys)).containsExactlyInAnyOrderElementsOf(keys);
            Map<NamedKey, Named> shots = new HashMap<>();
            authority.snapshot(keys).forEach(shot -> shots.put(shot.key(), shot.value()));
            assertThat(shots).isEqualTo(records);
            for (NamedKey key : keys.subList(0, 10)) {
                assertThat(authority.read(key)).contains(records.get(key));
            }
            assertThat(authority.deleteAll(keys))
                    .extracting(VersionedRecord::key)
                    .containsExactlyInAnyOrderElementsOf(keys);

            FollowerGround.join(follower.apply(keys.stream()
                    .map(key -> new VersionedRecord<>(key, System.nanoTime(), records.get(key)))
                    .toList()));
            assertThat(FollowerGround.join(follower.readAll(keys))).isEqualTo(records);
            FollowerGround.join(follower.apply(keys.stream()
                    .map(key -> new VersionedRecord<NamedKey, Named>(key, System.nanoTime(), null))
                    .toList()));
            assertThat(FollowerGround.join(follower.readAll(keys))).isEmpty();
        });
        Fuzz.cases(20, random -> {
            String bad = HostileText.unstorable(random, HostileText.storable(random, 4));
            Named named = new Named("a", bad, "x");
            NamedKey key = new NamedKey("a", bad);
            for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call :
                    List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                            () -> authority.save(named),
                            () -> authority.saveAll(List.of(named)),
                            () -> authority.delete(key),
                            () -> authority.read(key),
                            () -> authority.readAll(List.of(key)),
                            () -> authority.markPending(List.of(key)),
                            () -> authority.queue().pendingAmong(List.of(key)))) {
                assertThatThrownBy(call)
                        .isInstanceOf(PermanentStoreException.class)
                        .hasMessageContaining("column id")
                        .hasMessageContaining("mend the record");
            }
            assertThat(FollowerGround.apply(follower, new VersionedRecord<>(key, 1, named))
                            .status())
                    .isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        });
        assertThat(FollowerGround.number(pool, "SELECT count(*) FROM named")).isZero();
    }

    @Test
    void keyTextsOfEveryTypeComeBackAndThoseOfDifferentValuesAreDifferent() {
        Map<ColumnType<?>, Map<String, Object>> seen = new HashMap<>();
        Fuzz.cases(4000, random -> {
            Map<ColumnType<?>, Object> values = Map.of(
                    ColumnType.SMALLINT,
                    (short) random.nextInt(),
                    ColumnType.INTEGER,
                    random.nextInt() >> random.nextInt(32),
                    ColumnType.BIGINT,
                    random.nextLong() >> random.nextInt(64),
                    ColumnType.BOOLEAN,
                    random.nextBoolean(),
                    ColumnType.TEXT,
                    HostileText.storable(random, 6),
                    ColumnType.UUID_TYPE,
                    new UUID(random.nextLong() >> random.nextInt(64), random.nextLong()),
                    ColumnType.TIMESTAMPTZ,
                    time(random).toInstant(ZoneOffset.UTC),
                    ColumnType.DATE,
                    time(random).toLocalDate(),
                    ColumnType.enumOf(Mood.class),
                    random.nextBoolean() ? Mood.HAPPY : Mood.SAD);
            values.forEach((type, value) -> {
                String text = type.keyText(value);
                assertThat(type.fromKeyText(text)).as("%s", type).isEqualTo(value);
                Object other = seen.computeIfAbsent(type, t -> new HashMap<>()).putIfAbsent(text, value);
                assertThat(other == null || other.equals(value))
                        .as("%s %s and %s", type, other, value)
                        .isTrue();
            });
        });
        for (ColumnType<?> type : List.of(ColumnType.NUMERIC, ColumnType.TIMESTAMP, ColumnType.DOUBLE)) {
            assertThat(type.usableAsKey()) // equal values have several texts
                    .as("%s", type)
                    .isFalse();
        }
    }

    @Test
    void aKeyOfAMegabyteIsRefusedWithItsBeginning() {
        String noise = new BigInteger(6 << 20, new Random(1)).toString(36).substring(0, 1 << 20);
        Named named = new Named("a", noise, "x");
        assertThatThrownBy(() -> authority(NAMED).save(named))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("SQLSTATE 54000")
                .satisfies(
                        e -> assertThat(String.valueOf(e.getMessage()).length()).isLessThan(1000));
        ApplyResult result =
                FollowerGround.apply(follower(NAMED), new VersionedRecord<>(new NamedKey("a", noise), 1, named));
        assertThat(result.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        assertThat(result.error()).contains("54000");
        assertThat(result.error().length()).isLessThan(1200);
    }

    @Test
    void aKeyThatAMappingDoesNotPutTogetherAgainIsRefused() {
        TableMapping<String, Named> lossy = TableMapping.<String, Named>columns("named")
                .key("area", ColumnType.TEXT, Named::area)
                .key("id", ColumnType.TEXT, Named::id)
                .build(
                        key -> List.of(key.substring(0, 1), key.substring(1)),
                        parts -> parts.get(0) + "" + parts.get(1),
                        row -> new Named(row.get("area", ColumnType.TEXT), row.get("id", ColumnType.TEXT), null));
        assertThat(authority(lossy).save(new Named("a", "bc", null)).key()).isEqualTo("abc");
        assertThatThrownBy(() -> authority(lossy).save(new Named("ab", "c", null)))
                .hasMessageContaining("table named")
                .hasMessageContaining("mend the mapping of the key");
        authority(lossy).delete("abc");

        AggregateMapping<String, io.github.dualwrite.testkit.Sample> cut = new AggregateContractTest.TwoTables() {
            @Override
            public String decodeKey(String text) {
                return text.strip();
            }
        };
        Authority<String, io.github.dualwrite.testkit.Sample> byHand =
                PostgresStore.of(pool, cut).openAuthority(new StoreContext("hostile", Duration.ZERO));
        assertThatThrownBy(() -> byHand.save(io.github.dualwrite.testkit.Sample.of(" a", 1)))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("decodeKey of sample in two tables");
    }
}
