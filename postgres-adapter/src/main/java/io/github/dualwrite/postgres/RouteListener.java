package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of changes of read routes, on a connection and a thread of its own, and tells at most ten times a second. Only shortens
 * what polling does anyway: a notification that is lost with the connection costs one refresh interval.
 */
final class RouteListener implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RouteListener.class);
    private static final int SLICE_MILLIS = 500; // how long the end may have to wait
    private static final int SLICES_TO_PROBE = 60;
    private static final int DEBOUNCE_MILLIS = 100;
    private static final long FIRST_BACKOFF_MILLIS = 500;
    private static final long LONGEST_BACKOFF_MILLIS = 30_000;

    private final FlagConnections connections;
    private final Pause pause;
    private final List<Runnable> told = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "dualwrite-read-route-listener");
    private final int slicesToProbe;
    private boolean failing;
    private long backoff = FIRST_BACKOFF_MILLIS;

    /** Waits before the next look for notifications; told of the end. */
    @FunctionalInterface
    interface Pause {
        void await(CountDownLatch closed) throws InterruptedException;
    }

    RouteListener(FlagConnections connections) {
        this(
                connections,
                closed -> {
                    boolean unused = closed.await(DEBOUNCE_MILLIS, TimeUnit.MILLISECONDS);
                },
                SLICES_TO_PROBE);
    }

    RouteListener(FlagConnections connections, Pause pause, int slicesToProbe) {
        this.connections = connections;
        this.pause = pause;
        this.slicesToProbe = slicesToProbe;
        thread.setDaemon(true);
        thread.start();
    }

    /** Adds somebody to tell; the result takes him away. */
    Runnable add(Runnable changed) {
        told.add(changed);
        return () -> told.remove(changed);
    }

    private void run() {
        while (closed.getCount() > 0) {
            try {
                boolean unused = connections.call(this::listenOn);
            } catch (SQLException | RuntimeException e) {
                if (!failing) {
                    log.atInfo()
                            .addKeyValue("event", "RouteNotListened")
                            .addKeyValue("error", e.toString())
                            .log("read routes are polled only, as changes cannot be listened for now");
                }
                failing = true;
                log.debug("listening for read routes failed", e);
            }
            try {
                long jitter = ThreadLocalRandom.current().nextLong(backoff / 2 + 1);
                if (closed.await(backoff / 2 + jitter, TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
            backoff = Math.min(LONGEST_BACKOFF_MILLIS, backoff * 2);
        }
    }

    private boolean listenOn(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("LISTEN dualwrite_read_route");
            backoff = FIRST_BACKOFF_MILLIS;
            failing = false;
            tell(); // something may have changed while nobody listened
            try {
                listen(connection.unwrap(PGConnection.class), statement);
            } finally {
                unlisten(statement);
            }
        }
        return true;
    }

    private void listen(PGConnection connection, Statement statement) throws SQLException {
        int quiet = 0;
        while (closed.getCount() > 0) {
            PGNotification[] heard = connection.getNotifications(SLICE_MILLIS);
            if (heard != null && heard.length > 0) {
                quiet = 0;
                tell();
                pause(); // what comes meanwhile is heard, and told together
            } else if (++quiet >= slicesToProbe) {
                quiet = 0;
                statement.execute("SELECT 1"); // a connection that died in silence must be noticed
            }
        }
    }

    /** A pool would hand the connection to somebody else as it is. */
    private static void unlisten(Statement statement) {
        try {
            statement.execute("UNLISTEN *");
        } catch (SQLException e) {
            log.debug("the connection is gone", e);
        }
    }

    private void pause() {
        try {
            pause.await(closed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell() {
        for (Runnable one : told) {
            try {
                one.run();
            } catch (RuntimeException e) {
                log.debug("a repository could not be told of a change", e);
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
