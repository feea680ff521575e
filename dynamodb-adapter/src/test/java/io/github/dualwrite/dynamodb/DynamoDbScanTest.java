package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;

/** The scan as this store has it: segments, positions, marks, items of other kinds, errors. */
@Tag("DW-7")
class DynamoDbScanTest {

    record Line(String customer, String kind, long amount) {}

    record LineKey(String customer, String kind) {}

    record Ticket(UUID id) {}

    private final FakeService service = new FakeService();
    private final TestTable table = new TestTable();

    private static <K, V> RecordScan<K, V> scan(Follower<K, V> follower) {
        return follower.scan().orElseThrow();
    }

    private RecordScan<String, Customer> scan() {
        return scan(table.follower(service));
    }

    private static AttributeValue s(String value) {
        return AttributeValue.fromS(value);
    }

    @Test
    void threeSegmentsInPagesOfTwoAreReadOnByNewObjectsFromWhereTheyWere() {
        Follower<String, Customer> longAgo = TestTable.open(
                table.store().clock(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC)).build());
        applyOne(longAgo, tombstone("expired", 1));
        applyOne(longAgo, tombstone("expired too", 1));
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            keys.add("k" + i);
            applyOne(longAgo, record("k" + i, 1));
        }
        table.put(Map.of("id", s("by hand"), "name", s("Ada"), "tags", AttributeValue.fromL(List.of())));
        keys.add("by hand");

        assertThat(scan().splits(3)).extracting(Split::range).containsExactly("0/3", "1/3", "2/3");
        List<String> found = new ArrayList<>();
        for (Split split : scan().splits(3)) {
            ScanPage<String, Customer> page = scan().page(split, null, 2);
            page.records().forEach(each -> found.add(each.key()));
            while (page.next() != null) {
                page = scan().page(new Split(split.range()), page.next(), 2);
                page.records().forEach(each -> found.add(each.key()));
                assertThat(page.unreadable()).isEmpty();
            }
        }

        assertThat(found).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(service.requests(ScanRequest.class))
                .hasSizeGreaterThan(5)
                .allMatch(request -> request.consistentRead() && request.limit() == 2 && request.totalSegments() == 3);
        assertThat(scan().estimatedRecords()).hasValue(12);
    }

    @Test
    void aPageOfTombstonesIsEmptyCountsItsBytesAndIsNotTheLast() {
        applyOne(table.follower(), tombstone("a", 1));
        applyOne(table.follower(), tombstone("b", 1));

        ScanPage<String, Customer> page = scan().page(new Split("0/1"), null, 1);

        assertThat(page.records()).isEmpty();
        assertThat(page.bytes()).isPositive();
        assertThat(page.last()).isFalse();
    }

    @Test
    void itemsOfOtherKindsAreLeftOutAndThoseThatCannotBeReadAreNamed() {
        String lines =
                DynamoDbServer.shared().createTable("customer", ScalarAttributeType.S, "kind", ScalarAttributeType.S);
        Follower<LineKey, Line> follower = TestTable.open(DynamoDbStore.builder(
                        service.client(),
                        lines,
                        RecordItemMapping.of(Line.class)
                                .partitionKey("customer")
                                .sortKey("kind")
                                .recognising(item -> item.get("kind").s().startsWith("LINE#"))
                                .build(LineKey.class))
                .build());
        put(lines, Map.of("customer", s("c"), "kind", s("LINE#1"), "amount", AttributeValue.fromN("5")));
        put(lines, Map.of("customer", s("c"), "kind", s("LINE#2"), "amount", s("secret")));
        put(lines, Map.of("customer", s("c"), "kind", s("PROFILE"), "amount", s("none")));
        put(lines, Map.of("customer", s("c"), "kind", s("ZETA")));
        applyOne(follower, new VersionedRecord<>(new LineKey("c", "LINE#3"), 1, new Line("c", "LINE#3", 7)));

        List<Line> records = new ArrayList<>();
        List<ScanPage.Unreadable> unreadable = new ArrayList<>();
        String position = null;
        do {
            ScanPage<LineKey, Line> page = scan(follower).page(new Split("0/1"), position, 1);
            page.records().forEach(each -> records.add(each.value()));
            unreadable.addAll(page.unreadable());
            position = page.next();
        } while (position != null);

        assertThat(records).containsExactlyInAnyOrder(new Line("c", "LINE#1", 5), new Line("c", "LINE#3", 7));
        assertThat(unreadable).singleElement().satisfies(one -> {
            assertThat(one.key()).isEqualTo(new LineKey("c", "LINE#2").toString());
            assertThat(one.reason()).contains("amount").doesNotContain("secret");
        });
    }

    @Test
    void aKeyThatCannotBeReadIsNamedByItsAttributes() {
        RecordScan<UUID, Ticket> tickets = scan(TestTable.open(DynamoDbStore.builder(
                        service.client(),
                        table.name(),
                        RecordItemMapping.of(Ticket.class).partitionKey("id").build(UUID.class))
                .build()));
        UUID id = UUID.fromString("00000000-0000-0000-0000-00000000000a");
        table.put(Map.of("id", s("no uuid")));
        table.put(Map.of("id", s(id.toString())));

        ScanPage<UUID, Ticket> page = tickets.page(new Split("0/1"), null, 10);

        assertThat(page.records()).extracting(ScanPage.Scanned::key).containsExactly(id);
        assertThat(page.unreadable()).extracting(ScanPage.Unreadable::key).containsExactly("no uuid");
    }

    @Test
    void throttlingIsTransientIsNotRepeatedHereAndTheSamePositionIsGoodAgain() {
        applyOne(table.follower(), record("a", 1));
        applyOne(table.follower(), record("b", 1));
        RecordScan<String, Customer> scan = scan();
        String next = scan.page(new Split("0/1"), null, 1).next();
        AtomicBoolean throttled = new AtomicBoolean();
        service.before((request, count) -> throttled.compareAndSet(false, true)
                ? FakeService.error("ProvisionedThroughputExceededException", "slow down", 400)
                : null);

        assertThatThrownBy(() -> scan.page(new Split("0/1"), next, 1))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("repository 'customers'")
                .hasMessageContaining(table.name())
                .hasMessageContaining("throttles");

        assertThat(service.requests(ScanRequest.class)).hasSize(2);
        assertThat(scan.page(new Split("0/1"), next, 1).records()).hasSize(1);
    }

    @Test
    void aMissingTableOrPrivilegeIsSaidAtOnce() {
        RecordScan<String, Customer> missing =
                scan(TestTable.open(DynamoDbStore.builder(service.client(), "no-such-table", TestTable.MAPPING)
                        .build()));
        assertThatThrownBy(() -> missing.page(new Split("0/1"), null, 1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no-such-table");
        assertThatThrownBy(missing::estimatedRecords).isInstanceOf(ConfigurationException.class);
        service.failing(() -> FakeService.error("AccessDeniedException", "no dynamodb:Scan", 400));
        assertThatThrownBy(() -> scan().page(new Split("0/1"), null, 1)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void splitsAndPositionsOfAnotherStoreAreRefusedByName() {
        for (String range : List.of("a..b", "16/16", "-1/2", "1/2000000", "")) {
            assertThatThrownBy(() -> scan().page(new Split(range), null, 1))
                    .isInstanceOf(PermanentStoreException.class)
                    .hasMessageContaining("split '" + range + "'")
                    .hasMessageContaining("remove it and begin again");
        }
        for (String position : List.of("4711", "number=N:1", "id=N:1")) {
            assertThatThrownBy(() -> scan().page(new Split("2/3"), position, 1))
                    .isInstanceOf(PermanentStoreException.class)
                    .hasMessageContaining("position '" + position + "' of split 2/3")
                    .hasMessageContaining("remove it and begin again");
        }
    }

    @Test
    void theNumberOfSegmentsHasBounds() {
        assertThat(scan().splits(0)).extracting(Split::range).containsExactly("0/1");
        assertThat(scan().splits(2_000_000)).hasSize(1_000_000);
    }

    @Test
    void anEmptyTableGivesNoEstimate() {
        assertThat(scan().estimatedRecords()).isEmpty();
    }

    @Test
    void aMappingThatCannotReadKeysBackGivesNoScanButABaseline() {
        ItemMapping<String, Customer> oneWay = new ItemMapping<>() {
            @Override
            public String partitionKey() {
                return "id";
            }

            @Override
            public Map<String, AttributeValue> key(String key) {
                return Map.of("id", s(key));
            }

            @Override
            public Map<String, AttributeValue> item(Customer value) {
                return new HashMap<>(TestTable.MAPPING.item(value));
            }

            @Override
            public Customer value(Map<String, AttributeValue> item) {
                return TestTable.MAPPING.value(item);
            }
        };
        Follower<String, Customer> follower = TestTable.open(
                DynamoDbStore.builder(service.client(), table.name(), oneWay).build());

        assertThat(follower.scan()).isEmpty();
        assertThat(follower.baseline()).isPresent();
        try (DualWriteRepository<String, Customer> repository = DualWriteRepository.builder(
                        "customers",
                        InMemoryStore.keyedBy(Customer::id),
                        DynamoDbStore.builder(DynamoDbServer.shared().client(), table.name(), oneWay)
                                .build())
                .build()) {
            assertThatThrownBy(repository::verification)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(
                            "implement keyReader in " + oneWay.getClass().getName());
        }
    }

    private static void put(String table, Map<String, AttributeValue> item) {
        TestTable.join(DynamoDbServer.shared()
                .client()
                .putItem(request -> request.tableName(table).item(item)));
    }
}
