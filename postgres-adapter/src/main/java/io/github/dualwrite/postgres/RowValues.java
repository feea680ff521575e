package io.github.dualwrite.postgres;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The values of one row, in the order of the mapped columns. */
final class RowValues implements Row {

    private final List<? extends TableMapping.Column<?>> columns;
    private final @Nullable Object[] values;

    RowValues(List<? extends TableMapping.Column<?>> columns, @Nullable Object[] values) {
        this.columns = columns;
        this.values = values;
    }

    @Nullable
    Object value(int index) {
        return values[index];
    }

    @Nullable
    Object[] values() {
        return values;
    }

    @Override
    @SuppressWarnings("unchecked") // the value was read by this type
    public <T> @Nullable T get(String column, ColumnType<T> type) {
        for (int i = 0; i < values.length; i++) {
            if (columns.get(i).name().equals(column)
                    && columns.get(i).type().toString().equals(type.toString())) {
                return (T) values[i];
            }
        }
        throw new IllegalArgumentException("column " + column + " is not mapped as " + type + "; mapped are "
                + Sql.list(columns, c -> c.name() + " as " + c.type()));
    }
}
