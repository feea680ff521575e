package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Every mistake in a mapping is found when it is built, and the message says what to do. */
class MappingValidationTest {

    record Unmapped(String id, Optional<String> name) {}

    record Deep(String id, List<Map<String, Unmapped>> all) {}

    record Sorted(String id, SortedSet<String> all) {}

    record NumberedMap(String id, Map<Long, String> all) {}

    record Node(String id, List<Node> children) {}

    record Twins(String id, String aB, String a_b) {}

    @SuppressWarnings("ArrayRecordComponent") // arrays of bytes are one of the types
    record Keys(double price, byte[] bytes, boolean flag, Customer customer, List<String> list, long id) {}

    record Marked(String id, String dwVersion) {}

    record Two(String first, int second) {}

    record OneKey(String first) {}

    record OtherKey(String first, long second) {}

    record TwoKey(Integer second, String first) {}

    @Test
    void unmappedTypeIsNamedWithItsComponent() {
        for (Class<?> type : List.of(Unmapped.class, Deep.class)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> RecordItemMapping.of(type))
                    .withMessageContaining("component name")
                    .withMessageContaining("java.util.Optional<java.lang.String>")
                    .withMessageContaining("map the record by hand");
        }
        for (Class<?> type : List.of(Sorted.class, NumberedMap.class)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> RecordItemMapping.of(type))
                    .withMessageContaining("component all");
        }
    }

    @Test
    void recordThatContainsItselfIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordItemMapping.of(Node.class))
                .withMessageContaining("contains itself");
    }

    @Test
    void twoComponentsForOneAttributeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordItemMapping.of(Twins.class))
                .withMessageContaining("attribute a_b");
    }

    @Test
    void classThatIsNoRecordIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordItemMapping.of(String.class))
                .withMessageContaining("not a Java record");
    }

    @Test
    void keyThatIsNoComponentGetsTheListOfComponents() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordItemMapping.of(Customer.class)
                        .partitionKey("identity")
                        .build(String.class))
                .withMessageContaining("no component identity")
                .withMessageContaining("id, name, creditLimit, tags");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordItemMapping.of(Customer.class).build(String.class))
                .withMessageContaining("partitionKey");
    }

    @Test
    void typesThatCannotBeKeysAreRefused() {
        for (String component : List.of("price", "bytes", "flag", "customer", "list")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> RecordItemMapping.of(Keys.class)
                            .partitionKey(component)
                            .build(String.class))
                    .withMessageContaining("component " + component)
                    .withMessageContaining("cannot be a key");
        }
        assertThat(RecordItemMapping.of(Keys.class)
                        .partitionKey("id")
                        .build(Long.class)
                        .keyTypes())
                .isEqualTo(Map.of("id", ScalarAttributeType.N));
    }

    @Test
    void keyTypeMustFitTheComponents() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        RecordItemMapping.of(Two.class).partitionKey("first").build(Long.class))
                .withMessageContaining("java.lang.Long")
                .withMessageContaining("java.lang.String first");
        RecordItemMapping.Builder<Two> both =
                RecordItemMapping.of(Two.class).partitionKey("first").sortKey("second");
        for (Class<?> type : List.of(String.class, OneKey.class, OtherKey.class)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> both.build(type))
                    .withMessageContaining("java.lang.String first, int second")
                    .withMessageContaining(type.getName());
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordItemMapping.of(Two.class)
                        .partitionKey("first")
                        .sortKey("first")
                        .build(OneKey.class))
                .withMessageContaining("at once");
        assertThat(both.build(TwoKey.class).key(new TwoKey(1, "a"))).containsOnlyKeys("first", "second");
        assertThat(RecordItemMapping.of(Two.class)
                        .partitionKey("first")
                        .build(OneKey.class)
                        .key(new OneKey("a")))
                .containsOnlyKeys("first");
    }

    @Test
    void attributeWithTheNameOfAMarkIsRefusedUnlessTheMarkIsRenamed() {
        RecordItemMapping<String, Marked> mapping =
                RecordItemMapping.of(Marked.class).partitionKey("id").build(String.class);
        DynamoDbStore.Builder<String, Marked> builder =
                DynamoDbStore.builder(DynamoDbServer.shared().client(), "marked", mapping);

        assertThatIllegalArgumentException()
                .isThrownBy(builder::build)
                .withMessageContaining("attribute dw_version")
                .withMessageContaining("versionAttribute");
        assertThat(builder.versionAttribute("version").build()).isNotNull();
        assertThatIllegalArgumentException()
                .isThrownBy(builder.expiryAttribute("id")::build)
                .withMessageContaining("attribute id");
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().concurrency(0).build());
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofDays(-1), ChronoUnit.FOREVER.getDuration())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder().tombstoneTtl(wrong).build())
                    .withMessageContaining("tombstoneTtl");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder().authorityTimeout(wrong).build())
                    .withMessageContaining("authorityTimeout");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().deletedAttribute("dw_version").build())
                .withMessageContaining("different names");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().versionAttribute(" ").build());
    }

    private static DynamoDbStore.Builder<String, Customer> builder() {
        return DynamoDbStore.builder(DynamoDbServer.shared().client(), "customers", TestTable.MAPPING);
    }
}
