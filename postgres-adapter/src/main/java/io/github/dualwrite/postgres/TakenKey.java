package io.github.dualwrite.postgres;

import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.spi.Operation;
import java.sql.SQLException;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * The error for a key that the database generated and another record has already. Its sequence is behind: rows came with keys of their
 * own, by {@code COPY}, replication or an apply, none of which moves a sequence on.
 */
final class TakenKey {

    private static final Pattern NEXTVAL = Pattern.compile("nextval\\((.+)\\)");

    private final TableLayout layout;
    private final SqlErrors errors;
    private final String message;

    TakenKey(TableMapping<?, ?> mapping, TableLayout layout, SqlErrors errors) {
        this.layout = layout;
        this.errors = errors;
        this.message = mapping.keyColumns().stream()
                .filter(TableMapping.Column::generated)
                .map(column -> message(column, layout))
                .findFirst()
                .orElse("the key is taken");
    }

    private static String message(TableMapping.Column<?> column, TableLayout layout) {
        Matcher sequence =
                NEXTVAL.matcher(String.valueOf(layout.fact(column.name()).defaultSql()));
        return "the key that the database generated is taken by another record"
                + (sequence.matches()
                        ? ": the sequence is behind the keys in the table; move it on, SELECT setval("
                                + sequence.group(1).strip() + ", (SELECT max(" + Sql.quote(column.name()) + ") FROM "
                                + Sql.qualified(layout.schema(), layout.table()) + "))"
                        : "; look at the default of column " + column.name()
                                + ", or give the record its key to replace the other one");
    }

    /** Whether the key of another record was in the way. */
    boolean is(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException p ? p.getServerErrorMessage() : null;
        if (server == null || !"23505".equals(server.getSQLState())) {
            return false;
        }
        boolean here =
                layout.table().equals(server.getTable()) && layout.schema().equals(server.getSchema());
        return (here || layout.partitioned()) && SqlErrors.keyIn(server, layout.keyLists());
    }

    RecordExistsException error(Operation operation, Collection<?> keys, @Nullable SQLException cause) {
        return new RecordExistsException(
                errors.context(operation, keys), message, cause == null ? null : SqlCause.of(cause));
    }
}
