package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

class DynamoDbPurgeTest {

    private final TestTable table = new TestTable();
    private final FakeService service = new FakeService();
    private final Follower<String, Customer> follower = table.follower();
    private final DynamoDbPurge purge =
            DynamoDbPurge.of("customers", table.store().build(), service.client());

    @Test
    void tombstonesGoAndRecordsLoseTheirMarks() throws Exception {
        applyOne(follower, record("a", 1));
        applyOne(follower, tombstone("b", 2));
        table.put(Map.of("id", AttributeValue.fromS("other"), "x", AttributeValue.fromS("y")));

        assertThat(purge.run()).isEqualTo(new PurgeReport(1, 1, 0, 0));

        assertThat(table.item("a")).containsOnlyKeys("id", "name", "credit_limit", "tags");
        assertThat(table.item("b")).isEmpty();
        assertThat(table.item("other")).containsOnlyKeys("id", "x");
        assertThat(join(follower.read("a"))).contains(Customer.of("a", "name 1"));
    }

    @Test
    @Tag("DW-7")
    void runningItAgainFindsNothingMoreToDo() throws Exception {
        applyOne(follower, record("a", 1));
        purge.run();

        assertThat(purge.run()).isEqualTo(new PurgeReport(0, 0, 0, 0));
    }

    @Test
    void everyPageIsPurged() throws Exception {
        List<VersionedRecord<String, Customer>> records = new ArrayList<>();
        String padding = "x".repeat(40_000); // a page holds 1 MB
        for (int i = 0; i < 60; i++) {
            records.add(new VersionedRecord<>("k" + i, 1, Customer.of("k" + i, padding)));
        }
        join(follower.apply(records));

        assertThat(purge.run()).isEqualTo(new PurgeReport(0, 60, 0, 0));
        assertThat(service.requests(ScanRequest.class)).hasSizeGreaterThan(1);
    }

    @Test
    @Tag("DW-2")
    void itemsThatChangeMeanwhileAreLeftAlone() throws Exception {
        applyOne(follower, record("a", 1));
        applyOne(follower, tombstone("b", 1));
        service.before((request, count) -> {
            if (request instanceof UpdateItemRequest) {
                applyOne(follower, record("a", 2));
            } else if (request instanceof DeleteItemRequest) {
                applyOne(follower, record("b", 2));
            }
            return null;
        });

        assertThat(purge.run()).isEqualTo(new PurgeReport(0, 0, 2, 0));

        assertThat(table.item("a")).containsEntry("dw_version", AttributeValue.fromN("2"));
        assertThat(join(follower.read("b"))).contains(Customer.of("b", "name 2"));
    }

    /** By an application without the library that was started before the purge, for which a tombstone is a record to be updated. */
    @Test
    @Tag("DW-1")
    void aTombstoneIntoWhichARecordWasWrittenIsLeftAlone() throws Exception {
        applyOne(follower, tombstone("before", 2));
        applyOne(follower, tombstone("meanwhile", 2));
        table.set("before", "name", "new");
        service.before((request, count) -> {
            if (request instanceof DeleteItemRequest) {
                table.set("meanwhile", "name", "new");
            }
            return null;
        });

        assertThat(purge.run()).isEqualTo(new PurgeReport(0, 0, 2, 0));
        assertThat(purge.wholeTable().run()).isEqualTo(new PurgeReport(0, 0, 2, 0));

        assertThat(table.item("before")).containsEntry("name", AttributeValue.fromS("new"));
        assertThat(table.item("meanwhile")).containsEntry("name", AttributeValue.fromS("new"));
    }

    @Test
    void whatOthersPutIntoATombstoneThatIsNotTheMappingsGoesWithIt() throws Exception {
        applyOne(follower, tombstone("b", 2));
        table.set("b", "score", "others'");

        assertThat(purge.run()).isEqualTo(new PurgeReport(1, 0, 0, 0));

        assertThat(table.item("b")).isEmpty();
    }

    @Test
    void aTombstoneOfWhichTheMappingCannotTellIsLeftAloneForAnyAttribute() throws Exception {
        applyOne(follower, tombstone("order", 2));
        applyOne(follower, tombstone("dropping", 2));
        table.set("order", "amount", "10");
        table.set("dropping", "score", "others'");
        DynamoDbStore<String, Order> orders =
                DynamoDbStore.builder(service.client(), table.name(), ORDERS).build();
        DynamoDbStore<String, Customer> dropping =
                table.store().unmappedAttributes(UnmappedAttributes.DROP).build();

        assertThat(DynamoDbPurge.of("orders", orders, service.client())
                        .wholeTable()
                        .run())
                .isEqualTo(new PurgeReport(0, 0, 2, 0));
        assertThat(DynamoDbPurge.of("customers", dropping, service.client()).run())
                .isEqualTo(new PurgeReport(0, 0, 2, 0));
    }

    @Test
    @Tag("DW-7")
    void failureEndsTheRunAndAnotherOneGoesOn() throws Exception {
        applyOne(follower, record("a", 1));
        applyOne(follower, record("b", 1));
        service.before(
                (request, count) -> count == 3 ? FakeService.error("ThrottlingException", "slow down", 400) : null);

        assertThatThrownBy(purge::run)
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("repository 'customers'")
                .hasMessageContaining(table.name());

        purge.run();
        assertThat(table.item("a")).doesNotContainKey("dw_version");
        assertThat(table.item("b")).doesNotContainKey("dw_version");
    }

    /** Only tombstones have the mark; a record that has an attribute of its name had it from somebody else. */
    @Test
    void aRecordKeepsWhatIsCalledLikeTheExpiryOfATombstone() throws Exception {
        applyOne(follower, record("a", 1));
        table.set("a", "dw_expires_at", "somebody else's");

        assertThat(purge.run()).isEqualTo(new PurgeReport(0, 1, 0, 0));

        assertThat(table.item("a"))
                .containsEntry("dw_expires_at", AttributeValue.fromS("somebody else's"))
                .doesNotContainKey("dw_version");
    }

    record Order(String id, long amount) {}

    /** In the table of the customers, told apart by its keys. */
    private static final RecordItemMapping<String, Order> ORDERS = RecordItemMapping.of(Order.class)
            .partitionKey("id")
            .recognising(item -> {
                AttributeValue id = item.get("id");
                return id != null && id.s().startsWith("order#");
            })
            .build(String.class);

    @Test
    @Tag("DW-2")
    void aTableOfTwoRepositoriesIsPurgedForOneOfThem() throws Exception {
        DynamoDbStore<String, Order> orders =
                DynamoDbStore.builder(service.client(), table.name(), ORDERS).build();
        Follower<String, Order> ofOrders = TestTable.open(orders);
        applyOne(ofOrders, new VersionedRecord<>("order#1", 5, new Order("order#1", 10)));
        applyOne(ofOrders, new VersionedRecord<>("order#2", 6, null));
        applyOne(follower, record("a", 1));
        applyOne(follower, tombstone("b", 2));

        assertThat(DynamoDbPurge.of("orders", orders, service.client()).run()).isEqualTo(new PurgeReport(1, 1, 0, 2));

        assertThat(table.item("order#1")).containsOnlyKeys("id", "amount");
        assertThat(table.item("order#2")).isEmpty();
        assertThat(table.item("a")).containsEntry("dw_version", AttributeValue.fromN("1"));
        assertThat(table.item("b")).containsEntry("dw_deleted", AttributeValue.fromBool(true));
    }

    /** A tombstone has nothing but its key. */
    @Test
    void aMappingThatTellsItemsByAnotherAttributeSaysWhichKeysAreItsOwn() throws Exception {
        RecordItemMapping.Builder<Order> byAmount = RecordItemMapping.of(Order.class)
                .partitionKey("id")
                .recognising(item -> item.get("amount").n() != null);
        DynamoDbStore<String, Order> blind = DynamoDbStore.builder(
                        service.client(), table.name(), byAmount.build(String.class))
                .build();
        applyOne(TestTable.open(blind), new VersionedRecord<>("order#1", 5, null));
        assertThat(DynamoDbPurge.of("orders", blind, service.client()).run()).isEqualTo(new PurgeReport(0, 0, 0, 1));

        DynamoDbStore<String, Order> telling = DynamoDbStore.builder(
                        service.client(),
                        table.name(),
                        byAmount.recognisingKeys(key -> key.get("id").s().startsWith("order#"))
                                .build(String.class))
                .build();
        assertThat(DynamoDbPurge.of("orders", telling, service.client()).run()).isEqualTo(new PurgeReport(1, 0, 0, 0));
        assertThat(table.item("order#1")).isEmpty();
    }

    /** As somebody writes it who thinks of one kind of items. */
    private static final ItemMapping<String, Order> BY_HAND = MappingByHand.of(
            order -> Map.of(
                    "id",
                    AttributeValue.fromS(order.id()),
                    "amount",
                    AttributeValue.fromN(Long.toString(order.amount()))),
            item -> new Order(
                    item.get("id").s(), Long.parseLong(item.get("amount").n())));

    @Test
    @Tag("DW-2")
    void whatAMappingCannotTellIsLeftAloneUnlessTheWholeTableIsPurged() throws Exception {
        DynamoDbStore<String, Order> orders =
                DynamoDbStore.builder(service.client(), table.name(), BY_HAND).build();
        Follower<String, Order> ofOrders = TestTable.open(orders);
        applyOne(ofOrders, new VersionedRecord<>("order#1", 5, new Order("order#1", 10)));
        applyOne(ofOrders, new VersionedRecord<>("order#2", 6, null));
        applyOne(follower, record("a", 1));

        DynamoDbPurge ofAll = DynamoDbPurge.of("orders", orders, service.client());
        assertThat(ofAll.run())
                .as("a customer that is no order, and a tombstone without a way back to its key")
                .isEqualTo(new PurgeReport(0, 1, 0, 2));
        assertThat(table.item("a")).containsEntry("dw_version", AttributeValue.fromN("1"));

        assertThat(ofAll.wholeTable().run()).isEqualTo(new PurgeReport(1, 1, 0, 0));
        assertThat(table.item("a")).containsOnlyKeys("id", "name", "credit_limit", "tags");
        assertThat(table.item("order#2")).isEmpty();
    }

    /** A limit that the Javadoc tells: the delete can look only for attributes whose names it has. */
    @Test
    void whatIsWrittenBetweenScanAndDeleteIsNotSeenWhereTheMappingNamesNoAttributes() throws Exception {
        applyOne(follower, tombstone("meanwhile", 2));
        service.before((request, count) -> {
            if (request instanceof DeleteItemRequest) {
                table.set("meanwhile", "amount", "10");
            }
            return null;
        });
        DynamoDbStore<String, Order> orders =
                DynamoDbStore.builder(service.client(), table.name(), BY_HAND).build();

        assertThat(DynamoDbPurge.of("orders", orders, service.client())
                        .wholeTable()
                        .run())
                .isEqualTo(new PurgeReport(1, 0, 0, 0));

        assertThat(table.item("meanwhile")).isEmpty();
    }

    @Test
    @Tag("DW-1")
    void whatIsStillPendingOfAnAuthorityKeepsVersionAndState() throws Exception {
        AuthorityRig rig = new AuthorityRig();
        Authority<String, Customer> authority = rig.open();
        VersionedRecord<String, Customer> saved = authority.save(Customer.of("a", "Ada"));
        authority.save(Customer.of("b", "Bob"));
        VersionedRecord<String, Customer> deleted = authority.delete("b").orElseThrow();

        assertThat(DynamoDbPurge.of("customers", rig.store(service.client()).build(), service.client())
                        .run())
                .isEqualTo(new PurgeReport(1, 1, 0, 0));

        assertThat(rig.table.item("a")).doesNotContainKey("dw_version");
        assertThat(authority.snapshot(List.of("a", "b"))).containsExactlyInAnyOrder(saved, deleted);
        assertThat(authority.update(Customer.of("a", "Ada again")).version()).isGreaterThan(saved.version());
        assertThat(authority.create(Customer.of("b", "Bob again")).version()).isGreaterThan(deleted.version());
    }
}
