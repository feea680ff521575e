package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.StoreContext;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes keys pending in a statement of its own, for changes that other statements of the same transaction made.
 *
 * <p>Those statements may share no locked row with other writers of the same key. Where they share none, a lock on the key comes
 * first, and the version is drawn under it; it is held until the commit. Otherwise a version could be drawn, overtaken by a write that is
 * committed, applied and confirmed, and then recorded: lower than the follower's, and so never applied.
 */
final class PendingMarks {

    private static final String LOCK = """
            SELECT pg_advisory_xact_lock(l.id) FROM (
                SELECT DISTINCT hashtextextended(k.key, hashtextextended(?, 0)) AS id
                FROM unnest(?::text[]) AS k(key) ORDER BY id) AS l
            """;

    private final StoreContext context;
    private final String mark;

    PendingMarks(StoreContext context, DualwriteSchema schema) {
        this.context = context;
        this.mark = TableStatements.pendingUpsert(
                        schema,
                        "SELECT ?, k.key, " + schema.nextVersion()
                                + ", clock_timestamp() + ? * interval '1 microsecond' FROM unnest(?::text[]) AS k(key)")
                + " RETURNING p.key, p.version";
    }

    /**
     * Keeps other writers that lock these keys waiting until the transaction ends. Each key takes a place in the server's table of
     * locks, which has some thousands for all sessions.
     */
    void lock(Connection connection, List<String> keys) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
            lock.setString(1, context.repository());
            lock.setArray(2, connection.createArrayOf("text", keys.toArray()));
            lock.execute();
        }
    }

    /** Draws versions and makes the keys pending; call {@link #lock} first for those of which no row is locked. */
    Map<String, Long> mark(Connection connection, List<String> keys) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(mark)) {
            statement.setString(1, context.repository());
            statement.setLong(2, context.grace().toNanos() / 1000);
            statement.setArray(3, connection.createArrayOf("text", keys.toArray()));
            Map<String, Long> versions = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    versions.put(rows.getString(1), rows.getLong(2));
                }
            }
            return versions;
        }
    }
}
