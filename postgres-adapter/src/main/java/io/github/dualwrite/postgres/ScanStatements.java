package io.github.dualwrite.postgres;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The SQL of a scan, built once.
 *
 * <pre>{@code
 * SELECT set_config(…);
 * SELECT mapped columns FROM the table WHERE (k1, k2) > (…) AND (k1, k2) <= (…) ORDER BY k1, k2 LIMIT …
 * }</pre>
 *
 * <p>A row that row security would hide is an error: a backfill would pass over it and be complete.
 *
 * <p>Every page has to come out of the index, in its order: a plan that sorts would read the rest of the split for each page. Plans
 * are made before the bounds are known, so nothing but the settings keeps the planner from it. They are sent in the same flight
 * and hold for its transaction alone.
 *
 * <p>The server makes the bounds, compares with them and orders by them, with the index's own operators and collation: nothing
 * depends on how Java, or another server, would order the same texts. A split names the order in which it is meant, and is read in no
 * other one: an index that comes later, or another collation, would make a position mean other records.
 */
final class ScanStatements {

    private static final String SETTINGS = "SELECT set_config('row_security', 'off', true),"
            + " set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),"
            + " set_config('enable_sort', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),"
            + " set_config('transaction_read_only', 'on', true); ";

    /** Number of pages on disk, number of records as last counted, whether that was ever counted; of all partitions. */
    static final String SIZE = """
            WITH RECURSIVE tree(oid) AS (
                SELECT to_regclass(?)::oid
                UNION ALL SELECT i.inhrelid FROM pg_inherits AS i JOIN tree ON i.inhparent = tree.oid)
            SELECT coalesce(sum(pg_relation_size(c.oid) / current_setting('block_size')::bigint), 0),
                   coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint,
                   coalesce(bool_and(c.reltuples >= 0 OR pg_relation_size(c.oid) = 0), true)
            FROM tree JOIN pg_class AS c ON c.oid = tree.oid WHERE c.relkind = 'r'
            """;

    /**
     * Names one table of one database, with the files that hold its rows now and are not those that it, or a partition, was made with: after
     * {@code TRUNCATE}, or a rewrite, it is another one. Partitions that come change nothing, nor do those that go with the file that they were
     * made with: one that is dropped, made again and filled again is not noticed. One that was emptied or rewritten is missed when it goes.
     */
    static final String IDENTITY = """
            WITH RECURSIVE root(oid) AS (SELECT to_regclass(?)::oid), tree(oid) AS (
                SELECT oid FROM root
                UNION ALL SELECT i.inhrelid FROM pg_inherits AS i JOIN tree ON i.inhparent = tree.oid)
            SELECT d.oid || '.' || root.oid || coalesce((
                SELECT string_agg(' file ' || pg_relation_filenode(tree.oid), '' ORDER BY tree.oid)
                FROM tree WHERE pg_relation_filenode(tree.oid) <> tree.oid), '')
            FROM root, pg_database AS d WHERE d.datname = current_database()
            """;

    private final String select;
    private final KeyOrder order;
    private final String table;

    ScanStatements(TableMapping<?, ?> mapping, TableLayout layout, KeyOrder order) {
        this.order = order;
        this.table = Sql.qualified(layout.schema(), layout.table());
        this.select = SETTINGS + "SELECT " + Sql.list(mapping.columns(), c -> "t." + Sql.quote(c.name())) + " FROM "
                + table + " AS t";
    }

    /** A page; parameters: those of {@link #where}, those of the buckets, the limit. */
    String page(KeyRange range, @Nullable String buckets) {
        String where = where(range);
        return select + where
                + (buckets == null ? "" : (where.isEmpty() ? " WHERE " : " AND ") + buckets)
                + " ORDER BY " + order.list() + " LIMIT ?";
    }

    /** The keys of a range; parameters: the lower bound if there is one, the upper bound if there is one. */
    String where(KeyRange range) {
        boolean above = range.above() != null;
        return (above ? " WHERE " + order.key() + " > " + order.given() : "")
                + (range.upTo() == null ? "" : (above ? " AND " : " WHERE ") + order.key() + " <= " + order.given());
    }

    /**
     * Bounds that part the keys of a range into equal shares, in order; parameters: twice the share of the table's blocks to look at in
     * per cent if it is sampled and those of {@link #where}, then twice the number of shares. The last bound of each share but the last one.
     *
     * <p>Counts by a look of its own, at the same snapshot and the same sample: to count in the same look would be to keep all keys until
     * the last one is seen.
     */
    String bounds(boolean sampled, KeyRange range) {
        List<KeyOrder.Column> keys = order.columns();
        String seen = " FROM " + table + " AS t"
                + (sampled ? " TABLESAMPLE SYSTEM (?::real) REPEATABLE (0)" : "")
                + where(range);
        return "WITH counted AS MATERIALIZED (SELECT count(*) AS total" + seen
                + "), numbered AS (SELECT s.*, row_number() OVER (ORDER BY "
                + Sql.list(keys, c -> c.collated("s.k" + keys.indexOf(c)))
                + ") AS place FROM (SELECT "
                + Sql.list(keys, c -> "t." + Sql.quote(c.name()) + " AS k" + keys.indexOf(c)) + seen
                + ") AS s) SELECT "
                + Sql.list(keys, c -> "k" + keys.indexOf(c) + "::text")
                + " FROM numbered, counted WHERE place < total AND place * ? / total > (place - 1) * ? / total ORDER BY place";
    }
}
