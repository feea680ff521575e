package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a mapping by hand: a page of keys from the table that lists them, then their records in one
 * read-only snapshot. A key whose record is gone by then is left out. The bytes of a page are about those of the keys and of the records; where
 * the records cannot be measured, few make a page.
 */
final class AggregateScan<K, V> implements RecordScan<K, V> {

    private static final int MOST_UNMEASURED = 300;

    private final AggregateMapping<K, V> mapping;
    private final RecordScan<K, K> keys;
    private final Sessions sessions;
    private final SqlErrors errors;

    /** Whether there was a record of which more may be in memory than is known. */
    private volatile boolean unmeasured;

    AggregateScan(AggregateMapping<K, V> mapping, RecordScan<K, K> keys, Sessions sessions, SqlErrors errors) {
        this.mapping = mapping;
        this.keys = keys;
        this.sessions = sessions;
        this.errors = errors;
    }

    /** What a mapping without a table of keys would have to implement. */
    static Optional<String> needs(AggregateMapping<?, ?> mapping) {
        return mapping.keyTable().isPresent()
                ? Optional.empty()
                : Optional.of("its mapping does not say which table lists the keys: implement keyTable in "
                        + mapping.getClass().getName());
    }

    @Override
    public List<Split> splits(int wanted) {
        return keys.splits(wanted);
    }

    @Override
    public String form() {
        return keys.form() + " for " + mapping.description();
    }

    @Override
    public OptionalLong estimatedRecords() {
        return keys.estimatedRecords();
    }

    @Override
    public ScanPage<K, V> page(Split split, @Nullable String after, int limit) {
        ScanPage<K, K> page = keys.page(split, after, unmeasured ? Math.min(limit, MOST_UNMEASURED) : limit);
        List<K> listed = page.records().stream().map(ScanPage.Scanned::key).toList();
        List<ScanPage.Scanned<K, V>> records = new ArrayList<>();
        List<ScanPage.Unreadable> unreadable = new ArrayList<>(page.unreadable());
        if (!listed.isEmpty()) {
            load(split, listed, records, unreadable);
        }
        long bytes = page.bytes();
        for (ScanPage.Scanned<K, V> record : records) {
            bytes += size(record.value());
        }
        return new ScanPage<>(records, unreadable, bytes, page.next());
    }

    private long size(V record) {
        OptionalLong told;
        try {
            told = mapping.size(record);
        } catch (RuntimeException | AssertionError | StackOverflowError e) { // no reason to stop
            told = OptionalLong.empty();
        }
        if (told.isPresent()) {
            return Math.max(0, told.getAsLong());
        }
        RecordSize size = RecordSize.of(record);
        if (!size.whole()) {
            unmeasured = true;
        }
        return size.bytes();
    }

    /** All together; if that is refused for good, one by one, to find the record that cannot be loaded. */
    private void load(
            Split split, List<K> listed, List<ScanPage.Scanned<K, V>> records, List<ScanPage.Unreadable> unreadable) {
        Map<K, V> loaded;
        try {
            loaded = loaded(split, listed);
        } catch (DualWriteException e) {
            if (!(e instanceof PermanentFailure)) {
                throw e;
            }
            if (listed.size() == 1) {
                unreadable.add(new ScanPage.Unreadable(
                        mapping.encodeKey(listed.get(0)),
                        e.getCause() instanceof MappingException told
                                ? "the mapping cannot load it: " + told.getMessage()
                                : "the mapping cannot load it: load of " + mapping.description() + " failed with "
                                        + (e.getCause() == null ? e : e.getCause())
                                                .getClass()
                                                .getSimpleName()));
            } else {
                listed.forEach(key -> load(split, List.of(key), records, unreadable));
            }
            return;
        }
        for (K key : listed) {
            V value = loaded.get(key);
            if (value != null) {
                records.add(new ScanPage.Scanned<>(key, value));
            }
        }
    }

    private Map<K, V> loaded(Split split, List<K> listed) {
        return sessions.snapshot(Operation.QUERY, listed, connection -> {
            try {
                return AggregateAccess.load(mapping, connection, listed);
            } catch (Exception e) { // languages without checked exceptions throw any
                Optional<SQLException> wrapped = SqlErrors.wrapped(e);
                if (wrapped.isPresent()) {
                    throw errors.in("split " + split.range()).translate(Operation.QUERY, listed, wrapped.get(), false);
                }
                throw errors.permanent(Operation.QUERY, listed, "the mapping cannot load the stored rows", e);
            }
        });
    }
}
