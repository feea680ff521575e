package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.BucketDigest;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.Split;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Digests made by the server, in the {@link DigestForm}. Each split is one statement in a read-only transaction: a range of the table's
 * blocks, read in their order whatever the keys, or a range of keys if only those are asked for or the table is partitioned.
 *
 * <p>Blocks mean something in one file only. {@code VACUUM FULL} or {@code CLUSTER} between two splits would move records to blocks that were
 * read already; done on both sides, nobody would miss them. So a split names its file, and is refused in another one.
 */
final class TableDigests<K, V> implements BucketDigests<K, V> {

    private static final Pattern BLOCKS = Pattern.compile("blocks (\\d+) to (\\d+|end) of file (\\d+)");
    private static final long LAST_BLOCK = 0xffff_ffffL;

    private final TableScan<K, V> scan;
    private final TableMapping<K, V> mapping;
    private final SqlErrors errors;
    private final DigestForm form;
    private final Set<String> without;

    TableDigests(
            TableScan<K, V> scan, TableMapping<K, V> mapping, SqlErrors errors, DigestForm form, Set<String> without) {
        this.scan = scan;
        this.mapping = mapping;
        this.errors = errors;
        this.form = form;
        this.without = without;
    }

    @Override
    public String fingerprint() {
        return form.fingerprint();
    }

    @Override
    public Optional<BucketDigests<K, V>> without(Set<String> fields) {
        if (fields.isEmpty()) {
            return Optional.of(this);
        }
        Set<String> known =
                Set.copyOf(mapping.columns().stream().map(mapping::fieldName).toList());
        return mapping.knowsComponents() && known.containsAll(fields)
                ? scan.digestsWithout(fields).map(digests -> digests)
                : Optional.empty();
    }

    @Override
    public List<Split> splits(int wanted) {
        if (!form.plain() || scan.bounded()) {
            return scan.splits(wanted);
        }
        String file = scan.file();
        long blocks = scan.blocks();
        long count = Math.max(1, Math.min(wanted, blocks));
        List<Split> splits = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            splits.add(new Split("blocks " + blocks * i / count + " to "
                    + (i == count - 1 ? "end" : String.valueOf(blocks * (i + 1) / count)) + " of file " + file));
        }
        return splits;
    }

    @Override
    public RecordScan<K, V> scanOf(Set<Integer> some, int buckets) {
        return scan.of(form, some, buckets);
    }

    @Override
    public List<BucketDigest> digests(Split split, int buckets) {
        SqlErrors part = errors.in("split " + split.range());
        return scan.inSnapshot(part, (connection, table) -> {
            DigestForm now = DigestForm.read(connection, mapping, table.layout(), without)
                    .orElse(null);
            if (now == null || !now.fingerprint().equals(form.fingerprint())) {
                throw part.configuration(
                        Operation.QUERY,
                        "table " + table.table() + " has changed since the verification began: " + form.fingerprint()
                                + " became " + (now == null ? "nothing that can be read" : now.fingerprint())
                                + "; begin again",
                        null);
            }
            Matcher range = BLOCKS.matcher(split.range());
            if (range.matches()) {
                long from = Long.parseLong(range.group(1));
                boolean open = range.group(2).equals("end");
                long to = open ? LAST_BLOCK : Long.parseLong(range.group(2));
                List<BucketDigest> digests = blocks(connection, table, buckets, from, to);
                String file =
                        TableScan.file(connection, table); // after it: from then on the table is locked against it
                if (!file.equals(range.group(3))) {
                    throw part.configuration(
                            Operation.QUERY,
                            "table " + table.table()
                                    + " was rewritten since the verification began (VACUUM FULL, CLUSTER,"
                                    + " TRUNCATE, ALTER TABLE), and its records moved; begin again",
                            null);
                }
                return digests;
            }
            TableScan.Rest<K, V> rest = table.rest(part, split, null);
            KeyRange keys = rest.range();
            try (PreparedStatement select = connection.prepareStatement(
                    form.digests(table.table(), rest.in().sql().where(keys)))) {
                select.setInt(1, buckets);
                int unused = TableScan.bind(select, TableScan.bind(select, 2, keys.above()), keys.upTo());
                return digests(select);
            }
        });
    }

    private List<BucketDigest> blocks(
            Connection connection, TableScan.Opened<K, V> table, int buckets, long from, long to) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                form.digests(table.table(), " WHERE t.ctid >= ?::tid AND t.ctid < ?::tid"))) {
            select.setInt(1, buckets);
            select.setString(2, "(" + from + ",0)");
            select.setString(3, "(" + to + ",0)");
            return digests(select);
        }
    }

    /** The halves are added with what the lower one carries, so that it does not matter how the table was cut. */
    private static List<BucketDigest> digests(PreparedStatement select) throws SQLException {
        boolean unused = select.execute() && select.getMoreResults();
        List<BucketDigest> digests = new ArrayList<>();
        try (ResultSet row = select.getResultSet()) {
            while (row.next()) {
                BigInteger sum = row.getBigDecimal(3)
                        .toBigIntegerExact()
                        .shiftLeft(Long.SIZE)
                        .add(row.getBigDecimal(4).toBigIntegerExact());
                digests.add(new BucketDigest(
                        row.getInt(1), row.getLong(2), sum.shiftRight(Long.SIZE).longValue(), sum.longValue()));
            }
        }
        return digests;
    }
}
