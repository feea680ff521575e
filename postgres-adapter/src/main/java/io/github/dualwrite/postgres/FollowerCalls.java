package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs calls of a follower on other threads than the caller's, because JDBC blocks. Each call has a connection of its own. If
 * the future is cancelled, what runs on the connection is cancelled on the server; and whatever the server or the network does,
 * the call ends a little after the statement time-out.
 */
final class FollowerCalls {

    private static final Logger log = LoggerFactory.getLogger(FollowerCalls.class);
    private static final int THREADS = 16;
    private static final int QUEUE = 4096;

    private final OwnSessions connections;
    private final SqlErrors errors;
    private final Executor executor;
    private final Executor canceller;
    private final Duration timeout;

    FollowerCalls(
            DataSource dataSource, SqlErrors errors, @Nullable Executor executor, Duration timeout, String repository) {
        this.connections = new OwnSessions(dataSource, errors);
        this.errors = errors;
        this.executor = executor != null ? executor : threads("dualwrite-follower-" + repository, THREADS);
        this.canceller = threads("dualwrite-follower-cancel-" + repository, 1);
        this.timeout = timeout;
    }

    /** Daemons that end by themselves when there is nothing to do. */
    private static ThreadPoolExecutor threads(String name, int count) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor threads =
                new ThreadPoolExecutor(count, count, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE), task -> {
                    Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    <T> CompletableFuture<T> call(Operation operation, Collection<?> keys, Function<FollowerSession, T> work) {
        Call<T> call = new Call<>(operation, keys, work);
        try {
            executor.execute(call);
        } catch (RuntimeException e) { // it takes no more
            call.result.completeExceptionally(e);
        }
        CompletableFuture<?> unused = call.result.whenComplete((result, error) -> {
            if (call.result.isCancelled()) {
                canceller.execute(call::cancelOnServer); // sending a cancel request blocks too
            }
        });
        return call.result;
    }

    private final class Call<T> implements Runnable {

        private final Operation operation;
        private final Collection<?> keys;
        private final Function<FollowerSession, T> work;
        private final CompletableFuture<T> result = new CompletableFuture<>();

        /** Held while a cancel request is sent, so that it cannot hit the next user of the connection. */
        private final ReentrantLock lock = new ReentrantLock();

        private @Nullable Connection running; // guarded by the lock

        Call(Operation operation, Collection<?> keys, Function<FollowerSession, T> work) {
            this.operation = operation;
            this.keys = keys;
            this.work = work;
        }

        @Override
        public void run() {
            if (result.isDone()) {
                return;
            }
            try {
                result.complete(onConnection());
            } catch (Throwable e) { // whatever it is, the future must end
                result.completeExceptionally(e);
            }
        }

        private T onConnection() {
            try (Connection connection = connections.connect(operation, keys)) {
                NetworkLimit limit = NetworkLimit.set(connection, canceller, timeout.plus(NetworkLimit.MARGIN));
                hold(connection);
                try {
                    return work.apply(
                            new FollowerSession(connection, errors, (int) timeout.toSeconds(), result::isDone));
                } finally {
                    hold(null);
                    limit.lift();
                }
            } catch (SQLException e) {
                throw errors.translate(operation, keys, e, false);
            }
        }

        private void hold(@Nullable Connection connection) {
            lock.lock();
            try {
                running = connection;
            } finally {
                lock.unlock();
            }
        }

        private void cancelOnServer() {
            lock.lock();
            try {
                if (running != null && running.isWrapperFor(PGConnection.class)) {
                    running.unwrap(PGConnection.class).cancelQuery();
                }
            } catch (SQLException e) {
                log.debug("a statement could not be cancelled; it ends by its time-out", SqlCause.of(e));
            } finally {
                lock.unlock();
            }
        }
    }
}
