package io.github.dualwrite.examples.reliability;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/** Everything that both stores hold in the end, read as it is stored and not through a mapping of the library. */
record Stores(Map<String, Stored> inPostgres, Map<String, Stored> inDynamoDb) {

    static Stores read(DataSource dataSource, DynamoDbAsyncClient client, String table) throws SQLException {
        return new Stores(rows(dataSource, table), items(client, table));
    }

    Stored authority(String key) {
        return inPostgres.getOrDefault(key, Stored.NOTHING);
    }

    Stored follower(String key) {
        return inDynamoDb.getOrDefault(key, Stored.NOTHING);
    }

    /** Keys under which the stores do not hold the same, but for those that are parked. */
    List<String> different(Set<String> parked) {
        Set<String> keys = new TreeSet<>(inPostgres.keySet());
        keys.addAll(inDynamoDb.keySet());
        keys.removeAll(parked);
        List<String> different = new ArrayList<>();
        for (String key : keys) {
            Stored wanted = authority(key);
            Stored found = follower(key);
            if (!Objects.equals(wanted.entry(), found.entry())) {
                different.add(
                        key + " is " + found.tag() + " (version " + found.version() + "), must be " + wanted.tag());
            }
        }
        return different;
    }

    /** Keys of records whose columns do not belong together. */
    List<String> torn() {
        List<String> torn = new ArrayList<>();
        for (Map<String, Stored> store : List.of(inPostgres, inDynamoDb)) {
            store.forEach((key, stored) -> {
                Entry entry = stored.entry();
                if (entry != null && !entry.intact()) {
                    torn.add(key + " in the end");
                }
            });
        }
        return torn;
    }

    /** Pairs of which one record is there and the other is not, or is of another write. */
    List<String> split(List<List<String>> pairs) {
        return pairs.stream()
                .filter(pair -> !authority(pair.get(0))
                                .tag()
                                .equals(authority(pair.get(1)).tag())
                        || !follower(pair.get(0))
                                .tag()
                                .equals(follower(pair.get(1)).tag()))
                .map(Object::toString)
                .toList();
    }

    /** Keys of records that DynamoDB cannot hold. */
    Set<String> tooLarge() {
        Set<String> keys = new TreeSet<>();
        inPostgres.forEach((key, stored) -> {
            Entry entry = stored.entry();
            if (entry != null && entry.tooLarge()) {
                keys.add(key);
            }
        });
        return keys;
    }

    private static Map<String, Stored> rows(DataSource dataSource, String table) throws SQLException {
        Map<String, Stored> rows = new HashMap<>();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT id, tag, part_a, part_b, amount, checksum FROM " + table)) {
            while (row.next()) {
                Entry entry = new Entry(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getBigDecimal(5),
                        row.getLong(6));
                rows.put(entry.id(), new Stored(entry, 0));
            }
        }
        return rows;
    }

    private static Map<String, Stored> items(DynamoDbAsyncClient client, String table) {
        Map<String, Stored> items = new HashMap<>();
        Map<String, AttributeValue> from = Map.of();
        do {
            Map<String, AttributeValue> start = from;
            ScanResponse page = client.scan(r ->
                            r.tableName(table).consistentRead(true).exclusiveStartKey(start.isEmpty() ? null : start))
                    .join();
            page.items().forEach(item -> items.put(text(item, "id"), stored(item)));
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty());
        return items;
    }

    private static Stored stored(Map<String, AttributeValue> item) {
        AttributeValue version = item.get("dw_version");
        return new Stored(
                item.containsKey("dw_deleted") ? null : entry(item), version == null ? 0 : Long.parseLong(version.n()));
    }

    private static @Nullable Entry entry(Map<String, AttributeValue> item) {
        return new Entry(
                text(item, "id"),
                text(item, "tag"),
                text(item, "part_a"),
                text(item, "part_b"),
                new BigDecimal(text(item, "amount")),
                Long.parseLong(
                        item.getOrDefault("checksum", AttributeValue.fromN("0")).n()));
    }

    private static String text(Map<String, AttributeValue> item, String name) {
        return item.getOrDefault(name, AttributeValue.fromS("")).s();
    }
}
