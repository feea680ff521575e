package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.verify.Cause;
import io.github.dualwrite.verify.Difference;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Somebody changes DynamoDB by hand, past the library: differences of every kind, on customers of the archive, which traffic leaves
 * alone.
 */
final class Tampering {

    private static final UUID RENAMED = Keys.archived(0);
    private static final UUID CHARGED = Keys.archived(1);
    private static final UUID LOST = Keys.archived(2);
    private static final UUID REMOVED = Keys.archived(3);
    private static final UUID HIDDEN = Keys.archived(4);
    private static final UUID REVIVED = Keys.archived(5);
    private static final UUID COPIED = Keys.archived(6);
    private static final UUID MADE_UP = Keys.stranger(0);
    private static final UUID COPY = Keys.stranger(1);

    private static final String VERSION = "dw_version";
    private static final String DELETED = "dw_deleted";

    private final DualWriteRepository<UUID, Customer> repository;
    private final DynamoDbAsyncClient direct;
    private final Journal journal;
    private final CustomerGenerator customers;
    private final Map<UUID, Long> written = new LinkedHashMap<>();

    /**
     * Tampering to come.
     *
     * @param direct a client that does not go through the repository
     * @param journal is told of the writes that go through the repository
     */
    Tampering(DualWriteRepository<UUID, Customer> repository, DynamoDbAsyncClient direct, Journal journal, long seed) {
        this.repository = repository;
        this.direct = direct;
        this.journal = journal;
        this.customers = new CustomerGenerator(new SplittableRandom(seed));
    }

    /** The application changes some of the victims first, so that there are such that were only copied and such that were not. */
    void writeSome() {
        for (UUID key : List.of(RENAMED, REMOVED, HIDDEN, COPIED)) {
            Customer before = repository.read(key).orElseThrow();
            journal.intended(key, before.revision() + 1);
            note(repository.update(customers.changed(before, before.revision() + 1)), before.revision() + 1);
        }
        journal.intended(REVIVED, Journal.NOTHING);
        note(repository.delete(REVIVED).orElseThrow(), Journal.NOTHING);
    }

    private void note(WriteResult<UUID, Customer> result, long revision) {
        journal.acknowledged(result.key(), revision, result.version());
        written.put(result.key(), result.version());
    }

    /** Whether DynamoDB has what {@link #writeSome} wrote. */
    boolean arrived() {
        return written.entrySet().stream().allMatch(entry -> version(entry.getKey()) >= entry.getValue());
    }

    private long version(UUID key) {
        return Long.parseLong(
                item(key).getOrDefault(VERSION, AttributeValue.fromN("0")).n());
    }

    /** Does the harm. */
    List<Harm> inflict() {
        Map<String, AttributeValue> copied = item(COPIED);

        set(RENAMED, "name", AttributeValue.fromS("Mallory"));
        set(CHARGED, "balance", AttributeValue.fromS("9999999999.99")); // more than the generator gives to anybody
        remove(LOST);
        remove(REMOVED);
        set(HIDDEN, DELETED, AttributeValue.fromBool(true));

        Map<String, AttributeValue> revived = new HashMap<>(copied);
        revived.put(VERSION, item(REVIVED).get(VERSION));
        put(REVIVED, revived);

        Map<String, AttributeValue> madeUp = new HashMap<>(copied);
        madeUp.remove(VERSION);
        put(MADE_UP, madeUp);
        put(COPY, copied);

        return List.of(
                harm(RENAMED, "name changed", Difference.DIFFERENT, Cause.CHANGED_BY_OTHER_MEANS, "name"),
                harm(CHARGED, "balance of a copied row changed", Difference.DIFFERENT, Cause.NEVER_APPLIED, "balance"),
                harm(LOST, "copied row removed", Difference.MISSING, Cause.NEVER_APPLIED),
                harm(REMOVED, "written row removed, and its version with it", Difference.MISSING, Cause.NEVER_APPLIED),
                harm(HIDDEN, "marked as deleted", Difference.MISSING, Cause.CHANGED_BY_OTHER_MEANS),
                harm(REVIVED, "deleted row brought back", Difference.EXTRA, Cause.CHANGED_BY_OTHER_MEANS),
                harm(MADE_UP, "row made up", Difference.EXTRA, Cause.NEVER_APPLIED),
                harm(COPY, "row stored under another key", Difference.EXTRA, Cause.CHANGED_BY_OTHER_MEANS));
    }

    private static Harm harm(UUID key, String what, Difference difference, Cause cause, String... fields) {
        return new Harm(key, what, difference, Set.of(fields), cause);
    }

    private Map<String, AttributeValue> item(UUID key) {
        return direct.getItem(r -> r.tableName(Names.TABLE).key(id(key)).consistentRead(true))
                .join()
                .item();
    }

    private void set(UUID key, String attribute, AttributeValue value) {
        direct.updateItem(r -> r.tableName(Names.TABLE)
                        .key(id(key))
                        .updateExpression("SET #a = :v")
                        .expressionAttributeNames(Map.of("#a", attribute))
                        .expressionAttributeValues(Map.of(":v", value)))
                .join();
    }

    private void remove(UUID key) {
        direct.deleteItem(r -> r.tableName(Names.TABLE).key(id(key))).join();
    }

    private void put(UUID key, Map<String, AttributeValue> attributes) {
        Map<String, AttributeValue> item = new HashMap<>(attributes);
        item.putAll(id(key));
        direct.putItem(r -> r.tableName(Names.TABLE).item(item)).join();
    }

    private static Map<String, AttributeValue> id(UUID key) {
        return Map.of("id", AttributeValue.fromS(key.toString()));
    }
}
