package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage.Scanned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What docs/operations.md gives to readers of a table's stream as filters, on the images that the library makes. */
class StreamFiltersTest {

    private final TestTable table = new TestTable();
    private final Follower<String, Customer> follower = table.follower();
    private final List<JsonNode> filters = filters();

    /** The filters for deletes, for records, and for records of a backfill. */
    private static List<JsonNode> filters() {
        try {
            return Files.readString(Path.of("..", "docs", "operations.md"))
                    .lines()
                    .filter(line -> line.startsWith("{") && line.contains("NewImage"))
                    .map(line -> JsonNode.parser().parse(line))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As which of them an event passes. */
    private List<String> passed(Map<String, AttributeValue> before) {
        Map<String, AttributeValue> after = table.item("a");
        String event = before.isEmpty() ? "INSERT" : after.isEmpty() ? "REMOVE" : "MODIFY";
        assertThat(filters).hasSize(3);
        List<String> passed = new ArrayList<>();
        for (int i = 0; i < filters.size(); i++) {
            JsonNode filter = filters.get(i);
            JsonNode image = filter.asObject().get("dynamodb").asObject().get("NewImage");
            boolean ofEvent = filter.field("eventName")
                    .map(names -> names.asArray().stream()
                            .anyMatch(name -> name.text().equals(event)))
                    .orElse(true);
            if (ofEvent
                    && image.asObject().entrySet().stream()
                            .allMatch(rule -> passes(rule.getValue(), after.get(rule.getKey())))) {
                passed.add(List.of("delete", "record", "backfilled").get(i));
            }
        }
        return passed;
    }

    private static boolean passes(JsonNode rule, @Nullable AttributeValue value) {
        JsonNode wanted = rule.asObject().values().iterator().next().asArray().get(0);
        return wanted.isObject()
                ? wanted.asObject().get("exists").asBoolean() == (value != null)
                : value != null && value.bool() != null && value.bool() == wanted.asBoolean();
    }

    @Test
    void everyRecordAndEveryDeleteIsSeenOnceAndNothingElse() throws Exception {
        join(follower.baseline().orElseThrow().store(List.of(new Scanned<>("a", Customer.of("a", "from before")))));
        assertThat(passed(Map.of())).containsExactly("backfilled");

        Map<String, AttributeValue> before = table.item("a");
        applyOne(follower, record("a", 1));
        assertThat(passed(before)).containsExactly("record");
        assertThat(passed(Map.of())).as("the same under a new key").containsExactly("record");

        before = table.item("a");
        DynamoDbPurge.of(
                        "customers",
                        table.store().build(),
                        DynamoDbServer.shared().client())
                .run();
        assertThat(passed(before)).as("the purge of a record").isEmpty();

        applyOne(follower, tombstone("a", 2));
        assertThat(passed(before)).containsExactly("delete");
        assertThat(passed(Map.of())).as("the same under a new key").containsExactly("delete");

        before = table.item("a");
        DynamoDbPurge.of(
                        "customers",
                        table.store().build(),
                        DynamoDbServer.shared().client())
                .run();
        assertThat(passed(before)).as("the purge of a tombstone").isEmpty();
    }
}
