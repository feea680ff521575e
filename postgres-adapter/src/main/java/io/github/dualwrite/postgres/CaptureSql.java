package io.github.dualwrite.postgres;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The SQL of a {@link CaptureTrigger}: two functions, and four triggers on the table and on each of its partitions; two more where rows
 * can move between partitions.
 *
 * <p>Statement triggers with transition tables: one set-based statement for each captured one, however many rows it changed. They
 * run after the change, so the version is drawn while the record's row is locked.
 *
 * <p>A key that this transaction has made pending already is left alone: that entry is locked until the commit, nothing of this
 * transaction has been sent, and after the commit the state is read together with the version. So the library's own statement,
 * which makes its key pending itself, costs no second version. A change made by another trigger ({@code pg_trigger_depth() > 1})
 * always counts: it may come after the row that the library's statement returned and will send. For the same reason nothing is
 * left alone on a table whose rows a foreign key can change in passing; its triggers carry an argument.
 *
 * <p>Only {@code MERGE} needs row triggers: a row that it moves to another partition is in no transition table but those of {@code
 * INSERT} and {@code DELETE}, whose statement triggers do not fire for it. So these fire for both halves of a move, and only once
 * the transaction has begun an update: a load or a purge of many rows stays set based.
 */
final class CaptureSql {

    /** Raised with every change of the generated text. */
    static final int REVISION = 3;

    static final List<String> OPERATIONS = List.of("insert", "update", "delete", "truncate");

    /** On partitioned tables, and on theirs that are partitioned themselves: before an update that may move rows. */
    static final String UPDATING = "updating";

    /** On partitioned tables, whence the server brings it to all partitions, also later ones: after a row came or went. */
    static final String MOVED = "moved";

    /** An expression: whether the server has {@code MERGE}. */
    static final String MERGES = "current_setting('server_version_num')::int >= 150000";

    /** How each function begins. */
    static final String MARK = "-- dualwrite capture";

    private static final String UPDATES = "dualwrite.updates";

    private final DualwriteSchema schema;
    private final String repository;
    private final TableMapping.Target table;
    private final List<KeyColumn> keys;
    private final boolean wholeRecord;
    private final String id;

    /** A column that is part of the key. */
    record KeyColumn(String name, ColumnType<?> type) {}

    /**
     * The SQL of one trigger.
     *
     * @param wholeRecord whether a row is a record, so that its lock keeps other writers of the key away
     */
    CaptureSql(
            DualwriteSchema schema,
            String repository,
            TableMapping.Target table,
            List<KeyColumn> keys,
            boolean wholeRecord) {
        this.schema = schema;
        this.repository = repository;
        this.table = table;
        this.keys = keys;
        this.wholeRecord = wholeRecord;
        this.id = digest(schema.pending() + '\n' + repository + '\n' + tableName());
    }

    String tableName() {
        return table.schema() == null ? Sql.quote(table.table()) : Sql.qualified(table.schema(), table.table());
    }

    /** The table and everything that inherits from it, as a CTE {@code tree (relid)}; the table is given as an expression. */
    static String tree(String table) {
        return """
                WITH RECURSIVE tree AS (
                    SELECT %s AS relid
                    UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN tree ON i.inhparent = tree.relid)
                """.formatted(table);
    }

    /** An expression: whether a foreign key of the table can change its rows as part of a statement that changed others. */
    static String cascades(String table) {
        return "EXISTS (SELECT FROM pg_catalog.pg_constraint AS f WHERE f.conrelid = " + table
                + " AND f.contype = 'f' AND f.confupdtype IN ('c', 'n', 'd'))";
    }

    String trigger(String operation) {
        return "dualwrite_capture_" + id + "_" + operation;
    }

    String function(String operation) {
        return operation.equals("truncate") ? "capture_" + id + "_truncate" : "capture_" + id;
    }

    private String qualifiedFunction(String operation) {
        return Sql.qualified(schema.schemaName(), function(operation)) + "()";
    }

    /** The first lines of each function: what it was made for. */
    String mark() {
        return MARK + ", revision " + REVISION + "\n" + keyMark() + "\n";
    }

    String keyMark() {
        String columns = Sql.list(keys, k -> Sql.quote(k.name()) + " " + k.type());
        return ("-- " + (wholeRecord ? "record" : "part") + " of '" + repository + "', key " + columns)
                .replaceAll("[\\r\\n]", " ");
    }

    String body(String operation) {
        return operation.equals("truncate") ? truncateBody() : changeBody();
    }

    /** All of it; may run again without harm. */
    String install() {
        StringBuilder sql = new StringBuilder();
        for (String operation : List.of("insert", "truncate")) {
            String settings = operation.equals("truncate") ? " SET row_security = off" : "";
            sql.append("CREATE OR REPLACE FUNCTION ")
                    .append(qualifiedFunction(operation))
                    .append(" RETURNS trigger\nLANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp")
                    .append(settings)
                    .append(" AS ")
                    .append(dollars(body(operation)))
                    .append(";\nREVOKE ALL ON FUNCTION ")
                    .append(qualifiedFunction(operation))
                    .append(" FROM PUBLIC;\n");
        }
        return sql.append(eachTable(createTriggers())).toString();
    }

    /**
     * Removes all of it; may run again without harm. The triggers are found by their functions, wherever they are: a partition that was
     * detached keeps its own.
     */
    String uninstall() {
        String owned = "SELECT g.tgname, g.tgrelid::regclass::text AS on_table FROM pg_catalog.pg_trigger AS g"
                + " JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid"
                + " JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = "
                + Sql.literal(schema.schemaName()) + " AND p.proname IN (" + Sql.literal(function("insert")) + ", "
                + Sql.literal(function("truncate")) + ") AND NOT g.tgisinternal AND g.tgparentid = 0"
                + " ORDER BY g.tgrelid, g.tgname";
        return "DO "
                + dollars("DECLARE captured record;\nBEGIN\nFOR captured IN\n" + owned + "\nLOOP\n"
                        + execute("DROP TRIGGER IF EXISTS %I ON %s", "captured.tgname, captured.on_table")
                        + "END LOOP;\nEND\n")
                + ";\nDROP FUNCTION IF EXISTS " + qualifiedFunction("insert")
                + ";\nDROP FUNCTION IF EXISTS " + qualifiedFunction("truncate") + ";\n";
    }

    private String eachTable(String statements) {
        return "DO "
                + dollars("DECLARE captured regclass;\nBEGIN\nFOR captured IN\n"
                        + tree(Sql.literal(tableName()) + "::regclass::oid")
                        + "SELECT relid::regclass FROM tree\nLOOP\n" + statements + "END LOOP;\nEND\n")
                + ";\n";
    }

    private String createMoveTriggers() {
        String calls = " EXECUTE FUNCTION "
                + Sql.qualified(schema.schemaName(), function("update")).replace("%", "%%") + "()";
        String begun = " WHEN (pg_catalog.current_setting(" + Sql.literal(UPDATES) + ", true) = 'on')";
        return "IF " + MERGES
                + " AND (SELECT c.relkind = 'p' FROM pg_catalog.pg_class AS c WHERE c.oid = captured) THEN\n"
                + execute(
                        "CREATE OR REPLACE TRIGGER " + trigger(UPDATING) + " BEFORE UPDATE ON %1$s FOR EACH STATEMENT"
                                + calls,
                        "captured")
                + execute("ALTER TABLE ONLY %1$s ENABLE ALWAYS TRIGGER " + trigger(UPDATING), "captured")
                + "IF captured = " + Sql.literal(tableName()) + "::regclass THEN\n"
                + execute(
                        "CREATE OR REPLACE TRIGGER " + trigger(MOVED) + " AFTER INSERT OR DELETE ON %1$s FOR EACH ROW"
                                + begun + calls,
                        "captured")
                + execute("ALTER TABLE %1$s ENABLE ALWAYS TRIGGER " + trigger(MOVED), "captured")
                + "END IF;\nEND IF;\n";
    }

    private String createTriggers() {
        StringBuilder create = new StringBuilder();
        for (String operation : OPERATIONS) {
            String when = switch (operation) {
                case "insert" -> "AFTER INSERT ON %1$s REFERENCING NEW TABLE AS dualwrite_new";
                case "update" ->
                    "AFTER UPDATE ON %1$s" + " REFERENCING OLD TABLE AS dualwrite_old NEW TABLE AS dualwrite_new";
                case "delete" -> "AFTER DELETE ON %1$s REFERENCING OLD TABLE AS dualwrite_old";
                default -> "BEFORE TRUNCATE ON %1$s";
            };
            String function = Sql.qualified(schema.schemaName(), function(operation));
            create.append(execute(
                    "CREATE OR REPLACE TRIGGER " + trigger(operation) + " " + when
                            + " FOR EACH STATEMENT EXECUTE FUNCTION " + function.replace("%", "%%") + "(%2$s)",
                    "captured, CASE WHEN " + cascades("captured") + " THEN '''cascades''' ELSE '' END"));
            // also under session_replication_role = replica, which bulk loaders set
            create.append(execute("ALTER TABLE ONLY %1$s ENABLE ALWAYS TRIGGER " + trigger(operation), "captured"));
        }
        return create.append(createMoveTriggers()).toString();
    }

    private static String execute(String format, String arguments) {
        return "EXECUTE format(" + Sql.literal(format) + ", " + arguments + ");\n";
    }

    private String changeBody() {
        String inserted = "SELECT " + keyText("n") + " AS key FROM dualwrite_new AS n";
        String deleted = "SELECT " + keyText("o") + " AS key FROM dualwrite_old AS o";
        return mark() + declarations() + "BEGIN\nIF TG_WHEN = 'BEFORE' THEN\nPERFORM set_config(" + Sql.literal(UPDATES)
                + ", 'on', true);\nRETURN NULL;\nELSIF TG_LEVEL = 'ROW' AND TG_OP = 'INSERT' THEN\n"
                + pending("SELECT " + keyText("new") + " AS key")
                + "ELSIF TG_LEVEL = 'ROW' THEN\n"
                + pending("SELECT " + keyText("old") + " AS key")
                + "ELSIF TG_OP = 'UPDATE' THEN\n"
                + pending(inserted + "\n  UNION ALL " + deleted)
                + "ELSIF TG_OP = 'INSERT' THEN\n"
                + pending(inserted)
                + "ELSE\n"
                + pending(deleted)
                + "END IF;\n"
                + (wholeRecord ? "" : draw())
                + "RETURN NULL;\nEND\n";
    }

    private String truncateBody() {
        String[] around =
                select("SELECT " + keyText("o") + " AS key FROM \0 AS o").split("\0", -1);
        return mark() + declarations() + "BEGIN\n"
                + "IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN\n"
                + "RAISE EXCEPTION 'TRUNCATE of %.% at isolation level % could miss rows that Dualwrite has to capture',"
                + " TG_TABLE_SCHEMA, TG_TABLE_NAME, current_setting('transaction_isolation')\n"
                + "USING ERRCODE = 'invalid_transaction_state', HINT = 'Run it at READ COMMITTED.';\nEND IF;\n"
                + "EXECUTE " + Sql.literal(around[0]) + "\n|| format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) || "
                + Sql.literal(around[1]) + " INTO changed;\n"
                + draw()
                + "RETURN NULL;\nEND\n";
    }

    private String declarations() {
        return "DECLARE changed text[];\n";
    }

    private String pending(String source) {
        return wholeRecord ? pendingRecords(source) : "changed := (" + select(source) + ");\n";
    }

    /** One statement: whoever holds a record's row locked is the only one to make its key pending. */
    private String pendingRecords(String source) {
        return TableStatements.pendingUpsert(
                        schema,
                        "SELECT " + Sql.literal(repository) + ", k.key, " + schema.nextVersion()
                                + ", clock_timestamp() FROM " + distinct(source))
                + "\nWHERE NOT (p.xmin = pg_current_xact_id()::xid AND pg_trigger_depth() = 1 AND TG_NARGS = 0);\n";
    }

    private static String distinct(String source) {
        return "(\n  SELECT DISTINCT c.key FROM (" + source + ") AS c WHERE c.key IS NOT NULL ORDER BY c.key) AS k";
    }

    private String select(String source) {
        return "SELECT array_agg(k.key ORDER BY k.key) FROM " + distinct(source) + "\nWHERE NOT EXISTS (SELECT FROM "
                + schema.pending() + " AS p WHERE p.repository = " + Sql.literal(repository)
                + " AND p.key = k.key AND p.xmin = pg_current_xact_id()::xid AND pg_trigger_depth() = 1)";
    }

    /**
     * Two statements: rows of one aggregate are changed by several writers at once, and what they share is only the pending write.
     * So it is held first, and the version is drawn under its lock.
     */
    private String draw() {
        return "IF changed IS NOT NULL THEN\n"
                + "INSERT INTO " + schema.pending() + " AS p (repository, key, version, due_at)\nSELECT "
                + Sql.literal(repository) + ", k.key, 0, clock_timestamp() FROM unnest(changed) AS k(key)\n"
                + "ON CONFLICT (repository, key) DO UPDATE SET version = p.version;\n"
                + "UPDATE " + schema.pending() + " AS p SET version = greatest(p.version + 1, " + schema.nextVersion()
                + "),\n attempts = 0, error = NULL, parked_at = NULL,"
                + " due_at = CASE WHEN p.parked_at IS NULL THEN p.due_at ELSE clock_timestamp() END\n"
                + "WHERE p.repository = " + Sql.literal(repository) + " AND p.key = ANY (changed);\nEND IF;\n";
    }

    private String keyText(String row) {
        return KeyText.sql(keys.stream()
                .map(k -> k.type().keySql(row + "." + Sql.quote(k.name())))
                .toList());
    }

    private static String dollars(String body) {
        String tag = "$dualwrite$";
        for (int i = 1; body.contains(tag); i++) {
            tag = "$dualwrite" + i + "$";
        }
        return tag + "\n" + body + tag;
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
