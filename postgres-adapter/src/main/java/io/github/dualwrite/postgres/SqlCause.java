package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.ValueFree;
import io.github.dualwrite.spi.WithheldException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What is kept of an error of the driver as a cause: SQLSTATE, stack trace, and of the server's error the names of constraint, table, column and
 * type. Details, hints, contexts and many messages of the server carry values, such as {@code Key (email)=(…) already exists}; those of
 * batches carry whole statements.
 */
final class SqlCause {

    private static final int DEEPEST = 16;

    /** Classes of errors whose message names objects, never data. */
    private static final Set<String> CLASSES =
            Set.of("08", "0A", "21", "23", "25", "28", "3D", "3F", "40", "42", "44", "53", "54", "55", "57", "58");

    /** Of these classes those that quote the statement. */
    private static final Set<String> QUOTING = Set.of("42601", "42602", "42622");

    /** Its text is that of a function or trigger of somebody, whatever the SQLSTATE. */
    private static final String RAISED = "exec_stmt_raise";

    private SqlCause() {}

    /** Stands for an error of a statement. */
    static SQLException of(SQLException error) {
        return of(error, false, 0);
    }

    /** Stands for an error while no statement had been sent: its message is about the connection. */
    static SQLException beforeStatements(SQLException error) {
        return of(error, true, 0);
    }

    private static SQLException of(SQLException error, boolean connecting, int depth) {
        SQLException shown = error instanceof PSQLException p && p.getServerErrorMessage() != null
                ? new ServerError(p.getServerErrorMessage())
                : new ClientError(error, connecting || connectionLost(error));
        shown.setStackTrace(error.getStackTrace());
        if (depth < DEEPEST) {
            Throwable cause = error.getCause();
            if (cause instanceof SQLException sql) {
                shown.initCause(of(sql, connecting, depth + 1));
            } else if (cause != null) {
                shown.initCause(WithheldException.of(cause));
            }
            SQLException next = error.getNextException();
            if (next != null && next != cause) {
                shown.setNextException(of(next, connecting, depth + 1));
            }
        }
        return shown;
    }

    /** What the driver and the operating system say about a connection. */
    private static boolean connectionLost(SQLException error) {
        return error instanceof PSQLException
                && String.valueOf(error.getSQLState()).startsWith("08");
    }

    /** An error of the server, cut down to what names objects. */
    private static final class ServerError extends PSQLException implements ValueFree {
        private static final long serialVersionUID = 1;

        ServerError(ServerErrorMessage error) {
            super(kept(error), false);
        }
    }

    /** An error of the driver or of a pool. */
    private static final class ClientError extends SQLException implements ValueFree {
        private static final long serialVersionUID = 1;

        ClientError(SQLException error, boolean says) {
            super(
                    says
                            ? error.getMessage()
                            : error.getClass().getName() + " (its message is withheld, because it may carry values)",
                    error.getSQLState(),
                    error.getErrorCode());
        }
    }

    private static ServerErrorMessage kept(ServerErrorMessage error) {
        StringBuilder kept = new StringBuilder();
        append(kept, 'S', error.getSeverity());
        append(kept, 'C', error.getSQLState());
        append(kept, 'M', says(error) ? error.getMessage() : "the message is withheld, because it may carry values");
        append(kept, 's', error.getSchema());
        append(kept, 't', error.getTable());
        append(kept, 'c', error.getColumn());
        append(kept, 'd', error.getDatatype());
        append(kept, 'n', error.getConstraint());
        append(kept, 'R', error.getRoutine());
        return new ServerErrorMessage(kept.toString());
    }

    private static boolean says(ServerErrorMessage error) {
        String state = String.valueOf(error.getSQLState());
        return state.length() == 5
                && CLASSES.contains(state.substring(0, 2))
                && !QUOTING.contains(state)
                && !RAISED.equals(error.getRoutine());
    }

    private static void append(StringBuilder kept, char field, @Nullable String value) {
        if (value != null) {
            kept.append(field).append(value).append('\0');
        }
    }
}
