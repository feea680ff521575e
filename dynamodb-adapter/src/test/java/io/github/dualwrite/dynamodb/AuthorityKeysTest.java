package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.VersionedRecord;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** Keys go into the queue and come back, or are refused. */
class AuthorityKeysTest {

    record Order(String customer, Instant at, long total) {}

    record OrderKey(Instant at, String customer) {}

    record Numbered(long id, String name) {}

    /** The key 17 is stored as {@code C#17}; how it is read back is the test's. */
    private static final class Prefixed implements ItemMapping<Long, Numbered> {
        private final Optional<Function<Map<String, AttributeValue>, Long>> reader;
        private final boolean keyInItem;

        private Prefixed(Optional<Function<Map<String, AttributeValue>, Long>> reader, boolean keyInItem) {
            this.reader = reader;
            this.keyInItem = keyInItem;
        }

        @Override
        public String partitionKey() {
            return "pk";
        }

        @Override
        public Optional<Set<String>> ownedAttributes() {
            return Optional.of(Set.of("name"));
        }

        @Override
        public Map<String, AttributeValue> key(Long key) {
            return Map.of("pk", AttributeValue.fromS("C#" + key));
        }

        @Override
        public Optional<Function<Map<String, AttributeValue>, Long>> keyReader() {
            return reader;
        }

        @Override
        public Map<String, AttributeValue> item(Numbered value) {
            AttributeValue name = AttributeValue.fromS(value.name());
            return keyInItem
                    ? Map.of("pk", AttributeValue.fromS("C#" + value.id()), "name", name)
                    : Map.of("name", name);
        }

        @Override
        public Numbered value(Map<String, AttributeValue> item) {
            return new Numbered(read(item), item.get("name").s());
        }

        private static long read(Map<String, AttributeValue> item) {
            return Long.parseLong(item.get("pk").s().substring(2));
        }
    }

    private static Authority<Long, Numbered> open(
            Optional<Function<Map<String, AttributeValue>, Long>> reader, boolean keyInItem) {
        return AuthorityRig.open(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        DynamoDbServer.shared().createTable("pk", ScalarAttributeType.S),
                        new Prefixed(reader, keyInItem))
                .schema(TestQueue.install(2)));
    }

    @Test
    void aMappingWithoutAWayBackIsRefusedAtOpenWithItsAttributesNamed() {
        assertThatThrownBy(() -> open(Optional.empty(), true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("[pk]")
                .hasMessageContaining("keyReader");
    }

    @Test
    void aHandWrittenKeyComesBackFromTheQueue() {
        Authority<Long, Numbered> authority = open(Optional.of(Prefixed::read), true);

        VersionedRecord<Long, Numbered> saved = authority.save(new Numbered(17, "Ada"));

        assertThat(saved.key()).isEqualTo(17L);
        assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 10))
                .extracting(PendingWrite::key)
                .containsExactly(17L);
        assertThat(authority.delete(17L)).isPresent();
    }

    @Test
    void aKeyThatDoesNotComeBackIsRefusedWithItsName() {
        Authority<Long, Numbered> authority = open(Optional.of(item -> Prefixed.read(item) % 10), true);
        assertThat(authority.save(new Numbered(7, "Ada")).key()).isEqualTo(7L);

        assertThatThrownBy(() -> authority.save(new Numbered(17, "Ada")))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("[pk]")
                .hasMessageContaining("keyReader")
                .hasMessageNotContaining("Ada");
        assertThatThrownBy(() -> authority.delete(17L))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("of key 17");
        assertThat(authority.queue().statistics().depth()).isEqualTo(1);
    }

    @Test
    void aRecordThatDoesNotTellItsKeyIsRefused() {
        Authority<Long, Numbered> authority = open(Optional.of(Prefixed::read), false);

        assertThatThrownBy(() -> authority.save(new Numbered(17, "Ada")))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("attribute pk");
    }

    @Test
    void anEntryThatCannotBeReadDoesNotHoldUpTheOthers() {
        AuthorityRig rig = new AuthorityRig();
        Authority<String, Customer> authority = rig.open();
        authority.save(Customer.of("a", "Ada"));
        TestTable.join(DynamoDbServer.shared()
                .client()
                .updateItem(request -> request.tableName(rig.schema.queueTableName())
                        .key(Map.of(
                                "queue_shard", AttributeValue.fromS("customers#0"),
                                "record_key", AttributeValue.fromS("a")))
                        .updateExpression("SET record_key_attributes = :other")
                        .expressionAttributeValues(
                                Map.of(":other", AttributeValue.fromM(Map.of("x", AttributeValue.fromS("y")))))));
        authority.save(Customer.of("b", "Bob"));

        assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 10))
                .extracting(PendingWrite::key)
                .containsExactly("b");
    }

    private enum Colour {
        RED
    }

    private record Hue(Colour id) {}

    @Test
    void ofWhatCannotBeReadNoMoreIsTakenThanIsAskedFor() {
        AuthorityRig rig = new AuthorityRig();
        Authority<String, Customer> newer = rig.open();
        newer.saveAll(IntStream.range(0, 40)
                .mapToObj(i -> Customer.of("k" + i, "Ada"))
                .toList());
        FakeService service = new FakeService();
        Authority<Colour, Hue> older = AuthorityRig.open(DynamoDbStore.builder(
                        service.client(),
                        rig.table.name(),
                        RecordItemMapping.of(Hue.class).partitionKey("id").build(Colour.class))
                .schema(rig.schema));

        assertThat(older.queue().claim(Lease.of(Duration.ofMinutes(1)), 10)).isEmpty();

        assertThat(service.requests(UpdateItemRequest.class)).hasSize(10);
        assertThat(newer.queue().claim(Lease.of(Duration.ofMinutes(1)), 100)).hasSize(30);
    }

    @Test
    void keysOfTwoPartsAndVeryLongOnesComeBackToo() {
        Authority<OrderKey, Order> authority = AuthorityRig.open(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        DynamoDbServer.shared()
                                .createTable("customer", ScalarAttributeType.S, "at", ScalarAttributeType.S),
                        RecordItemMapping.of(Order.class)
                                .partitionKey("customer")
                                .sortKey("at")
                                .build(OrderKey.class))
                .schema(TestQueue.install(2)));
        for (String customer : List.of("plain", "a|b~c", "long ".repeat(400))) {
            OrderKey key = new OrderKey(Instant.parse("2026-01-02T03:04:05.000000006Z"), customer);

            assertThat(authority.save(new Order(customer, key.at(), 7)).key()).isEqualTo(key);

            assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 10))
                    .extracting(PendingWrite::key)
                    .containsExactly(key);
            assertThat(authority.queue().pendingAmong(List.of(key))).containsExactly(key);
        }
    }

    /** Keys that the application tells apart and DynamoDB does not. */
    private static class Decimal implements ItemMapping<BigDecimal, BigDecimal> {

        @Override
        public String partitionKey() {
            return "n";
        }

        @Override
        public Optional<Set<String>> ownedAttributes() {
            return Optional.of(Set.of());
        }

        @Override
        public Map<String, AttributeValue> key(BigDecimal key) {
            return Map.of("n", AttributeValue.fromN(key.toString()));
        }

        @Override
        public Optional<Function<Map<String, AttributeValue>, BigDecimal>> keyReader() {
            return Optional.of(this::value);
        }

        @Override
        public Map<String, AttributeValue> item(BigDecimal value) {
            return key(value);
        }

        @Override
        public BigDecimal value(Map<String, AttributeValue> item) {
            return new BigDecimal(item.get("n").n());
        }
    }

    private static Authority<BigDecimal, BigDecimal> decimals(Decimal mapping) {
        return AuthorityRig.open(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        DynamoDbServer.shared().createTable("n", ScalarAttributeType.N),
                        mapping)
                .schema(TestQueue.install(2)));
    }

    /** It would come back from the queue as another key, whose mark no read of the first one finds. */
    @Test
    @Tag("DW-5")
    void aNumberThatDynamoDbGivesBackAsAnotherKeyIsRefusedByEachWrite() {
        Authority<BigDecimal, BigDecimal> authority = decimals(new Decimal());
        for (String number : List.of("1.0", "1.50", "1E+2")) {
            BigDecimal key = new BigDecimal(number);
            List<ThrowingCallable> writes = List.of(
                    () -> authority.create(key),
                    () -> authority.save(key),
                    () -> authority.update(key),
                    () -> authority.saveAll(List.of(key)),
                    () -> authority.delete(key),
                    () -> authority.markPending(List.of(key)));
            assertThat(writes)
                    .allSatisfy(write -> assertThatThrownBy(write)
                            .isInstanceOf(PermanentStoreException.class)
                            .hasMessageContaining("keyReader")
                            .hasMessageContaining("[n]"));
        }
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    /** It would become pending, and then no reconciler could ask for its record. */
    @Test
    @Tag("DW-5")
    void aNumberThatIsTheKeyOnlyInTheFormInWhichDynamoDbGivesItBackIsRefusedTooByWrites() {
        Authority<BigDecimal, BigDecimal> authority = decimals(new Decimal() {
            @Override
            public Map<String, AttributeValue> key(BigDecimal key) {
                return super.key(key.setScale(2));
            }
        });
        BigDecimal key = new BigDecimal("1.5");
        List<ThrowingCallable> writes = List.of(() -> authority.delete(key), () -> authority.markPending(List.of(key)));

        assertThat(writes)
                .allSatisfy(write -> assertThatThrownBy(write)
                        .isInstanceOf(PermanentStoreException.class)
                        .hasMessageContaining("keyReader")
                        .hasMessageContaining("[n]"));
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    @Test
    void aNumberComesBackFromTheQueueAsItWasWrittenOrIsReadBackByTheMappingAsThat() {
        Authority<BigDecimal, BigDecimal> plain = decimals(new Decimal());
        Authority<BigDecimal, BigDecimal> scaled = decimals(new Decimal() {
            @Override
            public Optional<Function<Map<String, AttributeValue>, BigDecimal>> keyReader() {
                return Optional.of(item -> value(item).setScale(2));
            }
        });
        for (String number : List.of("0", "-7", "100", "1.5", "1" + "0".repeat(125), "0." + "0".repeat(129) + "1")) {
            assertThat(claimedAfter(plain, new BigDecimal(number))).containsExactly(new BigDecimal(number));
        }
        for (String number : List.of("0.00", "1.50", "100.00")) {
            assertThat(claimedAfter(scaled, new BigDecimal(number))).containsExactly(new BigDecimal(number));
        }
    }

    private static List<BigDecimal> claimedAfter(Authority<BigDecimal, BigDecimal> authority, BigDecimal written) {
        authority.save(written);
        return authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 10).stream()
                .map(PendingWrite::key)
                .toList();
    }

    @Test
    void keysThatAreOneForDynamoDbAreReadOnce() {
        Authority<BigDecimal, BigDecimal> authority = decimals(new Decimal());
        BigDecimal one = new BigDecimal("1");
        BigDecimal same = new BigDecimal("1.0");
        authority.save(one);

        assertThat(authority.readAll(List.of(one, same))).isEqualTo(Map.of(one, one, same, one));
        assertThat(authority.snapshot(List.of(one, same)))
                .extracting(VersionedRecord::key)
                .containsExactlyInAnyOrder(one, same);
    }

    @Test
    void aNullInAKeyIsRefusedWithTheRepositoryNamed() {
        AuthorityRig rig = new AuthorityRig();
        Authority<String, Customer> customers = rig.open();
        Authority<OrderKey, Order> orders = AuthorityRig.open(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        DynamoDbServer.shared()
                                .createTable("customer", ScalarAttributeType.S, "at", ScalarAttributeType.S),
                        RecordItemMapping.of(Order.class)
                                .partitionKey("customer")
                                .sortKey("at")
                                .build(OrderKey.class))
                .schema(rig.schema));

        refused(() -> customers.save(nobody()), "id");
        refused(() -> customers.create(nobody()), "id");
        refused(() -> customers.saveAll(List.of(Customer.of("a", "Ada"), nobody())), "id");
        refused(() -> orders.save(never()), "at");
        refused(() -> orders.saveAll(List.of(never())), "at");
        assertThat(customers.queue().statistics().depth()).isZero();
    }

    private static void refused(ThrowingCallable write, String component) {
        assertThatThrownBy(write)
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("repository 'customers'")
                .hasMessageContaining(component)
                .hasMessageContaining("null");
    }

    @SuppressWarnings("NullAway") // what an application may do all the same
    private static Customer nobody() {
        return Customer.of(null, "Nobody");
    }

    @SuppressWarnings("NullAway")
    private static Order never() {
        return new Order("c", null, 7);
    }
}
