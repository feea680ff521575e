package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.JobFailure;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What becomes of items that do not fit, and of what is noted of them. */
@Timeout(60)
@Tag("DW-6")
class BackfillBadInputTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    record LineKey(String customer, String number) {}

    record Line(String customer, String number, long amount) {}

    private static DynamoDbStore<LineKey, Line> store(String table) {
        return DynamoDbStore.builder(
                        DynamoDbServer.shared()
                                .newClient(builder -> builder.overrideConfiguration(
                                        DynamoDbStore.clientOverrides(Duration.ofSeconds(20)))),
                        table,
                        RecordItemMapping.of(Line.class)
                                .partitionKey("customer")
                                .sortKey("number")
                                .build(LineKey.class))
                .schema(TestQueue.install(1))
                .authorityTimeout(Duration.ofSeconds(30))
                .build();
    }

    private static String createTable() {
        return DynamoDbServer.shared().createTable("customer", ScalarAttributeType.S, "number", ScalarAttributeType.S);
    }

    private static void put(String table, String number, AttributeValue amount) {
        TestTable.join(DynamoDbServer.shared()
                .client()
                .putItem(request -> request.tableName(table)
                        .item(Map.of(
                                "customer", AttributeValue.fromS("acme"),
                                "number", AttributeValue.fromS(number),
                                "amount", amount))));
    }

    /** Its key can be read, and is noted as the key class shows it; core has another text for keys. */
    @Test
    void anUnreadableItemOfACompositeKeyIsCopiedWhenItIsMended() throws Exception {
        String from = createTable();
        String to = createTable();
        put(from, "1", AttributeValue.fromN("5"));
        put(from, "2", AttributeValue.fromS("no number"));
        try (DualWriteRepository<LineKey, Line> repository = DualWriteRepository.builder(
                        "lines", store(from), store(to))
                .reconcileInBackground(false)
                .build()) {
            Backfill<LineKey, Line> backfill = repository.backfill(
                    BackfillSettings.<Line>builder().splits(2).threads(1).build());
            assertThat(backfill.run(PATIENCE).complete()).isFalse();
            assertThat(backfill.failures(0, 10))
                    .extracting(JobFailure::key)
                    .containsExactly(new LineKey("acme", "2").toString());

            put(from, "2", AttributeValue.fromN("7"));
            assertThat(backfill.retryFailures().complete()).isTrue();
        }
        assertThat(TestTable.join(DynamoDbServer.shared()
                                .client()
                                .scan(request -> request.tableName(to).consistentRead(true)))
                        .items())
                .extracting(item -> item.get("amount").n())
                .containsExactlyInAnyOrder("5", "7");
    }
}
