package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ApplyResult.Status;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.ScanPage.Scanned;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A mapping that runs out of stack, as a deeply nested value makes it, concerns the one record. */
@Tag("DW-6")
class MappingErrorTest {

    private static final String DEEP = "deep";

    private final TestTable table = new TestTable();

    private final Follower<String, String> follower = TestTable.open(DynamoDbStore.builder(
                    new FakeService().client(),
                    table.name(),
                    MappingByHand.of(
                                    text -> Map.of("text", AttributeValue.fromS(shallow(text))),
                                    item -> shallow(item.get("text").s()))
                            .withWayBack())
            .build());

    private static String shallow(String text) {
        return text.equals(DEEP) ? deeper(text) : text;
    }

    @SuppressWarnings("InfiniteRecursion")
    private static String deeper(String text) {
        return deeper(text) + ".";
    }

    private void storeDeep() {
        table.put(Map.of("id", AttributeValue.fromS("b"), "text", AttributeValue.fromS(DEEP)));
    }

    @Test
    void itsWriteIsParkedAndTheOthersOfTheBatchAreApplied() {
        List<ApplyResult> results = join(follower.apply(List.of(
                new VersionedRecord<>("a", 1, "flat"),
                new VersionedRecord<>("b", 1, DEEP),
                new VersionedRecord<>("c", 1, "flat"))));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(Status.APPLIED, Status.PERMANENT_FAILURE, Status.APPLIED);
        assertThat(results.get(1).error()).contains("key b", "java.lang.StackOverflowError");
    }

    @Test
    void itsReadFails() {
        storeDeep();

        assertThatThrownBy(() -> join(follower.read("b")))
                .hasCauseInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("java.lang.StackOverflowError");
        assertThatThrownBy(() -> join(follower.readAll(List.of("a", "b"))))
                .hasCauseInstanceOf(PermanentStoreException.class);
    }

    @Test
    void itsBaselineFailsForGoodAndTheOthersOfTheBatchAreStored() {
        List<ApplyResult> results = join(follower.baseline()
                .orElseThrow()
                .store(List.of(new Scanned<>("a", "flat"), new Scanned<>("b", DEEP), new Scanned<>("c", "flat"))));

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(Status.APPLIED, Status.PERMANENT_FAILURE, Status.APPLIED);
    }

    @Test
    void aScanTellsOfItAndGoesOn() {
        storeDeep();
        applyOne(follower, new VersionedRecord<>("a", 1, "flat"));
        RecordScan<String, String> scan = follower.scan().orElseThrow();

        ScanPage<String, String> page = scan.page(scan.splits(1).get(0), null, 10);

        assertThat(page.records()).containsExactly(new Scanned<>("a", "flat"));
        assertThat(page.unreadable())
                .singleElement()
                .satisfies(unreadable -> assertThat(unreadable.key()).isEqualTo("b"));
    }
}
