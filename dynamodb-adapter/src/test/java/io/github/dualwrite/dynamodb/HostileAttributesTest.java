package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationState;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Names of attributes that expressions, placeholders, paths and reserved words stumble over. */
@Timeout(180)
@Tag("DW-6")
class HostileAttributesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String PARTITION = "#k0 = :v0 OR attribute_exists(x)";
    private static final String SORT = "a.b[0]\"'; \\ é";

    /** The last two look alike, as do some with names of ours. */
    private static final List<String> ATTRIBUTES = List.of(
            "#version",
            ":version",
            "version",
            "deleted",
            "ttl",
            "size",
            "NULL",
            "AND",
            "name",
            "status",
            "a.b",
            "a[0]",
            "it's",
            "\"quoted\"",
            "; DROP TABLE t; --",
            "{\"S\": \"x\"}",
            "%s ${x}",
            "back\\slash",
            "line\nbreak",
            "\t",
            "\u0001",
            "\u007f",
            "\u202e",
            " ",
            "🔑",
            "e\u0301",
            "\u00e9");

    record Key(String first, String second) {}

    record Odd(Key key, List<String> values) {}

    private static final ItemMapping<Key, Odd> MAPPING = new ItemMapping<>() {
        @Override
        public String partitionKey() {
            return PARTITION;
        }

        @Override
        public Optional<String> sortKey() {
            return Optional.of(SORT);
        }

        @Override
        public Set<String> attributes() {
            Set<String> all = new HashSet<>(ATTRIBUTES);
            all.add(PARTITION);
            all.add(SORT);
            return all;
        }

        @Override
        public Optional<Set<String>> ownedAttributes() {
            return Optional.of(attributes());
        }

        @Override
        public Map<String, AttributeValue> key(Key key) {
            return Map.of(PARTITION, AttributeValue.fromS(key.first()), SORT, AttributeValue.fromS(key.second()));
        }

        @Override
        public Optional<Function<Map<String, AttributeValue>, Key>> keyReader() {
            return Optional.of(HostileAttributesTest::keyOf);
        }

        @Override
        public Map<String, AttributeValue> item(Odd odd) {
            Map<String, AttributeValue> item = new HashMap<>(key(odd.key()));
            for (int i = 0; i < ATTRIBUTES.size(); i++) {
                item.put(ATTRIBUTES.get(i), AttributeValue.fromS(odd.values().get(i)));
            }
            return item;
        }

        @Override
        public Odd value(Map<String, AttributeValue> item) {
            return new Odd(
                    keyOf(item),
                    ATTRIBUTES.stream().map(name -> text(item, name)).toList());
        }
    };

    private static Key keyOf(Map<String, AttributeValue> item) {
        return new Key(text(item, PARTITION), text(item, SORT));
    }

    private static String text(Map<String, AttributeValue> item, String name) {
        AttributeValue value = item.get(name);
        if (value == null) {
            throw new IllegalArgumentException("attribute " + name + " is missing");
        }
        return value.s();
    }

    private static Odd odd(String first, String value) {
        return new Odd(
                new Key(first, "|" + first),
                ATTRIBUTES.stream().map(name -> value + name).toList());
    }

    private final DynamoDbAsyncClient client = DynamoDbServer.shared().client();

    private DynamoDbStore<Key, Odd> store(String table) {
        return DynamoDbStore.builder(client, table, MAPPING)
                .schema(TestQueue.install(2))
                .authorityTimeout(Duration.ofSeconds(30))
                .build();
    }

    private static String table() {
        return DynamoDbServer.shared().createTable(PARTITION, ScalarAttributeType.S, SORT, ScalarAttributeType.S);
    }

    @Test
    void everyPartWorksOnTablesWithSuchNames() throws Exception {
        String from = table();
        String to = table();
        for (int i = 0; i < 40; i++) { // from before the repository
            Map<String, AttributeValue> item = MAPPING.item(odd("old " + i, "~"));
            client.putItem(request -> request.tableName(from).item(item)).join();
        }
        try (DualWriteRepository<Key, Odd> repository = DualWriteRepository.builder(
                        "#r = :r; \"", store(from), store(to))
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(21))
                .reconcileInBackground(false)
                .build()) {
            Odd one = odd("one", "a");
            assertThat(repository.create(one).value()).contains(one);
            Odd changed = new Odd(one.key(), odd("x", "b").values());
            assertThat(repository.update(changed).value()).contains(changed);
            assertThat(repository.save(odd("two", "c")).secondaryApplied()).isTrue();
            assertThat(repository.saveAll(List.of(odd("three", "d"), odd("four", "e"))))
                    .allMatch(result -> result.secondaryApplied());
            assertThat(repository.readAll(List.of(one.key(), odd("three", "").key())))
                    .containsEntry(one.key(), changed);
            repository.deleteAll(List.of(odd("four", "").key(), odd("three", "").key()));
            repository.markPending(List.of(one.key()));
            assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();

            assertThat(repository
                            .backfill(BackfillSettings.<Odd>builder()
                                    .writesCaptured(() -> true)
                                    .build())
                            .run(PATIENCE)
                            .complete())
                    .isTrue();
            VerificationReport<Key> report = repository.verification().run();
            assertThat(report.state()).as(report.text()).isEqualTo(VerificationState.CONSISTENT);
            assertThat(report.matching()).isEqualTo(42);

            Map<String, AttributeValue> byHand = new HashMap<>(item(to, one.key()));
            byHand.put(ATTRIBUTES.get(0), AttributeValue.fromS("by hand"));
            client.putItem(request -> request.tableName(to).item(byHand)).join();
            VerificationReport<Key> damaged = repository.verification().run();
            assertThat(damaged.different()).as(damaged.text()).isEqualTo(1);
            assertThat(damaged.text()).contains("[values]");
        }
    }

    private Map<String, AttributeValue> item(String table, Key key) {
        return client.getItem(request ->
                        request.tableName(table).key(MAPPING.key(key)).consistentRead(true))
                .join()
                .item();
    }

    @Test
    void lookAlikesAreDifferentKeyAttributes() {
        String table =
                DynamoDbServer.shared().createTable("\u0456d", ScalarAttributeType.S); // begins with a Cyrillic letter
        assertThatThrownBy(() -> AuthorityRig.open(
                        DynamoDbStore.builder(client, table, TestTable.MAPPING).schema(TestQueue.install(1))))
                .hasMessageContaining("\u0456d");
    }
}
