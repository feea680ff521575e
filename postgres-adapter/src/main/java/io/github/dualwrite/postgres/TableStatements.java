package io.github.dualwrite.postgres;

import java.util.Collections;
import java.util.List;

/**
 * The SQL of a mapped table, built once.
 *
 * <p>Every write is <em>one</em> statement, and so one round trip and one atomic unit (DW-1):
 *
 * <pre>{@code
 * WITH record AS (INSERT / UPDATE / DELETE … RETURNING mapped columns),
 *      pending AS (INSERT INTO pending_write SELECT key of record, nextval(version) FROM record
 *                  ON CONFLICT (repository, key) DO UPDATE … RETURNING key, version)
 * SELECT record.*, pending.version FROM record JOIN pending
 * }</pre>
 *
 * <p>The parts are chained through {@code RETURNING}, because sibling CTEs see one snapshot and run in no defined order. The
 * sequence is drawn for a row that the first part has returned, that is while the record's row lock is held until the commit:
 * so versions follow the commit order of each key, also across delete and re-create.
 */
final class TableStatements {

    final String create;
    final String update;
    final String save;

    /** A record whose key is to be generated. It replaces none: a key that is taken is an error. */
    final String insert;

    final String saveAll;

    /** As {@link #saveAll}, of records some of whose keys are to be generated. */
    final String saveSome;

    final String delete;
    final String deleteAll;
    final String read;
    final String readAll;

    /** Whether there is a record that a trigger, newer than these statements, may have kept from being updated. */
    final String guarded;

    final String snapshot;
    final String lockRecords;

    /** Fails if nothing came of what was attempted: that undoes what the trigger did instead. */
    private static final String OR_NOTHING =
            ", CASE WHEN pending.version IS NULL THEN " + FailureMark.SUPPRESSED.sql() + " END";

    /** Fails if the table took fewer records than it was given; parameter: how many those are. */
    private static final String ALL_OR_NONE =
            ", CASE WHEN count(pending.version) OVER () < ?::bigint THEN " + FailureMark.SUPPRESSED.sql() + " END";

    private final DualwriteSchema schema;
    private final TableLayout layout;
    private final List<? extends TableMapping.Column<?>> columns;
    private final List<? extends TableMapping.Column<?>> keys;

    /** The place of a row in its batch, and the text of its key, under names that no mapped column has. */
    private final String place;

    private final String keyText;

    TableStatements(TableMapping<?, ?> mapping, TableLayout layout, DualwriteSchema schema) {
        this.schema = schema;
        this.layout = layout;
        this.columns = mapping.columns();
        this.keys = mapping.keyColumns();
        this.place = unused("ord");
        this.keyText = unused("key_text");
        String table = Sql.qualified(layout.schema(), layout.table());
        List<? extends TableMapping.Column<?>> written =
                columns.stream().filter(c -> !fact(c).computed()).toList();
        List<? extends TableMapping.Column<?>> changed =
                written.stream().filter(c -> !c.key()).toList();
        String returning = " RETURNING " + Sql.list(columns, c -> "t." + quoted(c));
        String overriding = written.stream().anyMatch(c -> fact(c).alwaysIdentity()) ? " OVERRIDING SYSTEM VALUE" : "";
        String into = "INSERT INTO " + table + " AS t (" + Sql.list(written, this::quoted) + ")" + overriding;
        String values = " VALUES (" + Sql.list(written, c -> insertable(c, "?")) + ")";
        String keyList = "(" + Sql.list(keys, this::quoted) + ")";
        String onKey = " ON CONFLICT " + keyList + " DO UPDATE SET ";
        String replaceKey = quoted(keys.get(0)) + " = excluded." + quoted(keys.get(0));
        String replace = onKey
                + (changed.isEmpty()
                        ? replaceKey
                        : Sql.list(
                                changed,
                                c -> quoted(c) + " = "
                                        + (boundAgain(c, layout) ? updatable(c) : "excluded." + quoted(c))));
        String replaceMany =
                onKey + (changed.isEmpty() ? replaceKey : Sql.list(changed, c -> quoted(c) + " = " + replacement(c)));
        String keyIs = Sql.all(keys, c -> "t." + quoted(c) + " = " + cast(c, "?"));
        String keyInput = Sql.all(keys, c -> "t." + quoted(c) + " = i." + quoted(c));

        String keyColumns = Sql.list(keys, c -> "t." + quoted(c));
        String locked = "locked AS (SELECT " + keyColumns + " FROM " + table + " AS t WHERE " + keyIs;
        String set = "UPDATE " + table + " AS t SET "
                + (changed.isEmpty()
                        ? quoted(keys.get(0)) + " = t." + quoted(keys.get(0))
                        : Sql.list(changed, c -> quoted(c) + " = " + updatable(c)));
        if (layout.suppressible()) {
            String absent = " WHERE NOT EXISTS (SELECT FROM existing)";
            create = written(
                    "existing AS (SELECT FROM " + table + " AS t WHERE " + keyIs + "), ",
                    into + " SELECT " + Sql.list(written, c -> insertable(c, "?")) + absent + returning,
                    "(SELECT 1" + absent + ") AS attempted",
                    "");
            String unmoved = orMoved("(" + Sql.list(keys, c -> "given." + quoted(c)) + ") <> ("
                    + Sql.list(keys, c -> "record." + quoted(c)) + ")");
            update = written(
                    locked + " FOR NO KEY UPDATE), ",
                    set + " FROM locked AS i WHERE " + keyInput + returning,
                    "locked AS given",
                    unmoved);
            save = written(
                    "given AS (SELECT " + Sql.list(keys, c -> cast(c, "?") + " AS " + quoted(c)) + "), ",
                    into + values + replace + returning,
                    "given",
                    unmoved);
            insert = written("", into + values + returning, "(SELECT 1) AS attempted", "");
        } else {
            create = write(into + values + " ON CONFLICT " + keyList + " DO NOTHING" + returning);
            update = write(set + " WHERE " + keyIs + returning);
            save = write(into + values + replace + returning);
            insert = write(into + values + returning);
        }
        String fromInput = " SELECT " + Sql.list(written, c -> insertable(c, "i." + quoted(c))) + " FROM input AS i";
        String inOrder = " ORDER BY i." + place;
        String keyGiven = "(" + Sql.all(keys, c -> "i." + quoted(c) + " IS NOT NULL") + ")";
        saveAll = input(written) + ", record AS (" + into + fromInput + inOrder + replaceMany + returning + "), "
                + pending() + allOrNone(orMovedAmong("record"));
        saveSome = input(written) + ", given AS (" + into + fromInput + " WHERE " + keyGiven + inOrder + replaceMany
                + returning + "), fresh AS (" + into + fromInput + " WHERE NOT " + keyGiven + inOrder + returning
                + "), record AS (SELECT * FROM given UNION ALL SELECT * FROM fresh), " + pending()
                + allOrNone(orMovedAmong("given"));
        String removed =
                " RETURNING " + keyColumns; // a tombstone needs no more, and the rest may be what Java cannot read
        String deleteLocked = "DELETE FROM " + table + " AS t USING locked AS i WHERE " + keyInput + removed;
        delete = layout.keeping()
                ? written(locked + " FOR UPDATE), ", deleteLocked, "locked", "")
                : write("DELETE FROM " + table + " AS t WHERE " + keyIs + removed);
        deleteAll = input(keys) + ", locked AS (SELECT " + keyColumns + " FROM input AS i JOIN "
                + table + " AS t ON " + keyInput + " ORDER BY i." + place + " FOR UPDATE OF t), "
                + "record AS (" + deleteLocked + "), " + pending()
                + (layout.keeping()
                        ? " SELECT r.*, pending.version" + OR_NOTHING
                                + " FROM locked AS i LEFT JOIN (record AS r JOIN pending"
                                + " ON pending.key = " + keyText("r") + ") ON "
                                + Sql.all(keys, c -> "r." + quoted(c) + " = i." + quoted(c))
                        : many("", "", ""));
        String select = "SELECT " + Sql.list(columns, c -> "t." + quoted(c));
        read = select + " FROM " + table + " AS t WHERE " + keyIs;
        readAll = "WITH " + inputBody(keys) + " " + select + " FROM input AS i JOIN " + table + " AS t ON " + keyInput;
        String relation = Sql.literal(table) + "::regclass";
        guarded = CaptureSql.tree(relation + "::oid") + " SELECT EXISTS (SELECT FROM " + table + " AS t WHERE " + keyIs
                + ") AND (EXISTS (SELECT FROM pg_trigger AS g JOIN tree ON g.tgrelid = tree.relid"
                + " WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 19 = 19)" // each row, before, update
                + " OR EXISTS (SELECT FROM pg_rewrite AS w WHERE w.ev_class = " + relation + "))";
        snapshot = "WITH k AS (SELECT * FROM unnest(" + parameters(keys.size() + 1) + ") AS k(" + keyText + ", "
                + Sql.list(keys, this::quoted) + ")), i AS (SELECT k." + keyText + ", "
                + Sql.list(keys, c -> cast(c, "k." + quoted(c)) + " AS " + quoted(c)) + " FROM k) "
                + select + ", p.version, p.key, t." + quoted(keys.get(0)) + " IS NOT NULL, (SELECT row_security_active("
                + Sql.literal(table) + "::regclass)) FROM i JOIN "
                + schema.pending()
                + " AS p ON p.repository = ? AND p.key = i." + keyText + " LEFT JOIN " + table + " AS t ON " + keyInput;
        lockRecords = "WITH " + inputBody(keys) + " SELECT i." + place + " FROM input AS i JOIN " + table + " AS t ON "
                + keyInput + " ORDER BY i." + place + " FOR NO KEY UPDATE OF t";
    }

    private String unused(String name) {
        return columns.stream().anyMatch(c -> c.name().equals(name)) ? unused(name + "_") : name;
    }

    private String quoted(TableMapping.Column<?> column) {
        return Sql.quote(column.name());
    }

    private TableLayout.Fact fact(TableMapping.Column<?> column) {
        return layout.fact(column.name());
    }

    /** Values come as text and are cast to the column's type, without its length: too long a text must not be cut silently. */
    private String cast(TableMapping.Column<?> column, String value) {
        return value + "::" + (value.equals("?") ? "text::" : "") + fact(column).typeName();
    }

    private String insertable(TableMapping.Column<?> column, String value) {
        String given = value.equals("?") ? cast(column, value) : value;
        return column.generated() ? "coalesce(" + given + ", " + fact(column).defaultSql() + ")" : given;
    }

    private String updatable(TableMapping.Column<?> column) {
        return column.generated() ? "coalesce(" + cast(column, "?") + ", t." + quoted(column) + ")" : cast(column, "?");
    }

    /**
     * Whether a save binds a column's value a second time, for the record that is there already. What {@code excluded} has is that of a
     * new record: after defaults, and after the {@code BEFORE INSERT} triggers of rows. Elsewhere it is the same and costs less.
     */
    static boolean boundAgain(TableMapping.Column<?> column, TableLayout layout) {
        return !column.key()
                && !layout.fact(column.name()).computed()
                && (column.generated() || layout.triggersOnInsert());
    }

    /** What a column becomes in a record that a batch replaces: a hashed look-up finds the few that keep what they have. */
    private String replacement(TableMapping.Column<?> column) {
        String excluded = "excluded." + quoted(column);
        return column.generated()
                ? "CASE WHEN (" + Sql.list(keys, k -> "excluded." + quoted(k)) + ") IN (SELECT "
                        + Sql.list(keys, k -> "i." + quoted(k)) + " FROM input AS i WHERE i." + quoted(column)
                        + " IS NULL) THEN t." + quoted(column) + " ELSE " + excluded + " END"
                : excluded;
    }

    private static String parameters(int count) {
        return String.join(", ", Collections.nCopies(count, "?::text[]"));
    }

    /** The rows of a batch, in the order in which they are to be locked. */
    private String inputBody(List<? extends TableMapping.Column<?>> given) {
        return "raw AS (SELECT * FROM unnest(" + parameters(given.size()) + ") WITH ORDINALITY AS r("
                + Sql.list(given, this::quoted) + ", " + place + ")), input AS (SELECT "
                + Sql.list(given, c -> cast(c, "r." + quoted(c)) + " AS " + quoted(c)) + ", r." + place
                + " FROM raw AS r)";
    }

    private String input(List<? extends TableMapping.Column<?>> given) {
        return "WITH " + inputBody(given);
    }

    private String keyText(String row) {
        return KeyText.sql(
                keys.stream().map(c -> c.type().keySql(row + "." + quoted(c))).toList());
    }

    private String pending() {
        return "pending AS ("
                + pendingUpsert(
                        schema,
                        "SELECT ?, " + keyText("r") + ", " + schema.nextVersion()
                                + ", clock_timestamp() + ? * interval '1 microsecond' FROM record AS r")
                + " RETURNING p.key, p.version)";
    }

    /**
     * Makes keys pending; the query gives repository, key, version and due time.
     *
     * <p>If the key is pending already, its version is drawn again, now that its row is locked: what the query drew may have
     * been overtaken while it waited for that lock. So no version is ever ahead of the sequence; if one were, the next write
     * could draw the same number and be taken for applied.
     */
    static String pendingUpsert(DualwriteSchema schema, String query) {
        return "INSERT INTO " + schema.pending() + " AS p (repository, key, version, due_at) " + query
                + " ON CONFLICT (repository, key) DO UPDATE SET version = greatest(p.version + 1, "
                + schema.nextVersion() + "),"
                + " attempts = 0, error = NULL, parked_at = NULL,"
                + " due_at = CASE WHEN p.parked_at IS NULL THEN p.due_at ELSE excluded.due_at END";
    }

    private String write(String record) {
        return "WITH record AS (" + record + "), " + pending()
                + " SELECT record.*, pending.version FROM record, pending";
    }

    /**
     * Fails if a trigger moved a record to another key: its old one would be neither in the table nor pending. It fails too where the
     * record is new and a trigger before an insert made that key, because a statement cannot tell the two apart.
     */
    private String orMoved(String moved) {
        return layout.moving() ? ", CASE WHEN " + moved + " THEN " + FailureMark.MOVED.sql() + " END" : "";
    }

    private String orMovedAmong(String records) {
        String key = "(" + Sql.list(keys, c -> "r." + quoted(c)) + ")";
        return orMoved("EXISTS (SELECT FROM " + records + " AS r WHERE " + key + " NOT IN (SELECT "
                + Sql.list(keys, c -> "i." + quoted(c)) + " FROM input AS i WHERE "
                + Sql.all(keys, c -> "i." + quoted(c) + " IS NOT NULL") + "))");
    }

    /** The same where a trigger may keep the record away; gives no row exactly if nothing was attempted. */
    private String written(String with, String record, String attempted, String more) {
        return "WITH " + with + "record AS (" + record + "), " + pending() + " SELECT record.*, pending.version"
                + OR_NOTHING + more + " FROM " + attempted + " LEFT JOIN (record CROSS JOIN pending) ON true";
    }

    /** All that was stored. Where a trigger may keep it away there is a row in any case, so that whether it did is looked at. */
    private String allOrNone(String more) {
        return layout.suppressible()
                ? many(ALL_OR_NONE + more, "(SELECT 1) AS attempted LEFT JOIN (", ") ON true")
                : many(more, "", "");
    }

    private String many(String more, String before, String after) {
        return " SELECT r.*, pending.version" + more + " FROM " + before + "record AS r JOIN pending ON pending.key = "
                + keyText("r") + after;
    }
}
