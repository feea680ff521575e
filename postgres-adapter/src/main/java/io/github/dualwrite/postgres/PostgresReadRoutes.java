package io.github.dualwrite.postgres;

import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.WritableReadRouteSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes in a table, one row for each repository, with a history of who changed what, when and why. Change a row with SQL or
 * with {@link #set}; the history is written by a trigger in either case.
 *
 * <p>Every instance sees a change after its refresh interval and twice the time of a query at the latest, counted from the
 * commit; {@link #listening()} makes it sooner, usually, and promises nothing. A text that cannot be parsed, a row that is
 * missing and a database that does not answer are failures: the last good route stays, and the error says what to do. To take
 * reads back set the row to {@code primary}; deleting it is "no value".
 *
 * <p>The {@code DataSource} belongs to the caller and hands out connections with auto-commit on; others are refused. Each refresh is one query.
 * A connection on which the server has gone silent is given up after 10 s; how long it may take to get one is the {@code DataSource}'s to say.
 * Safe for use by many threads; one object serves any number of repositories.
 */
public final class PostgresReadRoutes implements WritableReadRouteSource, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PostgresReadRoutes.class);
    private static final int QUERY_SECONDS = 5;

    private final FlagConnections connections;
    private final DualwriteSchema schema;
    private final @Nullable RouteListener listener;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Map<String, Instant> otherRows = new ConcurrentHashMap<>();
    private volatile boolean tableKnown;

    /**
     * A change of a flag.
     *
     * @param oldRoute {@code null} if the row was new
     * @param newRoute {@code null} if the row was deleted
     * @param who the name given, or the database user
     * @param why the reason given, if any
     */
    public record Change(
            String repository,
            @Nullable String oldRoute,
            @Nullable String newRoute,
            Instant at,
            String who,
            @Nullable String why) {}

    PostgresReadRoutes(FlagConnections connections, DualwriteSchema schema, boolean listening) {
        this.connections = connections;
        this.schema = Objects.requireNonNull(schema, "schema");
        this.listener = listening ? new RouteListener(connections) : null;
    }

    /** The table under its default name. */
    public static PostgresReadRoutes of(DataSource dataSource) {
        return of(dataSource, DualwriteSchema.defaults());
    }

    /** The table of this schema. */
    public static PostgresReadRoutes of(DataSource dataSource, DualwriteSchema schema) {
        return new PostgresReadRoutes(new FlagConnections(dataSource), schema, false);
    }

    /**
     * The same table, and a thread that listens for changes on a connection that it keeps until {@link #close}: count it in if
     * the {@code DataSource} is a pool. While the connection is lost, routes are polled as without it.
     */
    public PostgresReadRoutes listening() {
        return new PostgresReadRoutes(connections, schema, true);
    }

    @Override
    public ReadRoute route(String repository) throws SQLException {
        asked.add(repository);
        Map<String, String> rows;
        try {
            rows = connections.call(this::rows);
        } catch (SQLException e) {
            if ("42P01".equals(e.getSQLState()) || "3F000".equals(e.getSQLState())) {
                throw new IllegalStateException(
                        "table " + schema.readRoutes() + " is missing: has DualwriteSchema.install run?", e);
            }
            throw e;
        }
        String text = rows.get(repository);
        if (text == null) {
            throw noRow(repository, rows.keySet());
        }
        try {
            return ReadRoute.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "table " + schema.readRoutes() + ", repository '" + repository + "': " + e.getMessage(), e);
        }
    }

    private Map<String, String> rows(Connection connection) throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT repository, route, changed_at FROM " + schema.readRoutes())) {
            select.setQueryTimeout(QUERY_SECONDS);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    rows.put(row.getString(1), row.getString(2));
                    noticeOther(row.getString(1), row.getTimestamp(3).toInstant());
                }
            }
        }
        tableKnown = true;
        return rows;
    }

    private IllegalStateException noRow(String repository, Set<String> others) {
        return new IllegalStateException("table " + schema.readRoutes() + " has no row for repository '" + repository
                + "' but for " + others + "; run INSERT INTO " + schema.readRoutes() + " (repository, route) VALUES ('"
                + repository.replace("'", "''") + "', 'primary')");
    }

    /** A row that is added or changed while nobody reads it here may be a mistyped name, or belong to somebody else. */
    private void noticeOther(String repository, Instant changedAt) {
        if (!asked.contains(repository)) {
            Instant before = otherRows.put(repository, changedAt);
            if (before == null ? tableKnown : before.isBefore(changedAt)) {
                log.atInfo()
                        .addKeyValue("event", "RouteRowUnknown")
                        .addKeyValue("repository", repository)
                        .addKeyValue("known", asked)
                        .log(
                                "a read route was set for which no repository here has asked; if no other application has it"
                                        + " either, the name is mistyped");
            }
        }
    }

    /**
     * Makes a row for a repository if there is none.
     *
     * @return whether it was made
     */
    public boolean create(String repository, ReadRoute route, String who, String why) throws SQLException {
        return update(
                        "INSERT INTO " + schema.readRoutes() + " (route, changed_by, why, repository)"
                                + " SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT FROM " + schema.readRoutes()
                                + " WHERE repository = ?) ON CONFLICT DO NOTHING",
                        text(route),
                        who,
                        why,
                        repository,
                        repository)
                > 0;
    }

    /**
     * Sets the flag, whatever it is now.
     *
     * @throws IllegalStateException if there is no row for the repository; the message names those that there are
     */
    public void set(String repository, ReadRoute route, String who, String why) throws SQLException {
        int updated = update(
                "UPDATE " + schema.readRoutes() + " SET route = ?, changed_by = ?, why = ? WHERE repository = ?",
                text(route),
                who,
                why,
                repository);
        if (updated == 0) {
            throw noRow(repository, repositories());
        }
    }

    @Override
    public boolean compareAndSet(String repository, ReadRoute expected, ReadRoute route, String who, String why)
            throws SQLException {
        Optional<String> row = rowOf(repository);
        if (row.isEmpty()) {
            return false;
        }
        String nowText = row.get(); // as it was typed, which is what the update compares
        ReadRoute now;
        try {
            now = ReadRoute.parse(nowText);
        } catch (IllegalArgumentException e) {
            return false; // nobody can have judged a text that is no route
        }
        return now.equals(expected)
                && update(
                                "UPDATE " + schema.readRoutes()
                                        + " SET route = ?, changed_by = ?, why = ? WHERE repository = ? AND route = ?",
                                text(route),
                                who,
                                why,
                                repository,
                                nowText)
                        > 0;
    }

    /** The latest changes of a flag, the last one first. */
    public List<Change> history(String repository, int limit) throws SQLException {
        return connections.call(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT repository, old_route, new_route,"
                    + " changed_at, changed_by, why FROM " + schema.readRouteLog()
                    + " WHERE repository = ? ORDER BY id DESC LIMIT ?")) {
                select.setString(1, repository);
                select.setInt(2, limit);
                List<Change> changes = new ArrayList<>();
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        Timestamp at = row.getTimestamp(4);
                        changes.add(new Change(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                at.toInstant(),
                                row.getString(5),
                                row.getString(6)));
                    }
                }
                return changes;
            }
        });
    }

    /** The repositories that have a row. */
    public Set<String> repositories() throws SQLException {
        return connections.call(connection -> {
            try (PreparedStatement select =
                            connection.prepareStatement("SELECT repository FROM " + schema.readRoutes());
                    ResultSet row = select.executeQuery()) {
                Set<String> names = new TreeSet<>();
                while (row.next()) {
                    names.add(row.getString(1));
                }
                return names;
            }
        });
    }

    private Optional<String> rowOf(String repository) throws SQLException {
        return connections.call(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT route FROM " + schema.readRoutes() + " WHERE repository = ?")) {
                select.setQueryTimeout(QUERY_SECONDS);
                select.setString(1, repository);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
                }
            }
        });
    }

    private int update(String sql, String... parameters) throws SQLException {
        return connections.call(connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setQueryTimeout(QUERY_SECONDS);
                for (int i = 0; i < parameters.length; i++) {
                    update.setString(i + 1, Objects.requireNonNull(parameters[i]));
                }
                return update.executeUpdate();
            }
        });
    }

    /** A route with a predicate in it has a text that nobody can read back. */
    private static String text(ReadRoute route) {
        String text = route.toString();
        ReadRoute read;
        try {
            read = ReadRoute.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the route '" + text + "' has no text that can be stored", e);
        }
        if (!read.equals(route)) {
            throw new IllegalArgumentException("the route '" + text + "' has no text that can be stored");
        }
        return text;
    }

    @Override
    public Runnable onChange(Runnable changed) {
        return listener == null ? () -> {} : listener.add(changed);
    }

    @Override
    public String description() {
        return "PostgreSQL table " + schema.readRoutes();
    }

    /** Ends the listening, if there is one. The {@code DataSource} stays open. */
    @Override
    public void close() {
        if (listener != null) {
            listener.close();
        }
    }
}
