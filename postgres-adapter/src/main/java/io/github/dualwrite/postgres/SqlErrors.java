package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.WithheldException;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * The one place where errors of PostgreSQL become errors of Dualwrite, by SQLSTATE. Messages name constraint, table and
 * column as the server reports them, never its details, which carry values; of the cause {@link SqlCause} is kept.
 */
final class SqlErrors {

    /** Chains of causes may be circular. */
    private static final int DEEPEST = 16;

    private static final String KEPT_AWAY =
            "the table took, or gave up, fewer rows than it was told to: a trigger keeps them";

    /** An index that is just being built beside, or in place of, one of the same columns. */
    private static final Pattern BEING_REINDEXED = Pattern.compile("_cc(new|old)\\d*$");

    private final String repository;
    private final String store;
    private final DualwriteSchema schema;

    /** The key's columns of the mapped table, as the server lists them; none as long as they are not known. */
    private volatile Set<String> keyLists = Set.of();

    SqlErrors(String repository, String store, DualwriteSchema schema) {
        this.repository = repository;
        this.store = store;
        this.schema = schema;
    }

    /** Learns the key of the mapped table, in the forms in which the server lists its columns. */
    void keyedBy(Set<String> lists) {
        keyLists = lists;
    }

    /** The same for a part of the store. */
    SqlErrors in(String part) {
        return new SqlErrors(repository, store + ", " + part, schema);
    }

    /**
     * An error of a statement or a commit.
     *
     * @param mayHaveCommitted whether what failed would have committed; then a broken connection hides the outcome
     */
    DualWriteException translate(Operation operation, Collection<?> keys, SQLException e, boolean mayHaveCommitted) {
        DualWriteException.Context context = context(operation, keys);
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (connectionLost(state)) {
            return mayHaveCommitted && writes(operation)
                    ? new OutcomeUnknownException(
                            context,
                            "the connection was lost before the answer came (SQLSTATE " + state
                                    + "); read the record to find out whether the write is committed",
                            SqlCause.of(e))
                    : new TransientStoreException(
                            context, "the connection was lost (SQLSTATE " + state + ")", SqlCause.of(e));
        }
        if (operation == Operation.APPLY && missingPartition(e)) { // concerns more than this record
            return new ConfigurationException(
                    context, describe(e) + "; there is no partition for the row, create it", SqlCause.of(e));
        }
        if (FailureMark.KEPT_AWAY.isIn(e)) {
            return keptAway(operation, keys, SqlCause.of(e));
        }
        if (state.equals(Transactions.FAILED)) { // of one record, which a batch or a page looks for
            return new PermanentStoreException(
                    context,
                    "a statement before it has failed in this transaction, and its error was swallowed (SQLSTATE "
                            + state + "); nothing is written, let SQLExceptions pass",
                    SqlCause.of(e));
        }
        if (state.equals("23505") && passing(e)) {
            return passing(operation, keys, e);
        }
        return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "21", "22", "23", "44", "54", "P0" ->
                new PermanentStoreException(context, describe(e), SqlCause.of(e));
            case "42", "3F", "28", "3D", "2B" ->
                new ConfigurationException(context, describe(e) + hint(state), SqlCause.of(e));
            default ->
                mayHaveCommitted && writes(operation) && serverError(e) == null
                        ? new OutcomeUnknownException(
                                context,
                                "the driver failed, perhaps while it read the answer (SQLSTATE " + state
                                        + "); read the record to find out whether the write is committed",
                                SqlCause.of(e))
                        : new TransientStoreException(context, describe(e) + hint(state), SqlCause.of(e));
        };
    }

    /** What a commit threw that is no error of the driver, as a pool's connection may: it says nothing about what became of a write. */
    DualWriteException committing(Operation operation, Collection<?> keys, Throwable e) {
        Optional<SQLException> wrapped = wrapped(e);
        if (wrapped.isPresent()) {
            return translate(operation, keys, wrapped.get(), true);
        }
        return writes(operation)
                ? new OutcomeUnknownException(
                        context(operation, keys),
                        "the connection failed while it was to commit; read the record to find out whether the write is"
                                + " committed",
                        WithheldException.of(e))
                : new TransientStoreException(
                        context(operation, keys),
                        "the connection failed at the end of the transaction",
                        WithheldException.of(e));
    }

    TransientStoreException passing(Operation operation, Collection<?> keys, SQLException e) {
        return new TransientStoreException(
                context(operation, keys),
                describe(e) + "; an index is being built anew (REINDEX … CONCURRENTLY)",
                SqlCause.of(e));
    }

    /** Class 22: the server refused a value and named neither column nor constraint. */
    static boolean valueRefused(DualWriteException e) {
        return e.getCause() instanceof SQLException refused
                && String.valueOf(refused.getSQLState()).startsWith("22");
    }

    /** The error of a statement before was kept from the library. */
    static boolean swallowed(DualWriteException e) {
        return e.getCause() instanceof SQLException refused && Transactions.FAILED.equals(refused.getSQLState());
    }

    /** A trigger made of a change less than it is, without an error. */
    PermanentStoreException keptAway(Operation operation, Collection<?> keys, @Nullable Throwable cause) {
        return permanent(operation, keys, KEPT_AWAY, cause);
    }

    static boolean keptAway(DualWriteException e) {
        return String.valueOf(e.getMessage()).contains(KEPT_AWAY);
    }

    /**
     * Whether a row is in the way only while an index is being built again: that of the new index is, for a statement whose {@code
     * ON CONFLICT} was planned for the old one. That goes for the key alone: a row that another unique index does not take is in the way for good,
     * also where a rebuilding that was given up has left its index behind. The new one takes the old one's name before all statements know it, so the keys of
     * Dualwrite's own tables, which nothing of Dualwrite violates otherwise, are taken for such a one too.
     */
    private boolean passing(SQLException e) {
        ServerErrorMessage server = serverError(e);
        String index = server == null ? null : server.getConstraint();
        if (server == null || index == null) {
            return false;
        }
        return (BEING_REINDEXED.matcher(index).find() && keyIn(server, keyLists))
                || schema.hasKey(String.valueOf(server.getSchema()), String.valueOf(server.getTable()), index);
    }

    /** Whether the columns that the server names are a key. Its detail is read and not passed on, for it carries the values. */
    static boolean keyIn(ServerErrorMessage server, Set<String> keyLists) {
        String detail = String.valueOf(server.getDetail());
        return keyLists.stream().anyMatch(list -> detail.contains("(" + list + ")=("));
    }

    /** Whether the index in the way is one that is just being built anew. */
    static boolean beingReindexed(SQLException e) {
        ServerErrorMessage server = serverError(e);
        return server != null
                && BEING_REINDEXED
                        .matcher(String.valueOf(server.getConstraint()))
                        .find();
    }

    /** Whether a row found no partition of its table. It has the SQLSTATE of a violated constraint, but names none. */
    static boolean missingPartition(@Nullable Throwable e) {
        ServerErrorMessage server = e instanceof SQLException sql ? serverError(sql) : null;
        return server != null
                && "23514".equals(server.getSQLState())
                && "ExecFindPartition".equals(server.getRoutine());
    }

    /** The error of the driver behind what a mapping's library made of it, if there is one. */
    static Optional<SQLException> wrapped(Throwable e) {
        Throwable at = e;
        for (int depth = 0; at != null && depth < DEEPEST; depth++) {
            if (at instanceof SQLException sql) {
                return Optional.of(sql);
            }
            at = at.getCause();
        }
        return Optional.empty();
    }

    /** An error while a connection was being opened: nothing was sent. */
    DualWriteException connecting(Operation operation, Collection<?> keys, SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (operation == Operation.OPEN && (state.startsWith("28") || state.startsWith("3D"))) {
            return configuration(
                    operation,
                    "PostgreSQL refuses the connection (SQLSTATE " + state + "); check user, password and database",
                    SqlCause.beforeStatements(e));
        }
        return new TransientStoreException(
                context(operation, keys),
                "no connection to PostgreSQL (SQLSTATE " + state + ")",
                SqlCause.beforeStatements(e));
    }

    /** What a mapping refuses before anything is sent. */
    PermanentStoreException refused(Operation operation, Collection<?> keys, MappingException e) {
        return permanent(operation, keys, String.valueOf(e.getMessage()), e);
    }

    ConfigurationException configuration(Operation operation, String message, @Nullable Throwable cause) {
        return new ConfigurationException(context(operation, List.of()), message, cause);
    }

    PermanentStoreException permanent(
            Operation operation, Collection<?> keys, String message, @Nullable Throwable cause) {
        return new PermanentStoreException(context(operation, keys), message, cause);
    }

    DualWriteException.Context context(Operation operation, Collection<?> keys) {
        return new DualWriteException.Context(repository, operation, store, keys);
    }

    /** Whether an error of a commit leaves open whether it was made. */
    static boolean connectionLost(SQLException e) {
        return connectionLost(e.getSQLState() == null ? "" : e.getSQLState());
    }

    private static boolean connectionLost(String state) {
        return state.isEmpty()
                || state.startsWith("08")
                || state.startsWith("57P")
                || state.startsWith("XX")
                || state.equals("40003");
    }

    private static boolean writes(Operation operation) {
        return switch (operation) {
            case CREATE, UPDATE, SAVE, DELETE, SAVE_ALL, DELETE_ALL, MARK_PENDING -> true;
            default -> false;
        };
    }

    private static String describe(SQLException e) {
        StringBuilder text = new StringBuilder("PostgreSQL refused it: SQLSTATE ").append(e.getSQLState());
        ServerErrorMessage server = serverError(e);
        if (server != null) {
            append(text, ", constraint ", server.getConstraint());
            append(text, ", table ", server.getTable());
            append(text, ", column ", server.getColumn());
            append(text, ", type ", server.getDatatype());
        }
        return text.toString();
    }

    /** Also behind the driver's error of a batch. */
    static @Nullable ServerErrorMessage serverError(SQLException e) {
        SQLException at = e;
        for (int i = 0; at != null && i < 8; i++) {
            if (at instanceof PSQLException p && p.getServerErrorMessage() != null) {
                return p.getServerErrorMessage();
            }
            at = at.getNextException() != null
                    ? at.getNextException()
                    : at.getCause() instanceof SQLException cause ? cause : null;
        }
        return null;
    }

    private static void append(StringBuilder text, String label, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            text.append(label).append(value);
        }
    }

    private static String hint(String state) {
        return switch (state) {
            case "53100" -> "; the server's disk is full, make space";
            case "42501" ->
                "; a privilege is missing, or row security would hide rows from the role (it needs BYPASSRLS then),"
                        + " see the package documentation for what the role needs";
            case "42703" -> "; a mapped column is gone, build the repository again with a mapping that fits";
            case "2BP01" -> "; other objects depend on it";
            case "42P01", "3F000" -> "; a table or schema is missing: has DualwriteSchema.install run?";
            default -> "";
        };
    }
}
