package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.StoreLog;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Foreign keys by which a write of the mapped table changes rows that its statement does not return: {@code ON DELETE CASCADE}, {@code SET
 * NULL} and {@code SET DEFAULT}, and the same {@code ON UPDATE} of columns that the library may change. Such a row of the table itself would
 * be neither sent nor pending, so it is refused without capture. What happens to rows of other tables, perhaps those of another
 * repository, is told once.
 */
final class ForeignActions {

    private static final Logger log = LoggerFactory.getLogger(ForeignActions.class);

    private static final String FIND = CaptureSql.tree("to_regclass(?)::oid") + """
            SELECT f.conname || ' of ' || f.conrelid::regclass, f.conrelid IN (SELECT relid FROM tree)
            FROM pg_constraint AS f
            WHERE f.contype = 'f' AND f.conparentid = 0 AND f.confrelid IN (SELECT relid FROM tree)
                AND (f.confdeltype IN ('c', 'n', 'd')
                    OR (f.confupdtype IN ('c', 'n', 'd') AND EXISTS (
                        SELECT FROM pg_attribute AS a
                        WHERE a.attrelid = f.confrelid AND a.attnum = ANY (f.confkey) AND a.attname <> ALL (?))))
            ORDER BY 1
            """;

    private ForeignActions() {}

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
        Set<String> key =
                mapping.keyColumns().stream().map(TableMapping.Column::name).collect(Collectors.toSet());
        List<String> own = new ArrayList<>();
        List<String> others = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(FIND)) {
            select.setString(1, table);
            Array unchanged = SqlArrays.text(connection, key, name -> name);
            select.setArray(2, unchanged);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    (row.getBoolean(2) ? own : others).add(row.getString(1));
                }
            }
        }
        if (!own.isEmpty()
                && !CaptureTrigger.of(schema, mapping, context.repository())
                        .status(connection)
                        .active()) {
            throw errors.configuration(
                    Operation.OPEN,
                    "a write of table " + table + " changes other rows of it by a foreign key ("
                            + String.join(", ", own)
                            + "), and these would not reach the secondary; install capture for this repository before"
                            + " (CaptureTrigger.of(schema, mapping, repository).install(…)), or make it ON DELETE NO ACTION",
                    null);
        }
        if (!others.isEmpty()) {
            new StoreLog(log, context.repository())
                    .warn("ForeignKeyActions")
                    .addKeyValue("store", "PostgreSQL table " + table)
                    .addKeyValue("constraints", String.join(", ", others))
                    .log(
                            "writes change rows of other tables by foreign keys; where these tables are mapped too, capture them");
        }
    }
}
