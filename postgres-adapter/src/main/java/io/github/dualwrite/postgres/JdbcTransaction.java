package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.CallerTransaction;
import java.lang.reflect.UndeclaredThrowableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A transaction that the caller runs on a JDBC connection, for {@code repository.within(…)}.
 *
 * <p>At isolation level REPEATABLE READ or above the caller must be ready to repeat the transaction after a serialization
 * failure, as always; the bookkeeping of pending writes can cause one too. As safe for use by many threads as its connection:
 * not at all.
 */
public final class JdbcTransaction implements CallerTransaction {

    private final Connection connection;
    private final @Nullable AfterCompletion hook;
    private final boolean released;

    private JdbcTransaction(Connection connection, @Nullable AfterCompletion hook, boolean released) {
        this.connection = Objects.requireNonNull(connection, "connection");
        this.hook = hook;
        this.released = released;
    }

    /** Work inside a transaction of {@link #run}. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {

        /** Does the work; {@link JdbcTransaction#connection()} is the connection to use for other statements. */
        T run(JdbcTransaction transaction) throws SQLException;
    }

    /**
     * A running transaction whose manager calls back after the commit. Auto-commit must be off. After a commit whose answer was lost, more than five minutes
     * after the last statement on a key, reads that go to the secondary may miss what that has written until it is reconciled; see {@link #withCompletion}.
     */
    public static JdbcTransaction of(Connection connection, AfterCommit hook) {
        Objects.requireNonNull(hook, "hook");
        return new JdbcTransaction(connection, (committed, outcomeUnknown) -> hook.register(committed), false);
    }

    /** A running transaction whose manager calls back after the commit, and after one whose answer was lost. Auto-commit must be off. */
    public static JdbcTransaction withCompletion(Connection connection, AfterCompletion hook) {
        return new JdbcTransaction(connection, Objects.requireNonNull(hook, "hook"), false);
    }

    /**
     * A running transaction without a hook: the reconciler brings its writes to the secondary. Auto-commit must be off. Reads that go to the secondary go to
     * the primary for its keys for five minutes after the last statement on each, while less than a quarter of the room for pending keys is taken; otherwise they
     * may miss what it has written until it is reconciled.
     */
    public static JdbcTransaction withoutHook(Connection connection) {
        return new JdbcTransaction(connection, null, false);
    }

    /**
     * Runs work in a transaction on a connection of its own, at the isolation level that the pool gives: commits if it
     * returns, rolls back if it throws. Hooks run after the commit, in the calling thread, when the connection has been closed; so do those for
     * a commit whose answer was lost, before it throws. If hooks fail, the others run all the same. After the commit the first of their errors is thrown
     * then, which suppresses the others: the work is committed.
     *
     * @throws IllegalStateException if the data source hands out a connection with auto-commit off, on which a transaction of others
     *     may be running; nothing is done then
     * @throws SQLException what the work or the commit threw, also if the work swallowed the error of a statement, after which
     *     PostgreSQL commits nothing (25P02); after a failed commit the outcome may be unknown, and if it is
     *     committed, its pending writes are too
     */
    public static <T extends @Nullable Object> T run(DataSource dataSource, Work<T> work) throws SQLException {
        List<Runnable> committedActions = new ArrayList<>();
        List<Runnable> unknownActions = new ArrayList<>();
        T result;
        Connection connection = Transactions.begin(
                dataSource,
                "inside a transaction that runs use JdbcTransaction.of(…), which does not commit it; for one of its own this needs the"
                        + " pool itself, with auto-commit on");
        boolean committing = false;
        try {
            result = work.run(new JdbcTransaction(
                    connection,
                    (ifCommitted, ifUnknown) -> {
                        committedActions.add(ifCommitted);
                        unknownActions.add(ifUnknown);
                    },
                    true));
            committing = true;
            Transactions.commit(connection);
        } catch (Throwable e) { // languages without checked exceptions throw any
            Transactions.end(connection, false);
            if (committing && !(e instanceof SQLException sql && !SqlErrors.connectionLost(sql))) {
                Throwable unused = runAll(unknownActions, e);
            }
            throw e;
        }
        Transactions.end(connection, true);
        Throwable ofHooks = runAll(committedActions, null);
        if (ofHooks instanceof Error e) {
            throw e;
        }
        if (ofHooks instanceof RuntimeException e) {
            throw e;
        }
        if (ofHooks != null) {
            throw new UndeclaredThrowableException(ofHooks);
        }
        return result;
    }

    /** Runs each, whatever another one throws. The first error suppresses those after it, and is returned. */
    private static @Nullable Throwable runAll(List<Runnable> actions, @Nullable Throwable before) {
        @Nullable Throwable first = before;
        for (Runnable action : actions) {
            try {
                action.run();
            } catch (Throwable e) {
                if (first == null) {
                    first = e;
                } else if (first != e) {
                    first.addSuppressed(e);
                }
            }
        }
        return first;
    }

    /** The connection of the transaction. */
    public Connection connection() {
        return connection;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        if (type.isInstance(connection)) {
            return type.cast(connection);
        }
        throw new IllegalArgumentException("a JDBC transaction has no " + type.getName());
    }

    @Override
    public boolean afterCommit(Runnable action) {
        return afterCompletion(action, () -> {});
    }

    @Override
    public boolean afterCompletion(Runnable committed, Runnable outcomeUnknown) {
        if (hook == null) {
            return false;
        }
        hook.register(committed, outcomeUnknown);
        return true;
    }

    @Override
    public boolean releasedBeforeActions() {
        return released;
    }
}
