package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.KeyBounds;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a table can be read key by key: that of a unique index on exactly the key's columns.
 *
 * @param columns the key's columns in the order of the index
 */
record KeyOrder(List<Column> columns) {

    /**
     * One of them.
     *
     * @param place its place among the mapped columns, from 0
     * @param type the type to cast to
     * @param collation the index's collation, quoted; {@code null} for a type that has none. Named also where it is the column's own, which
     *     may become another one while a scan is under way
     * @param sorting what its values are sorted by besides, if that can become something else: the collation's locale and version, the enum
     */
    record Column(
            String name,
            int place,
            String type,
            @Nullable String collation,
            @Nullable String sorting) {

        /** As the index has it. */
        String sql() {
            return collated("t." + Sql.quote(name));
        }

        /** An expression for its value, to be compared as the index does. */
        String collated(String value) {
            return value + (collation == null ? "" : " COLLATE " + collation);
        }

        private String text() {
            return collated(name) + (sorting == null ? "" : " [" + sorting + "]");
        }
    }

    private static final String INDEXES = """
            SELECT array_agg(a.attname::text ORDER BY k.place),
                   array_agg(quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ORDER BY k.place),
                   string_agg(a.attname, ', ') FILTER (WHERE NOT a.attnotnull OR EXISTS (
                       SELECT FROM pg_constraint AS n WHERE n.conrelid = i.indrelid AND n.contype = 'n'
                           AND NOT n.convalidated AND a.attnum = ANY (n.conkey))), -- which does not look at older rows
                   bool_and(am.amname = 'btree' AND oc.opcdefault AND (i.indoption::int2[])[k.place - 1] IN (0, 3))
                       AND count(DISTINCT (i.indoption::int2[])[k.place - 1]) = 1,
                   array_agg(CASE WHEN co.collprovider = 'd' THEN concat_ws(' ', d.datcollate, to_jsonb(d) ->> 'daticulocale',
                                      to_jsonb(d) ->> 'datlocale', coalesce(pg_collation_actual_version(co.oid), (
                                          -- before PostgreSQL 15 the default has no version, but its locale has one
                                          SELECT min(pg_collation_actual_version(x.oid)) FROM pg_collation AS x
                                          WHERE x.collprovider = 'c' AND x.collencoding IN (-1, d.encoding)
                                              AND lower(replace(x.collcollate, '-', '')) = lower(replace(d.datcollate, '-', '')))))
                                  WHEN co.oid IS NOT NULL THEN concat_ws(' ', co.collcollate, to_jsonb(co) ->> 'colliculocale',
                                      to_jsonb(co) ->> 'colllocale', pg_collation_actual_version(co.oid))
                                  WHEN bt.typtype = 'e' THEN 'enum ' || bt.oid END ORDER BY k.place)
            FROM pg_index AS i
            JOIN pg_class AS c ON c.oid = i.indexrelid
            JOIN pg_am AS am ON am.oid = c.relam
            CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, place)
            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            JOIN pg_type AS t ON t.oid = a.atttypid
            JOIN pg_type AS bt ON bt.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
            JOIN pg_database AS d ON d.datname = current_database()
            JOIN pg_opclass AS oc ON oc.oid = (i.indclass::oid[])[k.place - 1]
            LEFT JOIN pg_collation AS co ON co.oid = (i.indcollation::oid[])[k.place - 1]
            LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE i.indrelid = to_regclass(?) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                AND i.indexprs IS NULL
            GROUP BY i.indexrelid, i.indisprimary, c.relname
            ORDER BY i.indisprimary DESC, c.relname
            """;

    /**
     * The orders of all usable indexes, at least one: first the one to cut by, then those in which what was cut before may have to go on. Refuses
     * a table that has none, saying what to do.
     */
    static List<KeyOrder> usable(
            Connection connection, TableMapping<?, ?> mapping, TableLayout layout, SqlErrors errors)
            throws SQLException {
        String table = Sql.qualified(layout.schema(), layout.table());
        List<String> names =
                mapping.columns().stream().map(TableMapping.Column::name).toList();
        Set<String> key =
                mapping.keyColumns().stream().map(TableMapping.Column::name).collect(Collectors.toSet());
        String keyText = Sql.list(mapping.keyColumns(), TableMapping.Column::name);
        String why =
                "the key (" + keyText + ") has no b-tree index that is unique on exactly these columns, all of them"
                        + " in the same direction and with the default operator class; create one";
        List<KeyOrder> usable = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(INDEXES)) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    String[] columns = (String[]) row.getArray(1).getArray();
                    if (!new HashSet<>(List.of(columns)).equals(key) || !row.getBoolean(4)) {
                        continue;
                    }
                    String nullable = row.getString(3);
                    if (nullable != null) {
                        why = "a key column may be NULL: " + nullable
                                + "; run ALTER TABLE … ALTER COLUMN … SET NOT NULL";
                        continue;
                    }
                    @Nullable
                    String[] collations = (@Nullable String[]) row.getArray(2).getArray();
                    @Nullable
                    String[] sortings = (@Nullable String[]) row.getArray(5).getArray();
                    List<Column> order = new ArrayList<>();
                    for (int i = 0; i < columns.length; i++) {
                        order.add(new Column(
                                columns[i],
                                names.indexOf(columns[i]),
                                layout.fact(columns[i]).typeName(),
                                collations[i],
                                sortings[i]));
                    }
                    usable.add(new KeyOrder(List.copyOf(order)));
                }
            }
        }
        if (!usable.isEmpty()) {
            return List.copyOf(usable);
        }
        throw errors.configuration(
                Operation.QUERY, "table " + table + " cannot be read in the order of its key: " + why, null);
    }

    /** Types that PostgreSQL orders as their classes in Java do. UUIDs it does not. */
    private static final Set<String> ORDERED_ALIKE = Set.of("int2", "int4", "int8", "date", "timestamptz");

    private static final Set<String> TEXTS = Set.of("text", "varchar");

    /**
     * Whether an index's column, or the database, compares bytes. A database whose default is ICU has a {@code datcollate} too, which sorts
     * nothing; before PostgreSQL 15 there is no provider to ask for.
     */
    private static final String BY_BYTES = """
            SELECT CASE WHEN co.oid IS NULL THEN false
                        WHEN co.collprovider = 'd' THEN CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
                            WHEN 'c' THEN d.datcollate IN ('C', 'POSIX')
                            WHEN 'b' THEN coalesce(to_jsonb(d) ->> 'datlocale', '') IN ('C', 'C.UTF-8', 'PG_UNICODE_FAST')
                            ELSE false END
                        ELSE co.collcollate IS NOT NULL AND co.collcollate IN ('C', 'POSIX') END
            FROM pg_attribute AS a
            LEFT JOIN pg_collation AS co ON co.oid = coalesce(to_regcollation(?)::oid, a.attcollation)
            JOIN pg_database AS d ON d.datname = current_database()
            WHERE a.attrelid = to_regclass(?) AND a.attname = ?
            """;

    /**
     * Whether the keys between two bounds are the same ones here and in Java. Texts are if they are compared by their bytes, which is the
     * order of code points, and the bounds have no characters around which Java's order of UTF-16 is another one.
     */
    boolean asInJava(Connection connection, TableLayout layout, KeyBounds<?> bounds) throws SQLException {
        if (columns.size() != 1) {
            return false; // how a class for several parts is ordered is known to that class alone
        }
        Column column = columns.get(0);
        String type = layout.fact(column.name()).baseType();
        if (ORDERED_ALIKE.contains(type)) {
            return true;
        }
        if (!TEXTS.contains(type) || !plain(bounds.above()) || !plain(bounds.upTo())) {
            return false;
        }
        try (PreparedStatement select = connection.prepareStatement(BY_BYTES)) {
            select.setString(1, column.collation());
            select.setString(2, Sql.qualified(layout.schema(), layout.table()));
            select.setString(3, column.name());
            try (ResultSet row = select.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private static boolean plain(@Nullable Object bound) {
        return bound == null
                || (bound instanceof String text && text.chars().allMatch(c -> c < Character.MIN_SURROGATE));
    }

    /** Names the order: keys that are sorted in another way have another one. */
    String text() {
        return Sql.list(columns, Column::text);
    }

    /** The key as one value that the index can compare. */
    String key() {
        return columns.size() == 1 ? columns.get(0).sql() : "(" + Sql.list(columns, Column::sql) + ")";
    }

    /** A key from bind parameters, to compare {@link #key} with. */
    String given() {
        return columns.size() == 1
                ? "?::" + columns.get(0).type()
                : "(" + Sql.list(columns, column -> "?::" + column.type()) + ")";
    }

    /** The key's columns, to be ordered by. */
    String list() {
        return Sql.list(columns, Column::sql);
    }
}
