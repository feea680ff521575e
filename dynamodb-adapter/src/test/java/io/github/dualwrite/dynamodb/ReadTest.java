package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;

@Tag("DW-5")
class ReadTest {

    private final TestTable table = new TestTable();
    private final FakeService service = new FakeService();
    private final Follower<String, Customer> follower = table.follower(service);

    @Test
    void readsAskForConsistency() {
        join(follower.read("a"));
        join(follower.readAll(List.of("a", "b")));

        assertThat(service.requests(GetItemRequest.class)).singleElement().matches(GetItemRequest::consistentRead);
        assertThat(service.requests(BatchGetItemRequest.class))
                .singleElement()
                .matches(r -> r.requestItems().get(table.name()).consistentRead());
    }

    @Test
    void manyKeysAreReadInRequestsOfAHundredDistinctOnes() {
        List<VersionedRecord<String, Customer>> records = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 230; i++) {
            records.add(i % 10 == 0 ? tombstone("k" + i, 1) : record("k" + i, 1));
            keys.add("k" + i);
            keys.add("k" + i);
            keys.add("absent" + i);
        }
        join(follower.apply(records));

        Map<String, Customer> found = join(follower.readAll(keys));

        assertThat(found).hasSize(207).doesNotContainKeys("k0", "absent1");
        assertThat(found)
                .allSatisfy((key, customer) -> assertThat(customer.id()).isEqualTo(key));
        assertThat(service.requests(BatchGetItemRequest.class).stream()
                        .map(r -> r.requestItems().get(table.name()).keys().size()))
                .containsExactlyInAnyOrder(100, 100, 100, 100, 60);
    }

    @Test // TRAPS 18
    void keysThatWereLeftUnprocessedAreAskedForAgain() {
        join(follower.apply(List.of(record("a", 1), record("b", 1), record("c", 1))));
        service.requests().clear();
        service.after((response, count) -> count < 3 ? leavingOneUnprocessed(response) : response);

        assertThat(join(follower.readAll(List.of("a", "b", "c")))).containsOnlyKeys("a", "b", "c");

        assertThat(service.requests(BatchGetItemRequest.class).stream()
                        .map(r -> r.requestItems().get(table.name()).keys().size()))
                .containsExactly(3, 1, 1);
        assertThat(service.requests(BatchGetItemRequest.class))
                .allMatch(r -> r.requestItems().get(table.name()).consistentRead());
    }

    private SdkResponse leavingOneUnprocessed(SdkResponse response) {
        BatchGetItemResponse answer = (BatchGetItemResponse) response;
        List<Map<String, AttributeValue>> items = answer.responses().get(table.name());
        Map<String, AttributeValue> left = Map.of("id", items.get(0).get("id"));
        return answer.toBuilder()
                .responses(Map.of(table.name(), items.subList(1, items.size())))
                .unprocessedKeys(Map.of(
                        table.name(),
                        KeysAndAttributes.builder().keys(List.of(left)).build()))
                .build();
    }

    /** A table that the request calls by its ARN the answer may call by its name, and the other way round. */
    @Test
    void anAnswerThatCallsTheTableOtherwiseIsTakenAndOneOfAnotherTableIsNot() {
        join(follower.apply(List.of(record("a", 1), record("b", 1))));
        String arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/" + table.name();

        service.after((response, count) -> renamed(response, arn));
        assertThat(join(follower.readAll(List.of("a", "b")))).containsOnlyKeys("a", "b");

        service.after((response, count) -> renamed(response, "other"));
        assertThatThrownBy(() -> join(follower.readAll(List.of("a", "b"))))
                .hasCauseInstanceOf(TransientStoreException.class);
    }

    private SdkResponse renamed(SdkResponse response, String name) {
        return response instanceof BatchGetItemResponse answer
                ? answer.toBuilder()
                        .responses(Map.of(name, answer.responses().get(table.name())))
                        .build()
                : response;
    }

    @Test
    void keysThatStayUnprocessedFailTheReadInTheEnd() {
        join(follower.apply(List.of(record("a", 1))));
        service.after((response, count) -> leavingOneUnprocessed(response));

        assertThatThrownBy(() -> join(follower.readAll(List.of("a"))))
                .hasCauseInstanceOf(TransientStoreException.class)
                .hasMessageContaining("READ_ALL of key a")
                .hasMessageContaining("throttles");
    }

    @Test
    void failureOfOneRequestFailsTheRead() {
        service.before(
                (request, count) -> count == 2 ? FakeService.error("ThrottlingException", "slow down", 400) : null);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            keys.add("k" + i);
        }

        assertThatThrownBy(() -> join(follower.readAll(keys))).hasCauseInstanceOf(TransientStoreException.class);
        assertThatThrownBy(() -> {
                    service.failing(() -> FakeService.error("InternalServerError", "x", 500));
                    join(follower.read("a"));
                })
                .hasCauseInstanceOf(TransientStoreException.class)
                .hasMessageContaining("READ of key a");
    }

    @Test
    void keyThatDynamoDbCannotHoldFailsTheReadSoThatTheAuthorityAnswers() {
        assertThatThrownBy(() -> join(follower.read(""))).hasCauseInstanceOf(PermanentStoreException.class);
        assertThatThrownBy(() -> join(follower.readAll(List.of("a", ""))))
                .hasCauseInstanceOf(PermanentStoreException.class);
    }

    @Test
    void noKeysNoRequest() {
        assertThat(join(follower.readAll(List.of()))).isEmpty();
        assertThat(service.requests()).isEmpty();
    }
}
