package io.github.dualwrite.postgres;

import java.util.List;

/**
 * The SQL of a mapped table that follows, built once.
 *
 * <pre>{@code
 * WITH raw AS (the batch, from arrays, in the order of the keys),
 *      won AS (INSERT INTO applied_version … ON CONFLICT (repository, key) DO UPDATE SET version = excluded.version
 *              WHERE applied.version < excluded.version RETURNING key),
 *      stored AS (INSERT INTO the table SELECT … FROM raw WHERE the key is in won ON CONFLICT (key) DO UPDATE …)
 * SELECT key FROM won
 * }</pre>
 *
 * <p>The row of {@code applied_version} is locked and compared in {@code won}, on its newest state, whatever the statement's
 * snapshot shows; what happens to the record depends on what {@code won} returns (DW-2). All batches lock in the order of the keys,
 * and a record's row only under the lock of its key, so they cannot wait for each other in a circle.
 *
 * <p>An upsert too finds a row that was committed after the snapshot. A {@code DELETE} does not: it would leave a record in place
 * that an apply of a lower version stored while this statement waited for its lock. So a tombstone's record is removed by a second
 * statement whose snapshot is taken under the lock. Both are sent together and are one transaction; that only
 * what was won is removed, {@code deleted IS NULL} tells, which no other transaction ever sees.
 *
 * <p>A baseline has no version on whose row it could meet others. Upserts it meets at the record's own key, and leaves what it finds
 * there. Tombstones would find nothing to meet it at, so both go through a gate that lets only one of the two kinds in, before
 * their statements take their snapshots: docs/decisions/0017.
 *
 * <pre>{@code
 * SELECT baseline_gate(false);
 * INSERT INTO the table SELECT … FROM the batch WHERE the key has no applied version ON CONFLICT (key) DO NOTHING RETURNING key
 * }</pre>
 */
final class FollowerStatements {

    /** For a transaction: an error instead of an answer that leaves out rows which row security hides. */
    private static final String UNFILTERED = "set_config('row_security', 'off', true)";

    /** For a transaction: what {@link #THROUGH_GATE} looks for. */
    private static final String OPENED = "set_config('dualwrite.gate', 'open', true)";

    /** A condition that fails in another transaction than that of the gate. */
    private static final String THROUGH_GATE =
            FailureMark.TAKEN_APART.unless("current_setting('dualwrite.gate', true) = 'open'");

    /** Batch without tombstones. */
    final String store;

    /** Batch with tombstones: the gate, {@link #store} and the removal. */
    final String storeAndRemove;

    /** {@link #store} with an error, instead of an answer, if a trigger kept something away. */
    final String storeCounted;

    /** {@link #storeAndRemove} with an error, instead of an answer, if a trigger kept something away, or from being removed. */
    final String storeAndRemoveCounted;

    /** A record, and whether row security hides rows; parameters: the key's parts. */
    final String read;

    /** The same for each of many keys; parameters: arrays of the keys' parts. */
    final String readAll;

    /** The gate, and records of version 0. */
    final String baseline;

    /** The gate, and which of the given keys have a version. */
    final String versioned;

    /** The gate, and which of the given keys have a version or a record. */
    final String taken;

    /** Copies records in. */
    final String copy;

    FollowerStatements(TableMapping<?, ?> mapping, TableLayout layout, DualwriteSchema schema) {
        String table = Sql.qualified(layout.schema(), layout.table());
        List<? extends TableMapping.Column<?>> columns = mapping.columns();
        List<? extends TableMapping.Column<?>> keys = mapping.keyColumns();
        List<? extends TableMapping.Column<?>> written =
                columns.stream().filter(c -> !layout.fact(c.name()).computed()).toList();
        List<? extends TableMapping.Column<?>> changed =
                written.stream().filter(c -> !c.key()).toList();
        List<? extends TableMapping.Column<?>> replaced = changed.isEmpty() ? keys : changed;
        boolean overriding =
                written.stream().anyMatch(c -> layout.fact(c.name()).alwaysIdentity());

        String onKey = " ORDER BY r.o ON CONFLICT (" + Sql.list(keys, c -> Sql.quote(c.name())) + ")";
        String insert = "INSERT INTO " + table + " AS t (" + Sql.list(written, c -> Sql.quote(c.name())) + ")"
                + (overriding ? " OVERRIDING SYSTEM VALUE" : "") + " SELECT "
                + Sql.list(written, c -> value(c, "r.c" + written.indexOf(c), layout)) + " FROM raw AS r";

        String batch = "WITH raw AS (SELECT * FROM unnest(?::text[], ?::bigint[], ?::boolean[]"
                + ", ?::text[]".repeat(written.size()) + ") WITH ORDINALITY AS r(k, v, d, "
                + names(written.size()) + ", o)), ";
        String stored = ", stored AS (" + insert + " WHERE NOT r.d AND " + among("won") + onKey + " DO UPDATE SET "
                + Sql.list(replaced, c -> Sql.quote(c.name()) + " = excluded." + Sql.quote(c.name()));
        String all = ") SELECT key FROM won";
        String counted = " RETURNING true) SELECT key FROM won"
                + orFail("(SELECT count(*) FROM stored) = (SELECT count(*) FROM won WHERE deleted IS NOT NULL)");
        store = batch + won(schema) + stored + all;
        storeCounted = batch + won(schema, "", ", a.deleted") + stored + counted;
        String wonThere = " WHERE " + THROUGH_GATE;
        String keyIs = Sql.all(
                List.copyOf(keys),
                c -> "t." + Sql.quote(c.name()) + " = r.c" + keys.indexOf(c) + "::"
                        + layout.fact(c.name()).typeName());
        String enterToRemove = "SELECT " + schema.gate() + "(true), " + UNFILTERED + ", " + OPENED + ", "
                + FollowerSession.WHILE_THE_HOST_LIVES + "; " + batch;
        storeAndRemove =
                enterToRemove + won(schema, wonThere, "") + stored + all + "; " + remove(schema, table, keys, keyIs);
        storeAndRemoveCounted = enterToRemove + won(schema, wonThere, ", a.deleted") + stored + counted + "; "
                + removeCounted(schema, table, keys, keyIs);
        String enter = "SELECT " + schema.gate() + "(false), set_config('enable_seqscan', 'off', true), " + UNFILTERED
                + ", " + OPENED + ", " + FollowerSession.WHILE_THE_HOST_LIVES + "; ";
        versioned = enter + "SELECT a.key FROM " + schema.applied()
                + " AS a WHERE a.key = ANY (?::text[]) AND a.repository = ?";
        taken = enter + "SELECT r.k FROM unnest(?::text[]" + ", ?::text[]".repeat(keys.size()) + ") AS r(k, "
                + names(keys.size()) + ") WHERE NOT " + unversioned(schema) + " OR (SELECT true FROM " + table
                + " AS t WHERE " + keyIs + ")";
        copy = "COPY " + table + " (" + Sql.list(written, c -> Sql.quote(c.name())) + ") FROM STDIN";
        baseline = enter + "WITH raw AS (SELECT * FROM unnest(?::text[]" + ", ?::text[]".repeat(written.size())
                + ") WITH ORDINALITY AS r(k, " + names(written.size()) + ", o)) " + insert + " WHERE "
                + THROUGH_GATE + " AND " + unversioned(schema) + onKey + " DO NOTHING RETURNING "
                + KeyText.sql(keys.stream()
                        .map(c -> c.type().keySql("t." + Sql.quote(c.name())))
                        .toList());
        String found = "SELECT " + Sql.list(columns, c -> "t." + Sql.quote(c.name())) + ", t."
                + Sql.quote(keys.get(0).name()) + " IS NOT NULL, ";
        String hidden = "row_security_active(" + Sql.literal(table) + "::regclass)";
        read = found + hidden + " FROM (SELECT " + Sql.list(keys, c -> "?::text AS c" + keys.indexOf(c))
                + ") AS r LEFT JOIN " + table + " AS t ON " + keyIs;
        readAll = found + "(SELECT " + hidden + ") FROM unnest(" + "?::text[], ".repeat(keys.size() - 1)
                + "?::text[]) AS r(" + names(keys.size()) + ") LEFT JOIN " + table + " AS t ON " + keyIs;
    }

    /** A look-up for each key, in whatever way the planner would join; {@code enable_seqscan} makes it one in the index. */
    static String unversioned(DualwriteSchema schema) {
        return "(SELECT a.version FROM " + schema.applied() + " AS a WHERE a.repository = ? AND a.key = r.k) IS NULL";
    }

    /** Compares and takes the versions of what {@code raw} gives as key, version and tombstone. */
    static String won(DualwriteSchema schema) {
        return won(schema, "", "");
    }

    private static String won(DualwriteSchema schema, String where, String more) {
        return "won AS (INSERT INTO " + schema.applied() + " AS a (repository, key, version, deleted)"
                + " SELECT ?, r.k, r.v, CASE WHEN r.d THEN NULL ELSE false END FROM raw AS r" + where + " ORDER BY r.o"
                + " ON CONFLICT (repository, key) DO UPDATE SET version = excluded.version, deleted = excluded.deleted"
                + " WHERE a.version < excluded.version RETURNING a.key" + more + ")";
    }

    private static String remove(
            DualwriteSchema schema, String table, List<? extends TableMapping.Column<?>> keys, String keyIs) {
        return gone(schema, keys) + " " + delete(table, keyIs);
    }

    /** What is there is seen by a snapshot that was taken under the lock of its key, as what is removed. */
    private static String removeCounted(
            DualwriteSchema schema, String table, List<? extends TableMapping.Column<?>> keys, String keyIs) {
        return gone(schema, keys) + ", found AS (SELECT true FROM " + table + " AS t JOIN raw AS r ON " + keyIs
                + " WHERE " + among("gone") + "), removed AS (" + delete(table, keyIs) + " RETURNING true) SELECT true"
                + orFail("(SELECT count(*) FROM found) = (SELECT count(*) FROM removed)");
    }

    private static String gone(DualwriteSchema schema, List<? extends TableMapping.Column<?>> keys) {
        return "WITH raw AS (SELECT * FROM unnest(?::text[]" + ", ?::text[]".repeat(keys.size()) + ") AS r(k, "
                + names(keys.size()) + ")), gone AS (UPDATE " + schema.applied()
                + " AS a SET deleted = true FROM raw AS r"
                + " WHERE a.repository = ? AND a.key = r.k AND a.deleted IS NULL RETURNING a.key)";
    }

    private static String delete(String table, String keyIs) {
        return "DELETE FROM " + table + " AS t USING raw AS r WHERE " + among("gone") + " AND " + keyIs;
    }

    /** Ends the statement with {@link FailureMark#KEPT_AWAY}, unless a condition of the whole is met. */
    private static String orFail(String condition) {
        return " WHERE " + FailureMark.KEPT_AWAY.unless(condition);
    }

    /**
     * Whether a key is among those that another part returned: as a hashed sub-plan, whatever the planner thinks of the size of
     * arrays that it does not see. A join could become a nested loop over the batch.
     */
    private static String among(String part) {
        return "(r.k IN (SELECT key FROM " + part + ")) IS TRUE";
    }

    /**
     * Values come as text and are cast without a length: too long a text must be refused, not cut. What the authority holds is stored,
     * a {@code NULL} too, and never a default of this table, which would be another value.
     */
    private static String value(TableMapping.Column<?> column, String text, TableLayout layout) {
        return text + "::" + layout.fact(column.name()).typeName();
    }

    private static String names(int count) {
        StringBuilder names = new StringBuilder("c0");
        for (int i = 1; i < count; i++) {
            names.append(", c").append(i);
        }
        return names.toString();
    }
}
