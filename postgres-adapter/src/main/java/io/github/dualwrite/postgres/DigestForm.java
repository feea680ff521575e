package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The normal form of a record inside PostgreSQL, and what it depends on: the text of a row of the mapped columns, in the order of their
 * fields' names, under settings that are part of the form. {@code NULL}, the empty text and every value have texts of their own, and
 * nothing can run into its neighbour, because a row can be read back from its text.
 *
 * <p>Two hashes of 64 bits are made of the text, with different seeds. They are functions of the server that hash partitions and hash
 * indexes on disk depend on, so they are kept from version to version; yet that is nothing to build upon unseen. Each server hashes a
 * {@linkplain #PROBE row of samples} first, and the outcome is part of the fingerprint: two servers that would write or hash anything
 * differently do not agree on it. Hash functions of single types are not used: that of {@code bigint} and times keeps 32 bits, and that of
 * {@code numeric} neither sign nor scale.
 *
 * @param fields what is hashed, by the names of the fields
 * @param key the fields of the key, whose texts decide about the bucket
 * @param fingerprint names all this
 * @param plain whether the table is one heap that can be cut by its blocks
 */
record DigestForm(List<Field> fields, List<Field> key, String fingerprint, boolean plain) {

    private static final String METHOD = "postgresql-row-text-1";
    private static final long HIGH_SEED = 0x6475616c77726974L;
    private static final long LOW_SEED = 0x2d76657269667931L;
    private static final int FIRST_WITH_TID_RANGES = 14;

    /**
     * One field.
     *
     * @param column its column, quoted, of the table {@code t}
     * @param kind columns of the same kind have equal texts for equal values only
     */
    record Field(String name, String column, String kind, String keySql) {}

    /** Columns whose values have the same texts. */
    private static final Map<String, String> KINDS = Map.ofEntries(
            Map.entry("int2", "integer"),
            Map.entry("int4", "integer"),
            Map.entry("int8", "integer"),
            Map.entry("varchar", "text"),
            Map.entry("citext", "text"),
            Map.entry("enum", "text"),
            Map.entry("_varchar", "_text"));

    /** Whatever a text can depend on, set for a transaction. */
    static final String SETTINGS = "SELECT set_config('search_path', 'pg_catalog', true),"
            + " set_config('DateStyle', 'ISO, MDY', true), set_config('TimeZone', 'UTC', true),"
            + " set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '3', true),"
            + " set_config('bytea_output', 'hex', true), set_config('max_parallel_workers_per_gather', '0', true),"
            + " set_config('jit', 'off', true); ";

    /** Values whose texts, and what quotes them, might differ between versions, platforms or settings. */
    private static final String PROBE =
            SETTINGS + "SELECT current_setting('server_encoding'), c.relkind = 'r' AND NOT c.relhassubclass, "
                    + hash("p.r", HIGH_SEED) + ", " + hash("p.r", LOW_SEED) + ", " + hash("''", LOW_SEED) + """
             FROM pg_class AS c, (SELECT ROW(
                (-32768)::int2, 2147483647::int4, (-9223372036854775808)::int8, 1.50::numeric, (-0.001)::numeric,
                'NaN'::numeric, 1e-30::numeric, 0.1::float4, 0.1::float8, '-0'::float8, 1e300::float8, 'NaN'::float8,
                'Infinity'::float8, ''::text, NULL::text, 'NULL'::text, E'a b\\t"\\\\,(){}''\\x01'::text,
                chr(133)::text, chr(160)::text, chr(233)::text, 'p'::char(3), true, false,
                '00000000-0000-4000-8000-00000000000a'::uuid, '1969-12-31 23:59:59.999999+00'::timestamptz,
                '2024-07-01 12:00:00.1+02'::timestamptz, '0044-03-15 BC'::date, '9999-12-31'::date, 'infinity'::date,
                '2024-02-29 23:59:59.000001'::timestamp, E'\\\\x00ff5c27'::bytea,
                E'{"b": 1, "a": [1.0, null, "x\\\\u00e9"], "aa": {}}'::jsonb,
                ARRAY['', 'a,b', 'NULL', NULL, '{}', ' ', E'\\\\"']::text[], ARRAY[]::text[], ARRAY[1, NULL]::int8[]
                )::text AS r) AS p
            WHERE c.oid = to_regclass(?)
            """;

    /** What a server makes of a table; empty if it writes texts in other bytes than UTF-8. */
    static Optional<DigestForm> read(
            Connection connection, TableMapping<?, ?> mapping, TableLayout layout, Set<String> without)
            throws SQLException {
        try (PreparedStatement probe = connection.prepareStatement(PROBE)) {
            probe.setString(1, Sql.qualified(layout.schema(), layout.table()));
            boolean unused = probe.execute() && probe.getMoreResults();
            try (ResultSet row = probe.getResultSet()) {
                if (!row.next() || !row.getString(1).equals("UTF8")) {
                    return Optional.empty();
                }
                boolean plain = row.getBoolean(2)
                        && connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_TID_RANGES;
                String probed = row.getLong(3) + ", " + row.getLong(4) + ", " + row.getLong(5);
                return Optional.of(of(mapping, layout, without, plain, probed));
            }
        }
    }

    private static <V> DigestForm of(
            TableMapping<?, V> mapping, TableLayout layout, Set<String> without, boolean plain, String probed) {
        List<Field> key = mapping.keyColumns().stream()
                .map(column -> field(mapping, layout, column))
                .sorted(Comparator.comparing(Field::name))
                .toList();
        List<Field> fields = mapping.columns().stream()
                .map(column -> field(mapping, layout, column))
                .filter(field -> key.contains(field) || !without.contains(field.name())) // other keys are other records
                .sorted(Comparator.comparing(Field::name))
                .toList();
        String print = METHOD + "; " + mapping.form() + "; " + Sql.list(fields, f -> f.name() + " " + f.kind())
                + "; key " + Sql.list(key, Field::name) + "; probe " + probed;
        return new DigestForm(fields, key, print, plain);
    }

    private static <V> Field field(TableMapping<?, V> mapping, TableLayout layout, TableMapping.Column<V> column) {
        String type = layout.fact(column.name()).baseType();
        String sql = "t." + Sql.quote(column.name());
        return new Field(
                mapping.fieldName(column),
                sql,
                KINDS.getOrDefault(type, type),
                column.key() ? column.type().keySql(sql) : "");
    }

    private static String hash(String text, long seed) {
        return "hashtextextended(" + text + " COLLATE \"C\", " + seed + ")";
    }

    /** The bucket of a key; parameter: how many there are. Depends on no setting, so it may be used anywhere. */
    String bucket() {
        String hash = "0";
        for (Field part : key) {
            hash = "pg_catalog.hashtextextended((" + part.keySql() + ") COLLATE \"C\", " + hash + ")";
        }
        return "((" + hash + " & 9223372036854775807) % ?::bigint)";
    }

    /** Bucket, count and the sums of both hashes; parameter: how many buckets, then those of the condition. */
    String digests(String table, String condition) {
        return SETTINGS + "SELECT b, count(*), sum(" + hash("r", HIGH_SEED) + "), sum(" + hash("r", LOW_SEED)
                + ") FROM (SELECT " + bucket() + " AS b, ROW(" + Sql.list(fields, Field::column) + ")::text AS r FROM "
                + table + " AS t" + condition + " OFFSET 0) AS x GROUP BY b"; // OFFSET 0: the text is made once
    }
}
