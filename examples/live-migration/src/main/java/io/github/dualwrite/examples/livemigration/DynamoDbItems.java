package io.github.dualwrite.examples.livemigration;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/**
 * What DynamoDB holds, read by plain Scan into the comparison's normal form: every attribute as a text. Shares no code with the
 * mapping that wrote it.
 *
 * @param live items that are no tombstones, by key
 * @param versions of all items, tombstones included, by key
 */
record DynamoDbItems(Map<String, Map<String, @Nullable String>> live, Map<String, Long> versions) {

    /** All items of the table but the one that carries the mark. */
    static DynamoDbItems all(DynamoDbAsyncClient client) {
        Map<String, Map<String, @Nullable String>> live = new HashMap<>();
        Map<String, Long> versions = new HashMap<>();
        Map<String, AttributeValue> from = Map.of();
        do {
            ScanResponse page = page(client, from);
            for (Map<String, AttributeValue> item : page.items()) {
                String key = item.getOrDefault("id", AttributeValue.fromS("")).s();
                if (!key.equals(Names.MARK_KEY)) {
                    Map<String, @Nullable String> fields = fields(item);
                    @Nullable String version = fields.remove("dw_version");
                    versions.put(key, version == null ? 0 : Long.parseLong(version)); // copied rows have none
                    if (!"true".equals(fields.remove("dw_deleted"))) {
                        live.put(key, fields);
                    }
                }
            }
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty());
        return new DynamoDbItems(live, versions);
    }

    private static ScanResponse page(DynamoDbAsyncClient client, Map<String, AttributeValue> from) {
        try {
            return client.scan(r -> r.tableName(Names.TABLE)
                            .consistentRead(true)
                            .exclusiveStartKey(from.isEmpty() ? null : from))
                    .join();
        } catch (CompletionException e) {
            throw new IllegalStateException("table " + Names.TABLE + " cannot be scanned", e.getCause());
        }
    }

    private static Map<String, @Nullable String> fields(Map<String, AttributeValue> item) {
        Map<String, @Nullable String> fields = new HashMap<>();
        item.forEach((name, value) -> fields.put(name, text(name, value)));
        return fields;
    }

    private static @Nullable String text(String name, AttributeValue value) {
        return switch (value.type()) {
            case NUL -> null;
            case BOOL -> value.bool().toString();
            case N -> name.equals("score") ? Normal.number(value.n()) : value.n();
            case L -> Normal.list(value.l().stream().map(AttributeValue::s).toArray());
            case S -> name.endsWith("_at") ? micros(value.s()) : value.s();
            default -> value.toString();
        };
    }

    private static String micros(String time) {
        Instant instant = Instant.parse(time);
        return instant.truncatedTo(ChronoUnit.MICROS).equals(instant)
                ? Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, instant))
                : time;
    }
}
