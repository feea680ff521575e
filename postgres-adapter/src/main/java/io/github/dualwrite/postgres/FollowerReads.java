package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads of a mapped table that follows; the SQL is in {@link FollowerStatements}. A record that row security hides is an error and not
 * a record that is not there.
 */
record FollowerReads<K, V>(TableAccess<K, V> access, FollowerStatements sql) {

    Optional<V> one(Connection connection, K key) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql.read)) {
            int unused = access.bindKey(select, 1, key);
            try (ResultSet row = select.executeQuery()) {
                return row.next() && found(Operation.READ, row)
                        ? Optional.of(access.value(Operation.READ, key, row))
                        : Optional.empty();
            }
        }
    }

    Map<K, V> many(Connection connection, Collection<? extends K> keys) throws SQLException {
        Map<String, K> distinct = new LinkedHashMap<>();
        for (K key : keys) {
            distinct.put(access.encode(key), key);
        }
        try (PreparedStatement select = connection.prepareStatement(sql.readAll)) {
            int unused = access.bindKeys(select, 1, List.copyOf(distinct.values()));
            Map<K, V> found = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (found(Operation.READ_ALL, row)) {
                        @Nullable Object[] values = access.values(row);
                        K key = access.key(values);
                        found.put(key, access.value(Operation.READ_ALL, key, values));
                    }
                }
            }
            return found;
        }
    }

    /** Whether the row that stands for a key holds a record. */
    private boolean found(Operation operation, ResultSet row) throws SQLException {
        int columns = access.mapping.columns().size();
        if (row.getBoolean(columns + 2)) { // since the table was opened
            throw TableLayout.filtered(access.errors, operation, access.table());
        }
        return row.getBoolean(columns + 1);
    }
}
