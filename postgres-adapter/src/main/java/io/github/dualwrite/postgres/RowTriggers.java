package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The triggers of somebody else, which those of capture are not, that fire for each row of a table that follows, and whether one of them could keep rows away without an
 * error. That is looked at again once in a while, and not with each statement, because it would cost each apply a part of its time.
 *
 * <p>Safe for use by many threads.
 */
final class RowTriggers {

    private static final String FIRING = CaptureSql.tree("to_regclass(?)::oid") + """
            SELECT DISTINCT ON (g.tgname, g.tgtype & 2) g.tgname, g.tgrelid::regclass::text, g.tgtype & 2 <> 0
            FROM tree JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = tree.relid
            WHERE g.tgtype & 1 <> 0 AND NOT g.tgisinternal AND g.tgenabled::text
                IN ('A', CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END)
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc AS p WHERE p.oid = g.tgfoid
                    AND starts_with(ltrim(p.prosrc, chr(10)), '%s'))
            ORDER BY g.tgname, g.tgtype & 2, g.tgrelid <> to_regclass(?)::oid, 2
            """.formatted(CaptureSql.MARK);

    /** How long what a table is like is believed. */
    static final long AGAIN = Duration.ofMinutes(1).toNanos();

    private final String table;
    private final LongSupplier nanos;

    private volatile @Nullable Look last;

    /**
     * The triggers of one table.
     *
     * @param table the qualified and quoted table
     * @param nanos as {@link System#nanoTime}
     */
    RowTriggers(String table, LongSupplier nanos) {
        this.table = table;
        this.nanos = nanos;
    }

    /**
     * A trigger that fires.
     *
     * @param before whether it fires before the change, and so could change or keep away what is stored
     */
    private record Firing(String name, String table, boolean before) {
        @Override
        public String toString() {
            return name + (before ? " before" : " after") + " rows of " + table;
        }
    }

    private record Look(boolean before, long at) {}

    /** Those that fire in sessions like this one, on the table and on its partitions; each name once for those before and those after rows. */
    private List<Firing> firing(Connection connection) throws SQLException {
        List<Firing> firing = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(FIRING)) {
            select.setString(1, table);
            select.setString(2, table);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    firing.add(new Firing(row.getString(1), row.getString(2), row.getBoolean(3)));
                }
            }
        }
        return firing;
    }

    /** Refuses a table for them, naming each. */
    void refuse(Connection connection, SqlErrors errors) throws SQLException {
        List<Firing> firing = firing(connection);
        if (!firing.isEmpty()) {
            throw errors.configuration(
                    Operation.OPEN,
                    "triggers would fire for records that come as the authority has stored them: "
                            + Sql.list(firing, Firing::toString)
                            + "; they could change them, keep them away, or do a second time what the authority's triggers"
                            + " did. Until this table becomes the authority, run ALTER TABLE … DISABLE TRIGGER …, or …"
                            + " ENABLE REPLICA TRIGGER …. If they do no harm, refuseUnfitSecondary(false) opens the"
                            + " repository all the same",
                    null);
        }
    }

    /** Names those that could keep a row away, or refuse it. */
    Optional<String> before(Connection connection) throws SQLException {
        List<Firing> before = firing(connection).stream().filter(Firing::before).toList();
        return before.isEmpty()
                ? Optional.empty()
                : Optional.of("there is the trigger " + Sql.list(before, Firing::toString));
    }

    /** Forgets what was seen. */
    void lookAgain() {
        last = null;
    }

    /** Whether one of them could keep rows away, as of a minute ago at most. */
    boolean mayKeepAway(Connection connection) throws SQLException {
        Look known = last;
        if (known == null || nanos.getAsLong() - known.at() > AGAIN) {
            long now = nanos.getAsLong();
            known = new Look(firing(connection).stream().anyMatch(Firing::before), now);
            last = known;
        }
        return known.before();
    }
}
