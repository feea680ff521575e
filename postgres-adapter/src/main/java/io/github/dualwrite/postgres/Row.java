package io.github.dualwrite.postgres;

import org.jspecify.annotations.Nullable;

/** The mapped columns of one stored row. */
public interface Row {

    /**
     * The value of a column; {@code null} if it is NULL.
     *
     * @throws IllegalArgumentException if the column is not mapped, or not with this type
     */
    <T> @Nullable T get(String column, ColumnType<T> type);
}
