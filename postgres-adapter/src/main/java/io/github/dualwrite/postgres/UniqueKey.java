package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A unique index.
 *
 * @param columns its columns
 * @param index its name
 * @param inexact whether it takes different texts for equal
 * @param list its columns in its order
 */
record UniqueKey(Set<String> columns, String index, boolean inexact, String list) {

    private static final String FIND = """
            SELECT array_agg(a.attname::text), i.indexrelid::regclass::text,
                   coalesce(bool_or(NOT co.collisdeterministic), false),
                   string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
            FROM pg_index i
            CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            LEFT JOIN pg_collation co ON co.oid = (i.indcollation::oid[])[k.place - 1]
            WHERE i.indrelid = ?::bigint::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
              AND i.indpred IS NULL AND i.indexprs IS NULL
            GROUP BY i.indexrelid
            ORDER BY 2
            """;

    /** Those of a table that can tell its rows apart by columns alone, at once. */
    static List<UniqueKey> read(Connection connection, long oid) throws SQLException {
        List<UniqueKey> keys = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(FIND)) {
            select.setLong(1, oid);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Set<String> columns =
                            Set.copyOf(List.of((String[]) row.getArray(1).getArray()));
                    keys.add(new UniqueKey(columns, row.getString(2), row.getBoolean(3), row.getString(4)));
                }
            }
        }
        return keys;
    }
}
