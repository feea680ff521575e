package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.VersionedRecord;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What DynamoDB cannot hold without loss is refused with a message that names the attribute, not the value. */
@Tag("DW-6")
class RejectedValuesTest {

    record Line(double price) {}

    record Bill(
            String id,
            double total,
            @Nullable Float rate,
            @Nullable BigInteger big,
            @Nullable Instant at,
            @Nullable LocalDate day,
            @Nullable String text,
            List<Line> lines,
            Map<String, Line> named) {

        static Bill of(double total, Float rate, double price) {
            return new Bill("b", total, rate, null, null, null, null, List.of(new Line(1), new Line(price)), Map.of());
        }

        static Bill of(BigInteger big, Instant at, LocalDate day, String text) {
            return new Bill("b", 0, null, big, at, day, text, List.of(), Map.of());
        }
    }

    private final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);
    private final Follower<String, Bill> follower = TestTable.open(DynamoDbStore.builder(
                    DynamoDbServer.shared().client(),
                    table,
                    RecordItemMapping.of(Bill.class).partitionKey("id").build(String.class))
            .build());

    static Stream<Arguments> rejected() {
        return Stream.of(
                Arguments.of(Bill.of(Double.NaN, 1f, 1), "attribute total is NaN"),
                Arguments.of(Bill.of(Double.POSITIVE_INFINITY, 1f, 1), "attribute total is an infinity"),
                Arguments.of(Bill.of(-0.0, 1f, 1), "attribute total is negative zero"),
                Arguments.of(Bill.of(Double.MAX_VALUE, 1f, 1), "attribute total is a number beyond"),
                Arguments.of(Bill.of(-Double.MIN_VALUE, 1f, 1), "attribute total is a number beyond"),
                Arguments.of(Bill.of(1, Float.NaN, 1), "attribute rate is NaN"),
                Arguments.of(Bill.of(1, -0f, 1), "attribute rate is negative zero"),
                Arguments.of(Bill.of(1, 1f, Double.NaN), "attribute lines[1].price is NaN"),
                Arguments.of(
                        new Bill("b", 1, null, null, null, null, null, List.of(), Map.of("", new Line(1))),
                        "attribute named is a map with a null or empty key"),
                Arguments.of(
                        new Bill("b", 1, null, null, null, null, null, List.of(), Map.of("SECRET", new Line(-0.0))),
                        "attribute named[*].price is negative zero"),
                Arguments.of(
                        Bill.of(BigInteger.TEN.pow(38), null, null, null), "attribute big has more than 38 digits"),
                Arguments.of(Bill.of(null, Instant.MAX, null, null), "attribute at lies outside the years"),
                Arguments.of(Bill.of(null, null, LocalDate.of(-1, 1, 1), null), "attribute day lies outside the years"),
                Arguments.of(Bill.of(null, null, null, "SECRET\ud800"), "attribute text holds half a surrogate pair"));
    }

    @ParameterizedTest
    @MethodSource("rejected") // TRAPS 24
    void valueIsAPermanentFailureOfItsRecord(Bill bill, String problem) {
        Bill good = new Bill("good", 1, null, null, null, null, null, List.of(), Map.of());

        List<ApplyResult> results = join(
                follower.apply(List.of(new VersionedRecord<>("b", 1, bill), new VersionedRecord<>("good", 1, good))));

        assertThat(results.get(0).status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        assertThat(results.get(0).error())
                .contains("repository 'customers'", "key b", table, problem)
                .doesNotContain("SECRET");
        assertThat(results.get(1).status()).isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(join(follower.read("b"))).isEmpty();
    }

    @Test
    void mappingByHandThatThrowsRejectsTheRecordAndItsMessageStaysInTheCause() {
        ItemMapping<String, String> failing = MappingByHand.of(
                value -> {
                    throw new IllegalStateException("cannot map " + value);
                },
                item -> "");
        Follower<String, String> byHand =
                TestTable.open(DynamoDbStore.builder(DynamoDbServer.shared().client(), table, failing)
                        .build());

        ApplyResult result = applyOne(byHand, new VersionedRecord<>("k", 1, "SECRET"));

        assertThat(result.status()).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        assertThat(result.error())
                .contains("key k", "java.lang.IllegalStateException", "mend the record or the mapping")
                .doesNotContain("SECRET");
        assertThat(applyOne(byHand, new VersionedRecord<>("k", 2, null)).status())
                .isEqualTo(ApplyResult.Status.APPLIED);
    }

    private void store(String id, Map<String, AttributeValue> attributes) {
        Map<String, AttributeValue> item = new HashMap<>(attributes);
        item.put("id", AttributeValue.fromS(id));
        join(DynamoDbServer.shared().client().putItem(r -> r.tableName(table).item(item)));
    }

    @Test
    void storedNullOrNothingInAPrimitiveComponentIsAnErrorThatNamesIt() {
        store("missing", Map.of());
        store("nul", Map.of("total", AttributeValue.fromNul(true)));
        for (String id : List.of("missing", "nul")) {
            assertThatThrownBy(() -> join(follower.read(id)))
                    .hasCauseInstanceOf(PermanentStoreException.class)
                    .hasMessageContaining("READ of key " + id)
                    .rootCause()
                    .hasMessageContaining("component total");
        }
    }

    @Test
    void storedValueOfAnotherTypeIsAnErrorThatNamesTheAttributeAndShowsNothing() {
        store("type", Map.of("total", AttributeValue.fromS("SECRET")));
        store("content", Map.of("total", AttributeValue.fromN("1"), "day", AttributeValue.fromS("SECRET")));

        assertThatThrownBy(() -> join(follower.read("type")))
                .hasMessageContaining("attribute total holds the type S, not N")
                .hasMessageNotContaining("SECRET");
        assertThatThrownBy(() -> join(follower.readAll(List.of("content"))))
                .hasMessageContaining("attribute day holds something that is no LocalDate")
                .hasMessageNotContaining("SECRET");
    }
}
