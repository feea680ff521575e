package io.github.dualwrite.postgres;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Array parameters, one element for each row of a batch. */
final class SqlArrays {

    private SqlArrays() {}

    static <T> Array text(
            Connection connection, Collection<? extends T> rows, Function<? super T, @Nullable String> text)
            throws SQLException {
        @Nullable String[] elements = new String[rows.size()]; // the driver sends it in binary form
        int i = 0;
        for (T row : rows) {
            elements[i++] = text.apply(row);
        }
        return connection.createArrayOf("text", elements);
    }

    static <T> Array bigint(Connection connection, Collection<? extends T> rows, ToLongFunction<? super T> number)
            throws SQLException {
        return connection.createArrayOf(
                "bigint", rows.stream().map(number::applyAsLong).toArray());
    }
}
