package io.github.dualwrite.dynamodb;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Reads the records under many keys. */
final class BatchRead<K, V> {

    private final TableItems<K, V> items;
    private final BatchGet get;

    BatchRead(DynamoDbAsyncClient client, String table, TableItems<K, V> items, int concurrency) {
        this.items = items;
        this.get = BatchGet.ofFollower(client, table, concurrency);
    }

    CompletableFuture<Map<K, V>> start(Collection<? extends K> keys) {
        Map<List<Object>, Set<K>> wanted = new HashMap<>(); // two keys may be stored as one
        Map<List<Object>, Map<String, AttributeValue>> distinct = new LinkedHashMap<>();
        for (K key : keys) {
            Map<String, AttributeValue> attributes = RecordException.guard(() -> items.key(key));
            List<Object> identity = items.identity(attributes);
            wanted.computeIfAbsent(identity, i -> new LinkedHashSet<>()).add(key);
            distinct.put(identity, attributes);
        }
        return Calls.answer(() -> get.start(distinct.values()), found -> records(found, wanted), DynamoDbErrors::asIs);
    }

    private Map<K, V> records(List<Map<String, AttributeValue>> found, Map<List<Object>, Set<K>> wanted) {
        Map<K, V> records = new HashMap<>();
        for (Map<String, AttributeValue> item : found) {
            V value = RecordException.guard(() -> items.value(item));
            if (value != null) {
                wanted.getOrDefault(items.identity(item), Set.of()).forEach(key -> records.put(key, value));
            }
        }
        return records;
    }
}
