package io.github.dualwrite.examples.changingshape;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What each side holds, in one form, by code that shares nothing with the mappings: SQL on one side, attributes on the other. */
final class Sides {

    private static final String ROWS = """
            SELECT 'CUSTOMER#' || id || ' PROFILE',
                   full_name || ', ' || to_char(born, 'YYYY MM-DD') || coalesce((
                       SELECT string_agg(', ' || kind || ': ' || street || ' / ' || city, '' ORDER BY kind)
                       FROM address WHERE customer_id = id), '')
            FROM customer
            UNION ALL SELECT 'CUSTOMER#' || customer_id || ' ORDER#' || order_id, total || ' ' || currency FROM customer_order
            """;

    private Sides() {}

    static Map<String, String> postgres(DataSource database) throws SQLException {
        Map<String, String> found = new TreeMap<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ROWS)) {
            while (row.next()) {
                found.put(row.getString(1), row.getString(2));
            }
        }
        return found;
    }

    static Map<String, String> dynamoDb(DynamoDbAsyncClient client, String table) {
        Map<String, String> found = new TreeMap<>();
        client.scanPaginator(request -> request.tableName(table).consistentRead(true))
                .items()
                .subscribe(item -> {
                    if (!item.containsKey("dw_deleted")) {
                        found.put(of(item, "PK").s() + " " + of(item, "SK").s(), content(item));
                    }
                })
                .join();
        return found;
    }

    private static String content(Map<String, AttributeValue> item) {
        AttributeValue amount = item.get("amount");
        if (amount != null) {
            return amount.s();
        }
        StringBuilder text = new StringBuilder(of(item, "displayName").s())
                .append(", ")
                .append(of(item, "birthYear").n())
                .append(' ')
                .append(of(item, "birthDay").s());
        for (AttributeValue address : of(item, "addresses").l()) {
            Map<String, AttributeValue> fields = address.m();
            text.append(", ")
                    .append(of(fields, "kind").s())
                    .append(": ")
                    .append(of(fields, "street").s())
                    .append(" / ")
                    .append(of(fields, "city").s());
        }
        return text.toString();
    }

    private static AttributeValue of(Map<String, AttributeValue> attributes, String name) {
        return Objects.requireNonNull(attributes.get(name), name);
    }
}
