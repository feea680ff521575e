package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Writes spread over the shards, whatever the keys are made of. */
class QueueTableTest {

    private static final int SHARDS = 128;
    private static final int KEYS = 100_000;

    static Stream<Arguments> keys() {
        Random random = new Random(4711);
        return Stream.of(
                of("numbers in a row", i -> Map.of("id", AttributeValue.fromN(Integer.toString(i)))),
                of("texts in a row", i -> Map.of("id", AttributeValue.fromS("customer-" + i))),
                of(
                        "uuids",
                        i -> Map.of(
                                "id", AttributeValue.fromS(new UUID(random.nextLong(), random.nextLong()).toString()))),
                of(
                        "two parts",
                        i -> Map.of(
                                "id", AttributeValue.fromS("tenant-" + i % 100),
                                "sort", AttributeValue.fromN(Integer.toString(i / 100)))));
    }

    private static Arguments of(String name, IntFunction<Map<String, AttributeValue>> key) {
        return Arguments.of(name, key);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("keys")
    void noShardHasMuchMoreThanItsPart(String name, IntFunction<Map<String, AttributeValue>> key) {
        QueueTable queue = new QueueTable("customers", SHARDS);
        Map<AttributeValue, Integer> counts = new HashMap<>();
        for (int i = 0; i < KEYS; i++) {
            Map<String, AttributeValue> attributes = key.apply(i);
            String text = KeyText.of(attributes, attributes.size() == 1 ? List.of("id") : List.of("id", "sort"));
            counts.merge(queue.key(text).get("queue_shard"), 1, Integer::sum);
        }

        assertThat(counts).hasSize(SHARDS);
        assertThat(counts.values()).allMatch(count -> count < 1.25 * KEYS / SHARDS);
    }
}
