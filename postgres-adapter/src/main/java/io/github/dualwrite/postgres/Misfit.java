package io.github.dualwrite.postgres;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the column whose type cannot hold a value. The server's errors about values do not name it. */
final class Misfit {

    private static final String TYPES = """
            SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped
            """;

    private Misfit() {}

    static Optional<String> find(FollowerSession session, TableMapping<?, ?> mapping, String table, Change<?, ?> change)
            throws SQLException {
        if (change.tombstone()) {
            return Optional.empty();
        }
        Map<String, String> types = types(session, table);
        List<? extends TableMapping.Column<?>> columns = mapping.columns();
        for (int i = 0; i < columns.size(); i++) {
            String name = columns.get(i).name();
            String text = change.column(i);
            String type = types.get(name);
            if (text != null && type != null && !holds(session, type, text)) {
                return Optional.of("column " + name + " of type " + type + " cannot hold the value");
            }
        }
        return Optional.empty();
    }

    private static Map<String, String> types(FollowerSession session, String table) throws SQLException {
        Map<String, String> types = new HashMap<>();
        try (PreparedStatement select = session.prepare(TYPES)) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    types.put(row.getString(1), row.getString(2));
                }
            }
        }
        return types;
    }

    /** A cast to a text with a length cuts; so the lengths are compared. Other casts refuse what does not fit. */
    private static boolean holds(FollowerSession session, String type, String text) throws SQLException {
        boolean cuts = type.startsWith("character") && !type.endsWith("[]");
        try (PreparedStatement probe = session.prepare(
                cuts
                        ? "SELECT length(v::" + type + ") >= length(rtrim(v)) FROM (SELECT ?::text AS v) AS given"
                        : "SELECT (v::" + type + ") IS NOT NULL FROM (SELECT ?::text AS v) AS given")) {
            probe.setString(1, text);
            try (ResultSet row = probe.executeQuery()) {
                row.next();
                return !cuts || row.getBoolean(1);
            }
        } catch (SQLException e) {
            if (String.valueOf(e.getSQLState()).startsWith("22")
                    || String.valueOf(e.getSQLState()).startsWith("23")) {
                return false;
            }
            throw e;
        }
    }
}
