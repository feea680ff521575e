package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ApplyResult.Status;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage.Scanned;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;

/** The baseline as this store has it: on items, conditions and answers. */
@Tag("DW-2")
class DynamoDbBaselineTest {

    private final FakeService service = new FakeService();
    private final TestTable table = new TestTable();
    private final Follower<String, Customer> follower = table.follower(service);
    private final Follower<String, Customer> live = table.follower();

    @SafeVarargs
    private final List<ApplyResult> store(Scanned<String, Customer>... records) {
        return join(follower.baseline().orElseThrow().store(List.of(records)));
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
        assertThat(store(old("a")).get(0).status()).isEqualTo(Status.APPLIED);
        assertThat(table.item("a")).containsOnlyKeys("id", "name", "credit_limit", "tags");

        assertThat(applyOne(follower, record("a", 1)).status()).isEqualTo(Status.APPLIED);

        assertThat(table.item("a")).containsEntry("dw_version", AttributeValue.fromN("1"));
        assertThat(store(old("a")).get(0).status()).isEqualTo(Status.SUPERSEDED);
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

        assertThat(store(old("a")).get(0).status()).isEqualTo(Status.SUPERSEDED);
        assertThat(store(old("b")).get(0).status()).isEqualTo(Status.SUPERSEDED);

        assertThat(join(live.readAll(List.of("a", "b")))).isEqualTo(Map.of("a", Customer.of("a", "name 7")));
    }

    @Test
    @Tag("DW-3")
    void tombstoneThatComesAfterRemovesItAndKeepsItOut() {
        assertThat(store(old("a")).get(0).status()).isEqualTo(Status.APPLIED);

        assertThat(applyOne(live, tombstone("a", 1)).status()).isEqualTo(Status.APPLIED);

        assertThat(join(live.read("a"))).isEmpty();
        assertThat(store(old("a")).get(0).status()).isEqualTo(Status.SUPERSEDED);
    }

    @Test
    void anItemOfAnotherKindUnderTheKeyIsNotTouched() {
        Map<String, AttributeValue> foreign = Map.of("id", AttributeValue.fromS("a"), "x", AttributeValue.fromS("y"));
        table.put(foreign);

        assertThat(store(old("a")).get(0).status()).isEqualTo(Status.SUPERSEDED);

        assertThat(table.item("a")).isEqualTo(foreign);
    }

    /** TRAPS 24. */
    @Test
    @Tag("DW-6")
    void whatIsTooLargeIsPermanentWhatIsThrottledTransientAndTheRestGoesOn() {
        service.before((request, count) ->
                puts(request, "c") ? FakeService.error("ThrottlingException", "slow down", 400) : null);

        List<ApplyResult> results = store(
                old("a"), new Scanned<>("b", Customer.of("b", "x".repeat(420 * 1024))), old("c"), old("d"));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(
                        Status.APPLIED, Status.PERMANENT_FAILURE, Status.TRANSIENT_FAILURE, Status.APPLIED);
        assertThat(results.get(1).error()).contains("key b", "400 KB").doesNotContain("xxx");
        assertThat(results.get(2).error()).contains("key c", "throttles");
        assertThat(Stream.of("a", "b", "c", "d").filter(id -> !table.item(id).isEmpty()))
                .containsExactly("a", "d");
    }

    @Test
    void aRecordThatTheMappingRefusesKeepsNoOtherOut() {
        List<ApplyResult> results = store(new Scanned<>("", Customer.of("", "no key")), old("a"));

        assertThat(results).extracting(ApplyResult::status).containsExactly(Status.PERMANENT_FAILURE, Status.APPLIED);
    }

    @Test
    void batchesGoOutSeveralRequestsAtOnceEachWithItsCondition() {
        VersionedRecord<String, Customer> live1 = record("k3", 1);
        applyOne(live, live1);

        List<ApplyResult> results = store(old("k1"), old("k2"), old("k3"));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(Status.APPLIED, Status.APPLIED, Status.SUPERSEDED);
        assertThat(service.requests(PutItemRequest.class))
                .hasSize(3)
                .allMatch(put -> put.conditionExpression().equals("attribute_not_exists(#key)"));
    }
}
