package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.Json;
import io.github.dualwrite.dynamodb.Everything.Address;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.ApplyResult.Status;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.VersionedRecord;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What is applied is read back as it was, over the network. */
class RoundTripTest {

    static final RecordItemMapping<String, Everything> MAPPING =
            RecordItemMapping.of(Everything.class).partitionKey("id").build(String.class);

    private final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);
    private final Follower<String, Everything> follower =
            TestTable.open(DynamoDbStore.builder(DynamoDbServer.shared().client(), table, MAPPING)
                    .build());

    private Everything roundTrip(Everything value) {
        assertThat(applyOne(follower, new VersionedRecord<>(value.id(), 1, value))
                        .status())
                .isEqualTo(Status.APPLIED);
        Everything one = join(follower.read(value.id())).orElseThrow();
        Everything two = join(follower.readAll(List.of(value.id()))).get(value.id());
        assertThat(one).usingRecursiveComparison().isEqualTo(two);
        return one;
    }

    static void assertSame(@Nullable Everything actual, Everything expected) {
        assertThat(actual)
                .usingRecursiveComparison()
                .withStrictTypeChecking()
                .ignoringFields("list", "set", "map", "nested")
                .isEqualTo(expected);
        Objects.requireNonNull(actual);
        assertThat(actual.list()).isEqualTo(expected.list());
        assertThat(actual.set()).isEqualTo(expected.set());
        assertThat(actual.map()).isEqualTo(expected.map());
        assertThat(actual.nested()).isEqualTo(expected.nested());
    }

    @Test
    void everyTypeComesBackAsItWas() {
        Everything value = Everything.full("full");

        Everything read = roundTrip(value);

        assertSame(read, value);
        assertThat(read.set()).containsExactly(3L, 1L, 2L);
        assertThat(read.bigDecimal().scale()).isEqualTo(4);
    }

    @Test
    void nullsComeBackAsNulls() {
        Everything value = Everything.empty("nulls");
        assertSame(roundTrip(value), value);
    }

    @Test
    void aNullIsNoAttributeOfTheItemAndNulInsideOfOne() {
        Map<String, AttributeValue> item = RecordItemMapping.of(Customer.class)
                .partitionKey("id")
                .build(String.class)
                .item(new Customer("a", "Ada", null, Arrays.asList("x", null)));

        assertThat(item).containsOnlyKeys("id", "name", "tags");
        assertThat(item.get("tags").l()).containsExactly(AttributeValue.fromS("x"), AttributeValue.fromNul(true));
    }

    @Test
    void emptyIsNotNull() {
        Everything e = Everything.empty("empty");
        Everything value = new Everything(
                e.id(),
                (short) 0,
                0,
                0,
                0,
                0,
                false,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                new BigDecimal("0E+3"),
                "",
                null,
                Instant.EPOCH,
                null,
                null,
                new byte[0],
                null,
                new Json(""),
                List.of(),
                Set.of(),
                Map.of(),
                null,
                List.of());

        assertSame(roundTrip(value), value);
    }

    @Test
    void instantsAreStoredSoThatTheySortByTime() {
        Everything value = Everything.empty("t");
        Map<String, AttributeValue> item = RecordItemMapping.of(Timed.class)
                .partitionKey("at")
                .build(Instant.class)
                .item(new Timed(Instant.parse("2026-01-02T03:04:05Z"), LocalDateTime.of(2026, 1, 2, 3, 4)));

        assertThat(item.get("at").s()).isEqualTo("2026-01-02T03:04:05.000000000Z");
        assertThat(item.get("local").s()).isEqualTo("2026-01-02T03:04:00.000000000");
        assertThat(value.instant()).isNull();
    }

    record Timed(Instant at, LocalDateTime local) {}

    @Test
    void attributesAreNamedInSnakeCaseToAnyDepth() {
        Map<String, AttributeValue> item = MAPPING.item(new Everything(
                "n",
                (short) 0,
                0,
                0,
                0,
                0,
                false,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                BigDecimal.ONE,
                null,
                null,
                null,
                null,
                LocalDateTime.of(2026, 1, 2, 3, 4),
                null,
                null,
                null,
                null,
                null,
                null,
                new Address("s", "z", null),
                null));

        assertThat(item)
                .containsKeys("primitive_short", "local_date_time", "big_decimal")
                .doesNotContainKey("text");
        assertThat(item.get("address").m()).containsOnlyKeys("street_name", "zip2_code", "position");
    }

    @Test
    void numbersAreKeysWhateverDynamoDbMakesOfTheirDigits() {
        record Numbered(BigInteger id, String text) {}
        String numbers = DynamoDbServer.shared().createTable("id", ScalarAttributeType.N);
        Follower<BigInteger, Numbered> store = TestTable.open(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        numbers,
                        RecordItemMapping.of(Numbered.class).partitionKey("id").build(BigInteger.class))
                .build());
        List<BigInteger> keys = List.of(BigInteger.TEN.pow(30), BigInteger.ZERO, new BigInteger("-" + "9".repeat(38)));
        for (BigInteger key : keys) {
            applyOne(store, new VersionedRecord<>(key, 1, new Numbered(key, "n")));
        }

        assertThat(join(store.readAll(keys))).containsOnlyKeys(keys);
        join(store.check());
    }

    @Test
    void compositeKeysOfEveryKindAreKeys() {
        record Order(UUID customerId, Instant placedAt, String note) {}
        record OrderKey(Instant placedAt, UUID customerId) {}
        String orders = DynamoDbServer.shared()
                .createTable("customer_id", ScalarAttributeType.S, "placed_at", ScalarAttributeType.S);
        RecordItemMapping<OrderKey, Order> mapping = RecordItemMapping.of(Order.class)
                .partitionKey("customerId")
                .sortKey("placedAt")
                .build(OrderKey.class);
        Follower<OrderKey, Order> store =
                TestTable.open(DynamoDbStore.builder(DynamoDbServer.shared().client(), orders, mapping)
                        .build());
        UUID customer = UUID.randomUUID();
        Order first = new Order(customer, Instant.parse("2026-01-01T00:00:00Z"), "first");
        Order second = new Order(customer, Instant.parse("2026-01-01T00:00:00.000000001Z"), "second");
        OrderKey firstKey = new OrderKey(first.placedAt(), customer);
        OrderKey secondKey = new OrderKey(second.placedAt(), customer);

        join(store.check());
        applyOne(store, new VersionedRecord<>(firstKey, 1, first));
        applyOne(store, new VersionedRecord<>(secondKey, 1, second));
        applyOne(store, new VersionedRecord<>(firstKey, 2, null));

        assertThat(join(store.readAll(List.of(firstKey, secondKey)))).isEqualTo(Map.of(secondKey, second));
        assertThat(join(store.read(firstKey))).isEmpty();
        assertThat(applyOne(store, new VersionedRecord<>(firstKey, 1, first)).status())
                .isEqualTo(Status.SUPERSEDED);
    }
}
