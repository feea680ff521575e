package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the catalog says about a mapped table, and whether it fits the mapping.
 *
 * @param schema the table's schema
 * @param table the table's name
 * @param partitioned whether its rows are in partitions
 * @param triggersOnInsert whether {@code BEFORE} triggers may change a row that is inserted, of the table or of its partitions
 * @param suppressible whether a {@code BEFORE} trigger may keep a row from being inserted or updated
 * @param moving whether a {@code BEFORE} trigger may change a row that is updated, and so its key
 * @param keeping whether a {@code BEFORE} trigger may keep a row from being deleted
 * @param columns facts about each mapped column, by name
 * @param keyLists the key's columns as the server lists them when a key is taken, for each unique index on them
 */
record TableLayout(
        String schema,
        String table,
        boolean partitioned,
        boolean triggersOnInsert,
        boolean suppressible,
        boolean moving,
        boolean keeping,
        Map<String, Fact> columns,
        Set<String> keyLists) {

    /**
     * Facts about a column.
     *
     * @param typeName the type to cast to, without a length: never a domain, because a cast to it is an explicit one to the length of
     *     its base type too, which cuts. What is stored the column makes a value of the domain, and so checks it
     * @param baseType the type that decides whether the mapping fits, beneath all domains
     * @param nullable whether neither the column, nor a domain that it has, nor a validated {@code CHECK (… IS NOT NULL)} keeps {@code NULL} away
     * @param defaultSql the expression that fills the column in, or {@code null}
     * @param alwaysIdentity whether it is {@code GENERATED ALWAYS AS IDENTITY}
     * @param computed whether it is {@code GENERATED ALWAYS AS (…) STORED}
     * @param exact whether equal values have equal texts
     * @param declared the base type with its length, precision or scale, without a schema
     * @param constants those of an enum
     */
    record Fact(
            String typeName,
            String baseType,
            boolean notNull,
            boolean nullable,
            @Nullable String defaultSql,
            boolean alwaysIdentity,
            boolean computed,
            boolean exact,
            String declared,
            List<String> constants) {}

    private static final String FIND = """
            SELECT n.nspname, c.relname, c.relkind, c.oid,
                   has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'INSERT')
                   AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'),
                   row_security_active(c.oid),
                   coalesce(g.on_insert, false), coalesce(g.on_any, false),
                   current_setting('extra_float_digits')::int,
                   (SELECT string_agg(r.rulename, ', ' ORDER BY r.rulename) FROM pg_rewrite r
                    WHERE r.ev_class = c.oid AND r.ev_type <> '1' AND (r.ev_enabled <> 'D' OR r.ev_type = '2')),
                   coalesce(g.on_delete, false),
                   (SELECT string_agg(h.inhrelid::regclass::text, ', ' ORDER BY h.inhrelid::regclass::text) FROM pg_inherits h
                    WHERE h.inhparent = c.oid AND c.relkind = 'r'),
                   current_setting('array_nulls')::boolean,
                   coalesce(g.on_update, false)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL (
                SELECT bool_or(t.tgtype & 4 <> 0) AS on_insert, bool_or(t.tgtype & 20 <> 0) AS on_any,
                       bool_or(t.tgtype & 8 <> 0) AS on_delete, bool_or(t.tgtype & 16 <> 0) AS on_update
                FROM (%s SELECT relid FROM tree) tables JOIN pg_trigger t ON t.tgrelid = tables.relid
                WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 3 = 3) g -- before, each row
            WHERE c.oid = to_regclass(?)
            """.formatted(CaptureSql.tree("c.oid"));

    private static final String COLUMNS = """
            WITH path AS MATERIALIZED (SELECT set_config('search_path', 'pg_catalog', true) AS name)
            SELECT a.attname, a.attnotnull, a.attidentity, a.attgenerated,
                   pg_get_expr(d.adbin, d.adrelid, path.name IS NULL), -- false, once the path is set
                   CASE WHEN bn.nspname = 'pg_catalog' THEN format_type(b.oid, -1)
                        ELSE quote_ident(bn.nspname) || '.' || quote_ident(b.typname) END,
                   CASE WHEN b.typtype = 'e' THEN 'enum' ELSE b.typname END,
                   CASE WHEN a.attidentity <> ''
                        THEN pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) END,
                   b.typname NOT IN ('bpchar', 'citext') AND coalesce(co.collisdeterministic, true),
                   CASE WHEN bn.nspname = 'pg_catalog' THEN format_type(b.oid, base.typmod) ELSE b.typname::text END,
                   ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder),
                   NOT base.required AND NOT EXISTS (
                       SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.convalidated
                       AND pg_get_constraintdef(k.oid) = 'CHECK ((' || quote_ident(a.attname) || ' IS NOT NULL))')
            FROM path CROSS JOIN pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL (
                WITH RECURSIVE domains(oid, typmod, depth, required) AS (
                    SELECT a.atttypid, a.atttypmod, 0, a.attnotnull
                    UNION ALL SELECT t.typbasetype, t.typtypmod, depth + 1, required OR t.typnotnull
                    FROM domains JOIN pg_type t ON t.oid = domains.oid AND t.typtype = 'd')
                SELECT oid, typmod, required FROM domains ORDER BY depth DESC LIMIT 1) base
            JOIN pg_type b ON b.oid = base.oid
            JOIN pg_namespace bn ON bn.oid = b.typnamespace
            LEFT JOIN pg_collation co ON co.oid = a.attcollation
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = ?::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """;

    /** Reads the catalog and refuses a table that does not fit, naming the column and what to do. */
    static TableLayout read(Connection connection, TableMapping<?, ?> mapping, SqlErrors errors) throws SQLException {
        return read(connection, mapping, errors, false);
    }

    /** The same for a table that is only read through this mapping. */
    static TableLayout readOnly(Connection connection, TableMapping<?, ?> mapping, SqlErrors errors)
            throws SQLException {
        return read(connection, mapping, errors, true);
    }

    private static TableLayout read(
            Connection connection, TableMapping<?, ?> mapping, SqlErrors errors, boolean readOnly) throws SQLException {
        String given = mapping.schema() == null
                ? Sql.quote(mapping.table())
                : Sql.qualified(mapping.schema(), mapping.table());
        try (PreparedStatement find = connection.prepareStatement(FIND)) {
            find.setString(1, given);
            try (ResultSet row = find.executeQuery()) {
                if (!row.next()) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "table " + given
                                    + " does not exist, or the role may not see it; check its name and its case,"
                                    + " the schema, and the search_path",
                            null);
                }
                if (!"rp".contains(row.getString(3))) {
                    throw errors.configuration(Operation.OPEN, given + " is not a table", null);
                }
                if (row.getString(13) != null) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "other tables inherit from " + given + " (" + row.getString(13)
                                    + "), and no index keeps a key from being in several of them; make it a partitioned"
                                    + " table, or map tables that stand alone",
                            null);
                }
                if (!readOnly && !row.getBoolean(14)) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "array_nulls is off for this role, so that a NULL in an array would be stored as a text; set it to"
                                    + " on for the role or the database",
                            null);
                }
                if (!row.getBoolean(5) || (!readOnly && !row.getBoolean(6))) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "the role needs SELECT" + (readOnly ? "" : ", INSERT, UPDATE and DELETE") + " on table "
                                    + given + "; grant them",
                            null);
                }
                if (row.getBoolean(7)) {
                    throw filtered(errors, Operation.OPEN, given);
                }
                if (!readOnly && row.getString(11) != null) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "table " + given + " has rules, with which PostgreSQL refuses the statements of Dualwrite ("
                                    + row.getString(11) + "); drop them, or make them triggers",
                            null);
                }
                long oid = row.getLong(4);
                Map<String, Fact> facts = facts(connection, oid);
                Set<String> key = mapping.keyColumns().stream()
                        .map(TableMapping.Column::name)
                        .collect(Collectors.toSet());
                List<UniqueKey> ofKey = UniqueKey.read(connection, oid).stream()
                        .filter(unique -> unique.columns().equals(key))
                        .toList();
                TableLayout layout = new TableLayout(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3).equals("p"),
                        row.getBoolean(8),
                        row.getBoolean(9),
                        row.getBoolean(15),
                        row.getBoolean(12),
                        facts,
                        ofKey.stream().map(UniqueKey::list).collect(Collectors.toUnmodifiableSet()));
                List<String> faults = layout.faults(mapping, ofKey, readOnly, row.getInt(10));
                if (!faults.isEmpty()) {
                    throw errors.configuration(
                            Operation.OPEN, "the mapping does not fit: " + String.join("; ", faults), null);
                }
                return layout;
            }
        }
    }

    /** The error for a table of which the role may not see all rows. */
    static ConfigurationException filtered(SqlErrors errors, Operation operation, String table) {
        return errors.configuration(
                operation,
                "row security is active for the role on table " + table
                        + ", and a row that the role does not see would be taken for deleted; use a role with BYPASSRLS,"
                        + " or the table's owner without FORCE ROW LEVEL SECURITY",
                null);
    }

    /**
     * Facts about each column of a table. Defaults are given as any session understands them, with every name qualified; the setting
     * that this takes ends with the statement, or is taken back if a transaction runs.
     */
    static Map<String, Fact> facts(Connection connection, long oid) throws SQLException {
        if (connection.getAutoCommit()) {
            return qualifiedFacts(connection, oid);
        }
        String path = setting(connection, "SELECT current_setting('search_path')");
        Map<String, Fact> facts = qualifiedFacts(connection, oid);
        String unused = setting(connection, "SELECT set_config('search_path', " + Sql.literal(path) + ", true)");
        return facts;
    }

    private static String setting(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static Map<String, Fact> qualifiedFacts(Connection connection, long oid) throws SQLException {
        Map<String, Fact> facts = new LinkedHashMap<>();
        try (PreparedStatement select = connection.prepareStatement(COLUMNS)) {
            select.setLong(1, oid);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    boolean computed = !row.getString(4).isEmpty();
                    String sequence = row.getString(8);
                    String defaultSql = sequence == null
                            ? (computed ? null : row.getString(5))
                            : "nextval(" + Sql.literal(sequence) + "::regclass)";
                    facts.put(
                            row.getString(1),
                            new Fact(
                                    row.getString(6),
                                    row.getString(7),
                                    row.getBoolean(2),
                                    row.getBoolean(12),
                                    defaultSql,
                                    "a".equals(row.getString(3)),
                                    computed,
                                    row.getBoolean(9),
                                    row.getString(10),
                                    List.of((String[]) row.getArray(11).getArray())));
                }
            }
        }
        return facts;
    }

    private List<String> faults(
            TableMapping<?, ?> mapping, List<UniqueKey> ofKey, boolean readOnly, int extraFloatDigits) {
        List<String> faults = new ArrayList<>();
        Set<String> mapped = new HashSet<>();
        boolean replaces = mapping.columns().stream()
                .anyMatch(c -> !c.key()
                        && columns.containsKey(c.name())
                        && !fact(c.name()).computed());
        for (TableMapping.Column<?> column : mapping.columns()) {
            mapped.add(column.name());
            Fact fact = columns.get(column.name());
            if (fact == null) {
                faults.add("there is no column " + column.name() + " (there are " + String.join(", ", columns.keySet())
                        + "); rename or unmap it");
            } else if (!column.type().accepts(fact.baseType())) {
                faults.add("column " + column.name() + " is " + fact.typeName() + ", but it is mapped as "
                        + column.type() + "; change one of them");
            } else if (column.key() && !fact.exact()) {
                faults.add("column " + column.name() + " of type " + fact.typeName()
                        + " cannot be part of a key, because one value can have several texts (padding, case, or a"
                        + " nondeterministic collation); use text");
            } else if (!readOnly && column.key() && fact.computed()) {
                faults.add("column " + column.name()
                        + " is GENERATED ALWAYS AS (…) and part of the key, so that no write can give it, and an update of what it"
                        + " is computed from would move the record to another key; map the columns that it is computed from, or"
                        + " make it a plain column");
            } else if (column.generated() && fact.defaultSql() == null) {
                faults.add("column " + column.name()
                        + " is mapped as generated, but the table has no default, sequence or identity for it");
            } else if (extraFloatDigits < 1 && fact.baseType().startsWith("float")) {
                faults.add("column " + column.name() + " is " + fact.typeName()
                        + ", of which this role gets rounded values, because extra_float_digits is "
                        + extraFloatDigits + "; set it to 1 or more for the role or the database");
            } else if (!readOnly && fact.alwaysIdentity() && !(column.key() && replaces)) {
                faults.add("column " + column.name()
                        + " is GENERATED ALWAYS AS IDENTITY, so that no write can replace it; make it GENERATED BY DEFAULT"
                        + (column.key() ? ", or map a column beside the key" : ""));
            }
        }
        columns.forEach((name, fact) -> {
            if (!readOnly
                    && !mapped.contains(name)
                    && fact.notNull()
                    && fact.defaultSql() == null
                    && !fact.computed()) {
                faults.add("column " + name
                        + " is NOT NULL without a default and not mapped; map it or give it a default");
            }
        });
        if (ofKey.isEmpty() && faults.isEmpty()) {
            faults.add(
                    "the key (" + Sql.list(mapping.keyColumns(), TableMapping.Column::name)
                            + ") has no primary key or plain unique index on exactly these columns; create one or map another key");
        }
        if (!readOnly) {
            ofKey.stream()
                    .filter(UniqueKey::inexact)
                    .forEach(unique -> faults.add("unique index " + unique.index()
                            + " on the key has a nondeterministic collation, so that a record would replace another one whose key"
                            + " the index takes for equal; drop it, or index an expression instead"));
        }
        return faults;
    }

    Fact fact(String column) {
        Fact fact = columns.get(column);
        if (fact == null) {
            throw new IllegalStateException("no such column: " + column);
        }
        return fact;
    }
}
