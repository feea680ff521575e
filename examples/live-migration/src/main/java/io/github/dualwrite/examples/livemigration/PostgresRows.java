package io.github.dualwrite.examples.livemigration;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL holds, read by plain SQL into the comparison's normal form: every column as a text. Shares no code with the
 * mapping that wrote it.
 */
final class PostgresRows {

    private static final String SELECT =
            "SELECT id::text, name, email, tier::text, balance::text, score::text, loyalty_points::text,"
                    + " newsletter::text, (extract(epoch FROM created_at) * 1000000)::bigint::text AS created_at,"
                    + " (extract(epoch FROM last_order_at) * 1000000)::bigint::text AS last_order_at,"
                    + " birth_date::text, preferences::text, tags, note, revision::text FROM " + Names.CUSTOMERS;

    private PostgresRows() {}

    /** All rows by key. */
    static Map<String, Map<String, @Nullable String>> all(DataSource dataSource) throws SQLException {
        Map<String, Map<String, @Nullable String>> rows = new HashMap<>();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SELECT)) {
            ResultSetMetaData columns = row.getMetaData();
            while (row.next()) {
                Map<String, @Nullable String> fields = new HashMap<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    String column = columns.getColumnName(i);
                    fields.put(column, column.equals("tags") ? tags(row.getArray(i)) : row.getString(i));
                }
                fields.compute("score", (name, text) -> text == null ? null : Normal.number(text));
                rows.put(String.valueOf(fields.get("id")), fields);
            }
        }
        return rows;
    }

    /** The revision of every row by key. */
    static Map<String, Long> revisions(Map<String, Map<String, @Nullable String>> rows) {
        Map<String, Long> revisions = new HashMap<>();
        rows.forEach((key, fields) -> revisions.put(key, Long.valueOf(String.valueOf(fields.get("revision")))));
        return revisions;
    }

    private static @Nullable String tags(@Nullable Array array) throws SQLException {
        return array == null ? null : Normal.list((@Nullable Object[]) array.getArray());
    }
}
