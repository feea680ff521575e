package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What a write does with attributes of an item that the mapping does not know. */
class UnmappedAttributesTest {

    private static final AttributeValue OTHER = AttributeValue.fromS("not the mapping's");

    private final AuthorityRig rig = new AuthorityRig();
    private final Authority<String, Customer> authority = rig.open();

    private Map<String, AttributeValue> stored() {
        Map<String, AttributeValue> item = new HashMap<>(rig.table.item("a"));
        assertThat(item.remove("dw_version")).as("a version").isNotNull();
        return item;
    }

    private Map<String, AttributeValue> whatIsMadeOf(Customer customer, boolean withOther) {
        Map<String, AttributeValue> item = new HashMap<>(TestTable.MAPPING.item(customer));
        if (withOther) {
            item.put("elsewhere", OTHER);
        }
        return item;
    }

    private void setOther() {
        rig.table.set("a", "elsewhere", OTHER.s());
    }

    @Test
    void theyStayWhenARecordIsSavedOrUpdatedByItselfOrInABatch() {
        authority.create(Customer.of("a", "Ada"));
        setOther();

        authority.save(Customer.of("a", "Grace"));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Grace"), true));

        authority.update(Customer.of("a", "Barbara"));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Barbara"), true));

        authority.saveAll(List.of(Customer.of("a", "Edsger"), Customer.of("b", "Alan")));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Edsger"), true));

        authority.markPending(List.of("a"));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Edsger"), true));
    }

    @Test
    void anAttributeOfTheMappingThatTheRecordNoLongerHasIsTakenOut() {
        authority.create(Customer.of("a", "Ada"));
        setOther();
        Customer without = new Customer("a", "Ada", null, List.of());

        authority.save(without);

        assertThat(stored())
                .isEqualTo(whatIsMadeOf(without, true))
                .containsKey("elsewhere")
                .doesNotContainKey("credit_limit");
        assertThat(authority.read("a")).contains(without);
    }

    @Test
    void aRecordThatIsOlderThanDualWritesKeepsThemToo() {
        rig.table.put(whatIsMadeOf(Customer.of("a", "Ada"), true));

        authority.update(Customer.of("a", "Grace"));

        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Grace"), true));
    }

    @Test
    void aDeleteTakesThemAndWhatIsSavedOverATombstoneIsARecord() {
        authority.create(Customer.of("a", "Ada"));
        setOther();

        authority.delete("a");
        assertThat(stored()).containsOnlyKeys("id", "dw_deleted", "dw_expires_at");

        authority.save(Customer.of("a", "Grace"));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Grace"), false));

        authority.delete("a");
        authority.create(Customer.of("a", "Barbara"));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Barbara"), false));
    }

    /** As {@code save} does, so that what another service adds is not lost by who came first. */
    @Test
    void whatWasPutIntoATombstoneStaysWhenTheRecordIsCreatedAgain() {
        authority.create(Customer.of("a", "Ada"));
        authority.delete("a");
        setOther();

        authority.create(Customer.of("a", "Grace"));

        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Grace"), true));
        assertThatThrownBy(() -> authority.create(Customer.of("a", "Barbara")))
                .isInstanceOf(RecordExistsException.class);
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Grace"), true));
    }

    @Test
    void theyAreLostWhereWholeItemsAreToBeReplaced() {
        Authority<String, Customer> dropping = AuthorityRig.open(
                rig.store(DynamoDbServer.shared().client()).unmappedAttributes(UnmappedAttributes.DROP));
        dropping.create(Customer.of("a", "Ada"));
        setOther();

        dropping.save(Customer.of("a", "Grace"));

        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "Grace"), false));
    }

    /** A table that was the authority and follows now, so that there is a way back. */
    private Follower<String, Customer> keepingFollower() {
        return TestTable.open(rig.store(DynamoDbServer.shared().client())
                .unmappedAttributes(UnmappedAttributes.KEEP)
                .build());
    }

    @Test
    void aFollowerThatIsToldSoLeavesThemToo() {
        Customer without = new Customer("a", "Grace", null, List.of());
        authority.create(Customer.of("a", "Ada"));
        setOther();
        long version = authority.save(Customer.of("a", "Ada")).version();
        Follower<String, Customer> follower = keepingFollower();

        assertThat(applyOne(follower, new VersionedRecord<>("a", version + 1, without)))
                .isEqualTo(ApplyResult.applied());
        assertThat(stored()).isEqualTo(whatIsMadeOf(without, true)).doesNotContainKey("credit_limit");

        assertThat(applyOne(follower, new VersionedRecord<>("a", version, Customer.of("a", "stale"))))
                .isEqualTo(ApplyResult.superseded());
        assertThat(stored()).isEqualTo(whatIsMadeOf(without, true));

        rig.table.put(whatIsMadeOf(Customer.of("a", "older than dual writes"), true));
        applyOne(follower, record("a", 1));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "name 1"), true));
    }

    @Test
    void aTombstoneOfAFollowerTakesThemAndWhatIsAppliedOverItIsARecord() {
        Follower<String, Customer> follower = keepingFollower();
        applyOne(follower, record("a", 1));
        setOther();

        applyOne(follower, tombstone("a", 2));
        assertThat(stored()).containsOnlyKeys("id", "dw_deleted", "dw_expires_at");

        applyOne(follower, record("a", 3));
        assertThat(stored()).isEqualTo(whatIsMadeOf(Customer.of("a", "name 3"), false));
    }

    @Test
    void aFollowerThatKeepsThemShowsAMappingNothingOfThem() {
        DynamoDbStore<String, Map<String, String>> store = store(rig.table.name(), Set.of("name"))
                .unmappedAttributes(UnmappedAttributes.KEEP)
                .build();
        Follower<String, Map<String, String>> byHand = TestTable.open(store);
        Map<String, String> applied = Map.of("id", "a", "name", "Ada");
        applyOne(byHand, new VersionedRecord<>("a", 1, applied));
        setOther();

        assertThat(join(byHand.read("a"))).contains(applied);
        assertThat(join(byHand.readAll(List.of("a")))).isEqualTo(Map.of("a", applied));
        assertThat(scanned(byHand.scan())).containsExactly(applied);
    }

    @Test
    void aFollowerThatKeepsThemParksARecordWithAnAttributeThatTheMappingDoesNotName() {
        Follower<String, Map<String, String>> byHand = TestTable.open(store(rig.table.name(), Set.of("name"))
                .unmappedAttributes(UnmappedAttributes.KEEP)
                .build());
        Map<String, String> more = Map.of("id", "a", "name", "Ada", "more", "secret");

        ApplyResult applied = applyOne(byHand, new VersionedRecord<>("a", 1, more));
        ApplyResult stored = join(byHand.baseline().orElseThrow().store(List.of(new ScanPage.Scanned<>("a", more))))
                .get(0);

        for (ApplyResult result : List.of(applied, stored)) {
            assertThat(result.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
            assertThat(result.error())
                    .contains("attribute more", "ownedAttributes")
                    .doesNotContain("secret");
        }
        assertThat(rig.table.item("a")).isEmpty();
    }

    @Test
    void whoIsToldToKeepThemNeedsAMappingThatSaysWhichAreItsOwnInEitherRole() {
        DynamoDbStore<String, Map<String, String>> keeping =
                store(null).unmappedAttributes(UnmappedAttributes.KEEP).build();

        assertThatThrownBy(() -> TestTable.open(keeping))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ownedAttributes")
                .hasMessageContaining("ByHand")
                .hasMessageContaining("DROP");
        assertThatThrownBy(() -> keeping.openAuthority(new StoreContext("customers", Duration.ZERO)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ownedAttributes");
        assertThatCode(() -> TestTable.open(store(null).build())).doesNotThrowAnyException();
    }

    /** An item of a few texts, whatever they are called. */
    private record ByHand(@Nullable Set<String> owned) implements ItemMapping<String, Map<String, String>> {

        static final String OF_ANOTHER_KIND = "of-another-kind";

        @Override
        public String partitionKey() {
            return "id";
        }

        @Override
        public Optional<Set<String>> ownedAttributes() {
            return Optional.ofNullable(owned);
        }

        @Override
        public Map<String, AttributeValue> key(String key) {
            return Map.of("id", AttributeValue.fromS(key));
        }

        @Override
        public Optional<Function<Map<String, AttributeValue>, String>> keyReader() {
            return Optional.of(item -> item.get("id").s());
        }

        @Override
        public boolean recognises(Map<String, AttributeValue> item) {
            return !item.containsKey(OF_ANOTHER_KIND);
        }

        @Override
        public Map<String, AttributeValue> item(Map<String, String> value) {
            return value.entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, e -> AttributeValue.fromS(e.getValue())));
        }

        @Override
        public Map<String, String> value(Map<String, AttributeValue> item) {
            return item.entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, e -> e.getValue().s()));
        }
    }

    private static DynamoDbStore.Builder<String, Map<String, String>> store(@Nullable Set<String> owned) {
        return store(DynamoDbServer.shared().createTable("id", ScalarAttributeType.S), owned);
    }

    private static DynamoDbStore.Builder<String, Map<String, String>> store(String table, @Nullable Set<String> owned) {
        return DynamoDbStore.builder(DynamoDbServer.shared().client(), table, new ByHand(owned))
                .schema(TestQueue.install(1));
    }

    @Test
    void aMappingSeesNothingElseWhicheverWayARecordIsReadSoThatAVersionHasOneState() {
        Authority<String, Map<String, String>> byHand = AuthorityRig.open(store(rig.table.name(), Set.of("name")));
        byHand.create(Map.of("id", "a", "name", "Ada"));
        setOther();

        Map<String, String> saved =
                byHand.save(Map.of("id", "a", "name", "Grace")).value();

        assertThat(rig.table.item("a")).containsEntry("elsewhere", OTHER);
        assertThat(saved).isEqualTo(Map.of("id", "a", "name", "Grace"));
        assertThat(byHand.read("a")).contains(saved);
        assertThat(byHand.readAll(List.of("a"))).isEqualTo(Map.of("a", saved));
        assertThat(byHand.snapshot(List.of("a")))
                .singleElement()
                .extracting(VersionedRecord::value)
                .isEqualTo(saved);
        assertThat(scanned(byHand.scan())).containsExactly(saved);
    }

    @Test
    void whatAMappingRecognisesItTellsByTheWholeItem() {
        Authority<String, Map<String, String>> byHand = AuthorityRig.open(store(rig.table.name(), Set.of("name")));
        byHand.create(Map.of("id", "a", "name", "Ada"));
        byHand.create(Map.of("id", "b", "name", "Alan"));
        rig.table.set("b", ByHand.OF_ANOTHER_KIND, "yes");

        assertThat(scanned(byHand.scan())).containsExactly(Map.of("id", "a", "name", "Ada"));
    }

    private static List<Map<String, String>> scanned(Optional<RecordScan<String, Map<String, String>>> scan) {
        RecordScan<String, Map<String, String>> all = scan.orElseThrow();
        return all.page(all.splits(1).get(0), null, 10).records().stream()
                .map(ScanPage.Scanned::value)
                .toList();
    }

    @Test
    void aMappingThatDoesNotSayWhichAreItsOwnIsRefusedUnlessWholeItemsAreReplaced() {
        assertThatThrownBy(() -> AuthorityRig.open(store(null)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ownedAttributes")
                .hasMessageContaining("ByHand")
                .hasMessageContaining("DROP");

        Authority<String, Map<String, String>> replacing =
                AuthorityRig.open(store(null).unmappedAttributes(UnmappedAttributes.DROP));
        assertThat(replacing.save(Map.of("id", "a", "any", "thing")).key()).isEqualTo("a");
    }

    @Test
    void anAttributeThatIsNotAmongThoseThatTheMappingNamesIsRefusedBeforeAnythingIsWritten() {
        Authority<String, Map<String, String>> authority = AuthorityRig.open(store(Set.of("name")));

        assertThatThrownBy(() -> authority.save(Map.of("id", "a", "name", "Ada", "more", "secret")))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("attribute more")
                .hasMessageContaining("ownedAttributes")
                .hasMessageContaining("of key a")
                .hasMessageNotContaining("secret");
        assertThat(authority.read("a")).isEmpty();
    }

    @Test
    void asManyAsAnExpressionTakesCanBeChangedAndMoreAreRefused() {
        List<String> names =
                IntStream.range(0, 301).mapToObj(i -> "attribute-" + i).toList();
        Set<String> most = Set.copyOf(names.subList(0, 300));
        Authority<String, Map<String, String>> authority = AuthorityRig.open(store(most));
        Map<String, String> record = most.stream().collect(Collectors.toMap(name -> name, name -> "x"));
        record.put("id", "a");

        authority.save(record);
        assertThat(authority.read("a")).contains(record);
        authority.save(Map.of("id", "a"));
        assertThat(authority.read("a")).contains(Map.of("id", "a"));

        assertThatThrownBy(() -> AuthorityRig.open(store(Set.copyOf(names))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("301");
    }

    @Test
    void aMarkIsNoAttributeOfAMapping() {
        assertThatThrownBy(() -> store(Set.of("dw_deleted")).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dw_deleted");
    }
}
