package io.github.dualwrite.memory;

import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The scan by example. A split is a range of places, written {@code from..to}, the last one without an end: places of records
 * that come later are in it. A position is the last place that was read.
 */
final class MemoryScan<K, V> implements RecordScan<K, V> {

    private final MemoryTables<K, V> tables;

    MemoryScan(MemoryTables<K, V> tables) {
        this.tables = tables;
    }

    @Override
    public List<Split> splits(int wanted) {
        return tables.atomically(() -> {
            List<Long> places = List.copyOf(tables.places.keySet());
            int count = Math.max(1, Math.min(wanted, places.size()));
            List<Split> splits = new ArrayList<>(count);
            long from = 0;
            for (int next = 1; next < count; next++) {
                long to = places.get((int) ((long) places.size() * next / count));
                splits.add(new Split(from + ".." + to));
                from = to;
            }
            splits.add(new Split(from + ".."));
            return splits;
        });
    }

    @Override
    public OptionalLong estimatedRecords() {
        return OptionalLong.of(tables.atomically(tables.records::size));
    }

    @Override
    public ScanPage<K, V> page(Split split, @Nullable String after, int limit) {
        String[] bounds = split.range().split("\\.\\.", -1);
        long from = after == null ? Long.parseLong(bounds[0]) : Long.parseLong(after) + 1;
        long to = bounds[1].isEmpty() ? Long.MAX_VALUE : Long.parseLong(bounds[1]);
        return tables.atomically(() -> {
            List<ScanPage.Scanned<K, V>> found = new ArrayList<>();
            long bytes = 0;
            NavigableMap<Long, K> rest = tables.places.subMap(Math.min(from, to), true, to, false);
            for (Map.Entry<Long, K> place : rest.entrySet()) {
                if (found.size() == limit) {
                    return new ScanPage<>(found, List.of(), bytes, String.valueOf(place.getKey() - 1));
                }
                V value = tables.record(place.getValue());
                found.add(new ScanPage.Scanned<>(place.getValue(), value));
                bytes += value.toString().length();
            }
            return new ScanPage<>(found, List.of(), bytes, null);
        });
    }
}
