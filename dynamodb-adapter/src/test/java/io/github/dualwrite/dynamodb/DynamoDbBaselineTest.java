package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ApplyResult.Status;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage.Scanned;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchExecuteStatementRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchExecuteStatementResponse;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementErrorCodeEnum;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementResponse;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;

/** The baseline as this store has it: on items, conditions and answers. */
@Tag("DW-2")
class DynamoDbBaselineTest {

    private final FakeService service = new FakeService();
    private final TestTable table = new TestTable();
    private final Follower<String, Customer> follower = table.follower(service);
    private final Follower<String, Customer> live = table.follower();

    private List<ApplyResult> store(List<Scanned<String, Customer>> records) {
        return join(follower.baseline().orElseThrow().store(records));
    }

    private Status store(Scanned<String, Customer> record) {
        return store(List.of(record)).get(0).status();
    }

    private static Scanned<String, Customer> old(String id) {
        return new Scanned<>(id, Customer.of(id, "old"));
    }

    private static boolean puts(Object request, String id) {
        return request instanceof PutItemRequest put
                && AttributeValue.fromS(id).equals(put.item().get("id"));
    }

    @Test
    void itemHasNoMarksAndTheLowestVersionReplacesIt() {
        assertThat(store(old("a"))).isEqualTo(Status.APPLIED);
        assertThat(table.item("a")).containsOnlyKeys("id", "name", "credit_limit", "tags");

        assertThat(applyOne(follower, record("a", 1)).status()).isEqualTo(Status.APPLIED);

        assertThat(table.item("a")).containsEntry("dw_version", AttributeValue.fromN("1"));
        assertThat(store(old("a"))).isEqualTo(Status.SUPERSEDED);
    }

    /** Whatever is committed between the baseline's read of the authority and its put, the version stands. */
    @Test
    @Tag("DW-3")
    void recordAndTombstoneThatComeFirstAtTheLastMomentStand() {
        AtomicBoolean once = new AtomicBoolean();
        service.before((request, count) -> {
            if (puts(request, "a") && once.compareAndSet(false, true)) {
                applyOne(live, record("a", 7));
                applyOne(live, tombstone("b", 8));
            }
            return null;
        });

        assertThat(store(old("a"))).isEqualTo(Status.SUPERSEDED);
        assertThat(store(old("b"))).isEqualTo(Status.SUPERSEDED);

        assertThat(join(live.readAll(List.of("a", "b")))).isEqualTo(Map.of("a", Customer.of("a", "name 7")));
    }

    @Test
    @Tag("DW-3")
    void tombstoneThatComesAfterRemovesItAndKeepsItOut() {
        assertThat(store(old("a"))).isEqualTo(Status.APPLIED);

        assertThat(applyOne(live, tombstone("a", 1)).status()).isEqualTo(Status.APPLIED);

        assertThat(join(live.read("a"))).isEmpty();
        assertThat(store(old("a"))).isEqualTo(Status.SUPERSEDED);
    }

    @Test
    void anItemOfAnotherKindUnderTheKeyIsNotTouched() {
        Map<String, AttributeValue> foreign = Map.of("id", AttributeValue.fromS("a"), "x", AttributeValue.fromS("y"));
        table.put(foreign);

        assertThat(store(old("a"))).isEqualTo(Status.SUPERSEDED);

        assertThat(table.item("a")).isEqualTo(foreign);
    }

    /** TRAPS 24. */
    @Test
    @Tag("DW-6")
    void whatIsTooLargeIsPermanentWhatIsThrottledTransientAndTheRestGoesOn() {
        service.after((response, count) -> response instanceof BatchExecuteStatementResponse batch
                ? batch.toBuilder()
                        .responses(IntStream.range(0, batch.responses().size())
                                .mapToObj(i -> i == 2
                                        ? refusal(BatchStatementErrorCodeEnum.THROTTLING_ERROR)
                                        : batch.responses().get(i))
                                .toList())
                        .build()
                : response);

        List<ApplyResult> results = store(List.of(
                old("a"), old("b"), old("c"), new Scanned<>("d", Customer.of("d", "x".repeat(420 * 1024)))));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(Status.APPLIED, Status.APPLIED, Status.TRANSIENT_FAILURE, Status.PERMANENT_FAILURE);
        assertThat(results.get(2).error()).contains("key c", "throttles");
        assertThat(results.get(3).error()).contains("key d", "400 KB").doesNotContain("xxx");
        assertThat(table.item("b")).isNotEmpty();
        assertThat(table.item("d")).isEmpty();
    }

    private static BatchStatementResponse refusal(BatchStatementErrorCodeEnum code) {
        return BatchStatementResponse.builder().error(error -> error.code(code)).build();
    }

    @Test
    void aBatchThatFailsAsAWholeIsTransientForEachRecord() {
        service.failing(() -> FakeService.error("InternalServerError", "oops", 500));

        assertThat(store(List.of(old("a"), old("b"))))
                .extracting(ApplyResult::status)
                .containsOnly(Status.TRANSIENT_FAILURE);
        assertThat(service.requests()).hasSize(1);
    }

    @Test
    void aRecordThatTheMappingRefusesKeepsNoOtherOut() {
        List<ApplyResult> results = store(List.of(new Scanned<>("", Customer.of("", "no key")), old("a")));

        assertThat(results).extracting(ApplyResult::status).containsExactly(Status.PERMANENT_FAILURE, Status.APPLIED);
    }

    /** TRAPS 18. */
    @Test
    void manyRecordsGoOutTwentyFiveToARequestWithTheSameCondition() {
        applyOne(live, record("k3", 1));
        applyOne(live, tombstone("k4", 1));
        service.before((request, count) -> {
            if (request instanceof BatchExecuteStatementRequest && count == 1) {
                applyOne(live, record("k5", 1)); // at the last moment
            }
            return null;
        });

        List<ApplyResult> results =
                store(IntStream.range(0, 60).mapToObj(i -> old("k" + i)).toList());

        assertThat(results).hasSize(60);
        for (int i = 0; i < 60; i++) {
            assertThat(results.get(i).status())
                    .as("k" + i)
                    .isEqualTo(i >= 3 && i <= 5 ? Status.SUPERSEDED : Status.APPLIED);
        }
        assertThat(service.requests(BatchExecuteStatementRequest.class)).hasSize(3);
        assertThat(service.requests(PutItemRequest.class)).isEmpty();
        assertThat(join(live.read("k5"))).contains(Customer.of("k5", "name 1"));
        assertThat(join(live.read("k4"))).isEmpty();
    }

    @Test
    void withoutThePrivilegeForBatchesEachRecordIsPutByItself() {
        service.before((request, count) -> request instanceof BatchExecuteStatementRequest
                ? FakeService.error("AccessDeniedException", "no dynamodb:PartiQLInsert", 400)
                : null);
        applyOne(live, record("b", 1));

        assertThat(store(List.of(old("a"), old("b"))))
                .extracting(ApplyResult::status)
                .containsExactly(Status.APPLIED, Status.SUPERSEDED);
        assertThat(store(List.of(old("c"), old("d"))))
                .extracting(ApplyResult::status)
                .containsOnly(Status.APPLIED);

        assertThat(service.requests(BatchExecuteStatementRequest.class)).hasSize(1);
        assertThat(service.requests(PutItemRequest.class))
                .hasSize(4)
                .allMatch(put -> put.conditionExpression().equals("attribute_not_exists(#key)"));
    }

    /** What a statement carries is what a put carries, whatever the types and names of the attributes. */
    @Test
    void aBatchStoresTheSameItemsAsPuts() {
        Map<String, AttributeValue> attributes = new HashMap<>();
        attributes.put("S", AttributeValue.fromS("it's \"quoted\" \\ ? {}"));
        attributes.put("N", AttributeValue.fromN("12345678901234567890.123456789"));
        attributes.put("b-1 .x\"", AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {0, -1})));
        attributes.put("BOOL", AttributeValue.fromBool(true));
        attributes.put("null", AttributeValue.fromNul(true));
        attributes.put("SS", AttributeValue.fromSs(List.of("a", "b")));
        attributes.put("NS", AttributeValue.fromNs(List.of("1", "2")));
        attributes.put(
                "table",
                AttributeValue.fromM(Map.of(
                        "k",
                        AttributeValue.fromL(List.of()),
                        "x'y",
                        AttributeValue.fromL(List.of(AttributeValue.fromS(""))))));
        Map<String, AttributeValue> quoted = new HashMap<>(attributes);
        quoted.put("it's", AttributeValue.fromS("a name that no statement can hold"));
        ItemMapping<String, Map<String, AttributeValue>> raw = MappingByHand.of(value -> value, item -> item);
        Baseline<String, Map<String, AttributeValue>> baseline = TestTable.open(
                        DynamoDbStore.builder(service.client(), table.name(), raw)
                                .build())
                .baseline()
                .orElseThrow();

        assertThat(join(baseline.store(List.of(new Scanned<>("put", attributes)))))
                .extracting(ApplyResult::status)
                .containsOnly(Status.APPLIED);
        assertThat(join(baseline.store(List.of(
                        new Scanned<>("a", attributes), new Scanned<>("b", attributes), new Scanned<>("c", quoted)))))
                .extracting(ApplyResult::status)
                .containsOnly(Status.APPLIED);

        Map<String, AttributeValue> expected = new HashMap<>(table.item("put"));
        expected.put("id", AttributeValue.fromS("a"));
        assertThat(table.item("a")).isEqualTo(expected).hasSize(attributes.size() + 1);
        assertThat(table.item("c")).containsKey("it's");
        assertThat(service.requests(PutItemRequest.class))
                .extracting(put -> put.item().get("id").s())
                .containsExactly("put", "c");
    }
}
