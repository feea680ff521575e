package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.WithheldException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a page of the rows that a scan has read. A row that cannot be made into a record costs only itself. */
final class ScannedRows<K, V> {

    private final TableMapping<K, V> mapping;
    private final KeyOrder order;
    private final int[] keyPlaces;
    private final List<ColumnType<?>> types;

    ScannedRows(TableMapping<K, V> mapping, KeyOrder order) {
        this.mapping = mapping;
        this.order = order;
        this.types = mapping.columns().stream()
                .<ColumnType<?>>map(TableMapping.Column::type)
                .toList();
        List<String> names =
                mapping.columns().stream().map(TableMapping.Column::name).toList();
        this.keyPlaces = mapping.keyColumns().stream()
                .mapToInt(column -> names.indexOf(column.name()))
                .toArray();
    }

    /** Rows that cannot be read are no reason to stop, so only what the driver cannot have in memory is thrown. */
    private static final class UnreadableRow extends Exception {
        private static final long serialVersionUID = 1;

        UnreadableRow(String reason, Throwable cause) {
            super(reason, cause);
        }
    }

    ScanPage<K, V> page(ResultSet rows, int limit) throws SQLException {
        List<ScanPage.Scanned<K, V>> records = new ArrayList<>();
        List<ScanPage.Unreadable> unreadable = new ArrayList<>();
        long bytes = 0;
        int count = 0;
        String next = null;
        @Nullable Object[] values = new Object[types.size()];
        while (rows.next()) {
            count++;
            try {
                values = new Object[types.size()];
                read(rows, values);
                records.add(new ScanPage.Scanned<>(key(values), value(values)));
            } catch (UnreadableRow e) {
                unreadable.add(new ScanPage.Unreadable(keyText(rows, values), String.valueOf(e.getMessage())));
            }
            bytes += size(values);
            if (count == limit) {
                next = TextList.write(position(rows));
            }
        }
        return new ScanPage<>(records, unreadable, bytes, next);
    }

    private void read(ResultSet row, @Nullable Object[] values) throws UnreadableRow {
        MappingException first = null;
        for (int i = 0; i < values.length; i++) {
            try {
                values[i] = mapping.columns().get(i).read(row, i + 1);
            } catch (MappingException e) { // all rows have arrived, so it is about this one
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw new UnreadableRow(String.valueOf(first.getMessage()), first);
        }
    }

    private K key(@Nullable Object[] values) throws UnreadableRow {
        List<Object> parts = new ArrayList<>(keyPlaces.length);
        for (int place : keyPlaces) {
            Object part = values[place];
            if (part == null) {
                throw new IllegalStateException(
                        "key column " + mapping.columns().get(place).name() + " came back NULL");
            }
            parts.add(part);
        }
        try {
            return mapping.key(parts);
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            throw new UnreadableRow("the mapping cannot make a key of it (" + name(e) + ")", e);
        }
    }

    private V value(@Nullable Object[] values) throws UnreadableRow {
        RowValues row = new RowValues(mapping.columns(), values);
        List<String> nulls = mapping.nullPrimitives(row);
        if (!nulls.isEmpty()) {
            throw new UnreadableRow(
                    "NULL in column " + String.join(", ", nulls) + ", which is mapped to a primitive",
                    new IllegalArgumentException());
        }
        try {
            return mapping.construct(row);
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            throw new UnreadableRow("the mapping cannot make a record of it (" + name(e) + ")", e);
        }
    }

    /** Messages of a mapping's own code may hold values. */
    private static String name(Throwable e) {
        return WithheldException.root(e).getClass().getSimpleName();
    }

    /** The key as far as it can be read, in the form in which it is pending. */
    private String keyText(ResultSet row, @Nullable Object[] values) throws SQLException {
        List<String> texts = new ArrayList<>(keyPlaces.length);
        for (int place : keyPlaces) {
            Object part = values[place];
            texts.add(
                    part != null
                            ? mapping.columns().get(place).keyText(part)
                            : String.valueOf(row.getString(place + 1)));
        }
        return KeyText.join(texts);
    }

    private List<String> position(ResultSet row) throws SQLException {
        List<String> texts = new ArrayList<>();
        for (KeyOrder.Column column : order.columns()) {
            texts.add(row.getString(column.place() + 1));
        }
        return texts;
    }

    private static long size(@Nullable Object[] values) {
        long size = RecordSize.SMALL;
        for (Object value : values) {
            size += RecordSize.of(value).bytes();
        }
        return size;
    }
}
