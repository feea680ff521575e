package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.StoreLog;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Foreign keys by which a write of the mapped table changes rows that its statement does not return: {@code ON DELETE CASCADE}, {@code SET
 * NULL} and {@code SET DEFAULT}, and the same {@code ON UPDATE} of columns that the library may change. They are followed from table to
 * table. A row of the table itself that is deleted so, or changed in a mapped column, would be neither sent nor pending, so it is refused
 * without capture; capture by another version of Dualwrite, or without the triggers of a new partition, will do if no partition has such a key of its
 * own, so that a restart need not wait for whoever may install it again. What happens to rows of other tables, perhaps those of another repository, is told once.
 */
final class ForeignActions {

    private static final Logger log = LoggerFactory.getLogger(ForeignActions.class);

    /** Each step is a table whose rows are deleted, or changed in some columns, and the constraint that does it. */
    private static final String FIND = CaptureSql.tree("to_regclass(?)::oid") + """
            , mapped AS (
                SELECT a.attrelid, a.attnum, a.attname, a.attgenerated
                FROM pg_attribute AS a WHERE a.attrelid IN (SELECT relid FROM tree) AND a.attname = ANY (?)),
            step (by, relid, deletes, changes) AS (
                SELECT NULL::oid, tree.relid, true, ARRAY(
                    SELECT a.attnum FROM pg_attribute AS a
                    WHERE a.attrelid = tree.relid AND a.attname <> ALL (?)
                        AND (a.attgenerated <> '' OR a.attnum IN (SELECT attnum FROM mapped WHERE attrelid = tree.relid)))
                FROM tree
                UNION SELECT f.oid, f.conrelid, does.deletes, does.changes
                FROM step JOIN pg_constraint AS f ON f.confrelid = step.relid
                CROSS JOIN LATERAL (
                    SELECT f.confdeltype = 'c', CASE WHEN f.confdeltype = 'c' THEN '{}' ELSE coalesce( -- of some columns: from PostgreSQL 15 on
                        translate(to_jsonb(f) ->> 'confdelsetcols', '[]', '{}')::int2[], f.conkey) END
                    WHERE step.deletes AND f.confdeltype IN ('c', 'n', 'd')
                    UNION ALL SELECT false, f.conkey
                    WHERE step.changes && f.confkey AND f.confupdtype IN ('c', 'n', 'd')) AS does (deletes, changes)
                WHERE f.contype = 'f' AND f.conparentid = 0
                    AND coalesce((to_jsonb(f) ->> 'conenforced')::boolean, true)) -- from PostgreSQL 18 on
            SELECT f.conname || ' of ' || f.conrelid::regclass, bool_or(own.yes), bool_or(f.conrelid IN (
                SELECT i.inhrelid FROM pg_inherits AS i JOIN tree ON i.inhparent = tree.relid))
            FROM step JOIN pg_constraint AS f ON f.oid = step.by
            CROSS JOIN LATERAL (SELECT step.relid IN (SELECT relid FROM tree)) AS own (yes)
            WHERE NOT own.yes OR step.deletes OR EXISTS (
                SELECT FROM mapped AS m
                WHERE m.attrelid = step.relid AND (m.attnum = ANY (step.changes) OR m.attgenerated <> ''))
            GROUP BY 1 ORDER BY 1
            """;

    private ForeignActions() {}

    /**
     * The constraints that do so, each with its table.
     *
     * @param own those that change rows of the table itself
     * @param ofParts those of them that are a partition's alone
     */
    record Found(List<String> own, List<String> ofParts, List<String> others) {}

    /** Looks in the catalog; the table is qualified and quoted. */
    static Found find(Connection connection, TableMapping<?, ?> mapping, String table) throws SQLException {
        Found found = new Found(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        try (PreparedStatement select = connection.prepareStatement(FIND)) {
            select.setString(1, table);
            select.setArray(2, SqlArrays.text(connection, mapping.columns(), TableMapping.Column::name));
            select.setArray(3, SqlArrays.text(connection, mapping.keyColumns(), TableMapping.Column::name));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    (row.getBoolean(2) ? found.own() : found.others()).add(row.getString(1));
                    if (row.getBoolean(2) && row.getBoolean(3)) {
                        found.ofParts().add(row.getString(1));
                    }
                }
            }
        }
        return found;
    }

    /** Refuses, or tells of, what a write of the authority's table does besides. */
    static void check(
            Connection connection,
            TableMapping<?, ?> mapping,
            TableLayout layout,
            DualwriteSchema schema,
            StoreContext context,
            SqlErrors errors)
            throws SQLException {
        String table = Sql.qualified(layout.schema(), layout.table());
        Found found = find(connection, mapping, table);
        List<String> own = found.own();
        List<String> others = new ArrayList<>(found.others());
        if (CaptureTrigger.tooOld(connection.getMetaData().getDatabaseMajorVersion())
                .isPresent()) { // nothing but markPending helps there
            others.addAll(own);
        } else if (!own.isEmpty()
                && !captured(connection, CaptureTrigger.of(schema, mapping, context.repository()), found)) {
            throw errors.configuration(
                    Operation.OPEN,
                    "a write of table " + table + " changes other rows of it by a foreign key ("
                            + String.join(", ", own)
                            + "), and these would not reach the secondary; install capture for this repository before"
                            + " (CaptureTrigger.of(schema, mapping, repository).install(…)), or give it NO ACTION",
                    null);
        }
        warn(context, table, others);
    }

    /** What a partition's own foreign key does goes by that partition, so all triggers are needed then. */
    private static boolean captured(Connection connection, CaptureTrigger capture, Found found) throws SQLException {
        return found.ofParts().isEmpty()
                ? capture.captures(connection)
                : capture.status(connection).active();
    }

    private static void warn(StoreContext context, String table, List<String> others) {
        if (!others.isEmpty()) {
            new StoreLog(log, context.repository())
                    .warn("ForeignKeyActions")
                    .addKeyValue("store", "PostgreSQL table " + table)
                    .addKeyValue("constraints", String.join(", ", others))
                    .log(
                            "writes change other rows by foreign keys; where their tables are mapped, capture them or name their keys (markPending)");
        }
    }
}
