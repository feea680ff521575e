package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import javax.sql.DataSource;

/**
 * Forgets what a repository has applied to a PostgreSQL follower, at the end of a migration. The records stay as they are.
 *
 * <p><b>Run it only when dual writes of this repository into this store have ended</b>: no repository, reconciler, backfill or
 * repair may still apply to it. Without its mark a record is older than any write that arrives late, and a deleted one comes
 * back.
 *
 * <p>Works in batches, each committed by itself; a purge that was stopped or failed is resumed by running it again (DW-7). Needs
 * {@code SELECT} and {@code DELETE} on the table of applied versions.
 */
public final class PostgresPurge {

    private static final int BATCH = 10_000;

    private final String repository;
    private final Sessions sessions;
    private final DualwriteSchema schema;

    private PostgresPurge(String repository, DataSource dataSource, DualwriteSchema schema) {
        this.repository = repository;
        this.schema = schema;
        this.sessions =
                new OwnSessions(dataSource, new SqlErrors(repository, "PostgreSQL table " + schema.applied(), schema));
    }

    /**
     * A purge.
     *
     * @param repository the name of the repository whose marks are removed
     * @param dataSource the follower's database
     * @param schema the names of Dualwrite's objects there
     */
    public static PostgresPurge of(String repository, DataSource dataSource, DualwriteSchema schema) {
        return new PostgresPurge(repository, dataSource, schema);
    }

    /**
     * Purges; takes as long as it takes, and ends early, between two batches, if the thread is interrupted.
     *
     * @throws io.github.dualwrite.DualWriteException if PostgreSQL fails; what was done stays done, and another run goes on
     */
    public PurgeReport run() throws InterruptedException {
        long tombstones = 0;
        long records = 0;
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException("the purge was interrupted; run it again to go on");
            }
            PurgeReport batch = batch();
            tombstones += batch.tombstones();
            records += batch.records();
            if (batch.tombstones() + batch.records() == 0) {
                return new PurgeReport(tombstones, records);
            }
        }
    }

    private PurgeReport batch() {
        return sessions.statement(Operation.DELETE_ALL, List.of(), connection -> {
            try (PreparedStatement delete = connection.prepareStatement("WITH gone AS (DELETE FROM " + schema.applied()
                    + " WHERE repository = ? AND key = ANY (ARRAY(SELECT key FROM " + schema.applied()
                    + " WHERE repository = ? ORDER BY key LIMIT " + BATCH + ")) RETURNING deleted)"
                    + " SELECT count(*) FILTER (WHERE deleted), count(*) FILTER (WHERE NOT deleted) FROM gone")) {
                delete.setString(1, repository);
                delete.setString(2, repository);
                try (ResultSet row = delete.executeQuery()) {
                    row.next();
                    return new PurgeReport(row.getLong(1), row.getLong(2));
                }
            }
        });
    }
}
