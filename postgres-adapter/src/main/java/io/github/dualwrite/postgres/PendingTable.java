package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.StoreLog;
import io.github.dualwrite.spi.WithheldException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reconciliation queue as a table. Each call commits by itself; each but {@link #confirm} is one statement.
 *
 * <p>Rows that a writer or another reconciler holds locked are skipped, so nothing here waits for them.
 */
final class PendingTable<K> implements ReconciliationQueue<K> {

    private static final Logger log = LoggerFactory.getLogger(PendingTable.class);

    private static final int CONFIRM_ATTEMPTS = 5;
    private static final long CONFIRM_PAUSE_NANOS = 5_000_000;

    /**
     * A claim locks in a sub-select of {@code ARRAY}, which is evaluated once: inside {@code IN} it may be evaluated again and lock too
     * many rows. The rows are then found where they were locked, without an index. One that was changed between the statement's snapshot and
     * its lock lies elsewhere by then: it is left, and is still due.
     *
     * <p>What is due goes by the time of the statement, which the index is searched for; {@code clock_timestamp()} may differ from row to row, so
     * everything in grace and everything put off would be read to the end whenever there is too little that is due.
     *
     * <p>A lease is in a column that is not indexed, so that a claim is a HOT update. What is leased is due all the same and is passed over:
     * at most a batch for each worker. What is claimed again because its lease has ended goes behind the others: it may be what its holder died of.
     */
    static final String CLAIM = """
            UPDATE %1$s AS p SET leased_until = clock_timestamp() + ? * interval '1 microsecond', lease = ?,
                due_at = CASE WHEN p.leased_until IS NULL THEN p.due_at ELSE clock_timestamp() END
            WHERE p.ctid = ANY (ARRAY(
                SELECT ctid FROM %1$s
                WHERE repository = ? AND due_at <= statement_timestamp()
                    AND (leased_until IS NULL OR leased_until <= statement_timestamp())
                ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED))
            RETURNING p.key, p.version, p.attempts, p.pending_since
            """;

    /**
     * A confirmation need not outlive a crash of the server, which costs one more apply: it does not wait for the disk, nor does
     * it make the writers' commits wait for its own. The setting holds for this statement's transaction alone. Rows are found as by
     * {@link #CLAIM}; what lies elsewhere is not confirmed this time.
     */
    private static final String CONFIRM = """
            DELETE FROM %1$s AS p
            WHERE p.ctid = ANY (ARRAY(
                SELECT p.ctid FROM %1$s AS p JOIN unnest(?::text[], ?::bigint[]) AS a(key, version) USING (key, version)
                WHERE p.repository = ? AND (SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL
                FOR UPDATE OF p SKIP LOCKED))
            RETURNING p.key
            """;

    private static final String AT_VERSION = """
            SELECT p.key FROM %1$s AS p JOIN unnest(?::text[], ?::bigint[]) AS a(key, version) USING (key, version)
            WHERE p.repository = ?
            """;

    private static final String RELEASE = """
            WITH held AS (
                SELECT repository, key FROM %1$s
                WHERE repository = ? AND key = ANY (?) AND lease = ? AND parked_at IS NULL
                FOR UPDATE SKIP LOCKED)
            UPDATE %1$s AS p SET due_at = clock_timestamp(), lease = NULL, leased_until = NULL
            FROM held AS h WHERE p.repository = h.repository AND p.key = h.key
            """;

    private static final String PUSH_BACK = """
            WITH held AS (
                SELECT p.repository, p.key, f.delay, f.error
                FROM %1$s AS p
                JOIN unnest(?::text[], ?::bigint[], ?::bigint[], ?::text[]) AS f(key, version, delay, error)
                    USING (key, version)
                WHERE p.repository = ? AND p.lease = ?
                FOR UPDATE OF p SKIP LOCKED)
            UPDATE %1$s AS p
            SET due_at = clock_timestamp() + h.delay * interval '1 microsecond', lease = NULL, leased_until = NULL,
                attempts = p.attempts + 1, error = h.error
            FROM held AS h WHERE p.repository = h.repository AND p.key = h.key
            """;

    private static final String PARK = """
            WITH held AS (
                SELECT p.repository, p.key, f.error
                FROM %1$s AS p JOIN unnest(?::text[], ?::bigint[], ?::text[]) AS f(key, version, error)
                    USING (key, version)
                WHERE p.repository = ? AND p.lease = ?
                FOR UPDATE OF p SKIP LOCKED)
            UPDATE %1$s AS p
            SET due_at = 'infinity', lease = NULL, leased_until = NULL, attempts = p.attempts + 1, error = h.error,
                parked_at = clock_timestamp()
            FROM held AS h WHERE p.repository = h.repository AND p.key = h.key
            RETURNING p.key
            """;

    private static final String PARKED_COLUMNS = "key, version, parked_at, pending_since, attempts, error";

    private static final String PARKED = "SELECT " + PARKED_COLUMNS
            + " FROM %1$s WHERE repository = ? AND due_at = 'infinity' ORDER BY parked_at, key LIMIT ? OFFSET ?";

    private static final String FIND_PARKED =
            "SELECT " + PARKED_COLUMNS + " FROM %1$s WHERE repository = ? AND key = ? AND parked_at IS NOT NULL";

    private static final String UNPARK = """
            WITH held AS (SELECT repository, key FROM %%1$s WHERE repository = ? AND %s FOR UPDATE SKIP LOCKED)
            UPDATE %%1$s AS p SET due_at = clock_timestamp(), parked_at = NULL
            FROM held AS h WHERE p.repository = h.repository AND p.key = h.key
            """;
    private static final String RETRY = String.format(UNPARK, "key = ? AND parked_at IS NOT NULL");
    private static final String RETRY_ALL = String.format(UNPARK, "due_at = 'infinity'");

    private static final String DISCARD = """
            WITH held AS (
                SELECT repository, key FROM %1$s
                WHERE repository = ? AND key = ? AND parked_at IS NOT NULL FOR UPDATE SKIP LOCKED)
            DELETE FROM %1$s AS p USING held AS h WHERE p.repository = h.repository AND p.key = h.key
            RETURNING p.key, p.version, p.parked_at, p.pending_since, p.attempts, p.error
            """;

    private static final String AMONG = "SELECT key FROM %1$s WHERE repository = ? AND key = ANY (?)";

    private static final String ALL = "SELECT key FROM %1$s WHERE repository = ? LIMIT ?";

    private static final String STATISTICS = """
            SELECT count(*) FILTER (WHERE parked_at IS NULL), count(parked_at),
                   min(pending_since) FILTER (WHERE parked_at IS NULL)
            FROM %1$s WHERE repository = ?
            """;

    private final String repository;
    private final StoreLog lines;
    private final String table;
    private final Sessions sessions;
    private final KeyCodec<K> keys;

    PendingTable(String repository, DualwriteSchema schema, Sessions sessions, KeyCodec<K> keys) {
        this.repository = repository;
        this.lines = new StoreLog(log, repository);
        this.table = schema.pending();
        this.sessions = sessions;
        this.keys = keys;
    }

    @Override
    public List<PendingWrite<K>> claim(Lease lease, int limit) {
        return run(List.of(), connection -> {
            try (PreparedStatement claim = prepare(connection, CLAIM)) {
                claim.setLong(1, lease.duration().toNanos() / 1000);
                claim.setObject(2, lease.id());
                claim.setString(3, repository);
                claim.setInt(4, limit);
                List<PendingWrite<K>> claimed = new ArrayList<>();
                try (ResultSet rows = claim.executeQuery()) {
                    while (rows.next()) {
                        Optional<K> key = decode(rows.getString(1));
                        if (key.isPresent()) {
                            claimed.add(
                                    new PendingWrite<>(key.get(), rows.getLong(2), rows.getInt(3), instant(rows, 4)));
                        }
                    }
                }
                return claimed;
            }
        });
    }

    /**
     * {@inheritDoc}
     *
     * <p>A claim that began earlier locks, for the moment that it takes, also rows that it finds leased already. They would be
     * skipped here and applied once more; so what is still there at its version is tried again, a bounded number of times.
     */
    @Override
    public Set<K> confirm(Collection<KeyVersion<K>> applied) {
        Set<K> confirmed = new HashSet<>();
        Collection<KeyVersion<K>> left = applied;
        for (int attempt = 1; !left.isEmpty() && attempt <= CONFIRM_ATTEMPTS; attempt++) {
            if (attempt > 1) {
                LockSupport.parkNanos(attempt * CONFIRM_PAUSE_NANOS);
            }
            confirmed.addAll(confirmOnce(left));
            if (confirmed.size() < applied.size()) {
                left = stillThere(applied.stream()
                        .filter(each -> !confirmed.contains(each.key()))
                        .toList());
            } else {
                left = List.of();
            }
        }
        return confirmed;
    }

    private Set<K> confirmOnce(Collection<KeyVersion<K>> applied) {
        List<K> appliedKeys = applied.stream().map(KeyVersion::key).toList();
        return run(appliedKeys, connection -> {
            try (PreparedStatement confirm = prepare(connection, CONFIRM)) {
                confirm.setArray(1, SqlArrays.text(connection, appliedKeys, keys::encode));
                confirm.setArray(2, SqlArrays.bigint(connection, applied, KeyVersion::version));
                confirm.setString(3, repository);
                return keys(confirm);
            }
        });
    }

    /** Those that are pending at exactly this version: locked by somebody, not written again. */
    private List<KeyVersion<K>> stillThere(List<KeyVersion<K>> unconfirmed) {
        List<K> unconfirmedKeys = unconfirmed.stream().map(KeyVersion::key).toList();
        Set<K> there = run(unconfirmedKeys, connection -> {
            try (PreparedStatement select = prepare(connection, AT_VERSION)) {
                select.setArray(1, SqlArrays.text(connection, unconfirmedKeys, keys::encode));
                select.setArray(2, SqlArrays.bigint(connection, unconfirmed, KeyVersion::version));
                select.setString(3, repository);
                return keys(select);
            }
        });
        return unconfirmed.stream().filter(each -> there.contains(each.key())).toList();
    }

    @Override
    public void release(Lease lease, Collection<K> released) {
        run(released, connection -> {
            try (PreparedStatement release = prepare(connection, RELEASE)) {
                release.setString(1, repository);
                release.setArray(2, SqlArrays.text(connection, released, keys::encode));
                release.setObject(3, lease.id());
                return release.executeUpdate();
            }
        });
    }

    @Override
    public void pushBack(Lease lease, Collection<PushBack<K>> entries) {
        run(entries.stream().map(PushBack::key).toList(), connection -> {
            try (PreparedStatement pushBack = prepare(connection, PUSH_BACK)) {
                pushBack.setArray(1, SqlArrays.text(connection, entries, e -> keys.encode(e.key())));
                pushBack.setArray(2, SqlArrays.bigint(connection, entries, PushBack::version));
                pushBack.setArray(
                        3, SqlArrays.bigint(connection, entries, e -> e.delay().toNanos() / 1000));
                pushBack.setArray(4, SqlArrays.text(connection, entries, e -> StorableText.shortened(e.error())));
                pushBack.setString(5, repository);
                pushBack.setObject(6, lease.id());
                return pushBack.executeUpdate();
            }
        });
    }

    @Override
    public Set<K> park(Lease lease, Collection<Parking<K>> entries) {
        return run(entries.stream().map(Parking::key).toList(), connection -> {
            try (PreparedStatement park = prepare(connection, PARK)) {
                park.setArray(1, SqlArrays.text(connection, entries, e -> keys.encode(e.key())));
                park.setArray(2, SqlArrays.bigint(connection, entries, Parking::version));
                park.setArray(3, SqlArrays.text(connection, entries, e -> StorableText.shortened(e.reason())));
                park.setString(4, repository);
                park.setObject(5, lease.id());
                return keys(park);
            }
        });
    }

    @Override
    public List<ParkedWrite<K>> parked(int offset, int limit) {
        return run(List.of(), connection -> {
            try (PreparedStatement select = prepare(connection, PARKED)) {
                select.setString(1, repository);
                select.setInt(2, limit);
                select.setInt(3, offset);
                return parkedWrites(select);
            }
        });
    }

    @Override
    public Optional<ParkedWrite<K>> findParked(K key) {
        return oneParked(FIND_PARKED, key);
    }

    @Override
    public boolean retryParked(K key) {
        return run(List.of(key), connection -> {
            try (PreparedStatement retry = prepare(connection, RETRY)) {
                retry.setString(1, repository);
                retry.setString(2, keys.encode(key));
                return retry.executeUpdate() > 0;
            }
        });
    }

    @Override
    public int retryAllParked() {
        return run(List.of(), connection -> {
            try (PreparedStatement retry = prepare(connection, RETRY_ALL)) {
                retry.setString(1, repository);
                return retry.executeUpdate();
            }
        });
    }

    @Override
    public Optional<ParkedWrite<K>> discardParked(K key) {
        return oneParked(DISCARD, key);
    }

    @Override
    public Set<K> pendingAmong(Collection<K> candidates) {
        return candidates.isEmpty()
                ? Set.of()
                : run(candidates, connection -> {
                    try (PreparedStatement select = prepare(connection, AMONG)) {
                        select.setString(1, repository);
                        select.setArray(2, SqlArrays.text(connection, candidates, keys::encode));
                        return keys(select);
                    }
                });
    }

    @Override
    public Optional<Set<K>> pendingKeys(int limit) {
        return run(List.of(), connection -> {
            try (PreparedStatement select = prepare(connection, ALL)) {
                select.setString(1, repository);
                select.setLong(2, limit + 1L);
                Set<K> result = new HashSet<>();
                int count = 0;
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        count++;
                        decode(rows.getString(1)).ifPresent(result::add);
                    }
                }
                return count > limit ? Optional.empty() : Optional.of(result);
            }
        });
    }

    @Override
    public QueueStatistics statistics() {
        return run(List.of(), connection -> {
            try (PreparedStatement select = prepare(connection, STATISTICS)) {
                select.setString(1, repository);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    @Nullable OffsetDateTime oldest = row.getObject(3, OffsetDateTime.class);
                    return new QueueStatistics(
                            row.getLong(1), row.getLong(2), oldest == null ? null : oldest.toInstant());
                }
            }
        });
    }

    private <T> T run(Collection<?> concerned, SqlWork<T> work) {
        return sessions.statement(Operation.QUEUE, concerned, work);
    }

    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        return connection.prepareStatement(String.format(sql, table));
    }

    private Set<K> keys(PreparedStatement statement) throws SQLException {
        Set<K> result = new HashSet<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(keys.decode(rows.getString(1)));
            }
        }
        return result;
    }

    private Optional<ParkedWrite<K>> oneParked(String sql, K key) {
        return run(List.of(key), connection -> {
            try (PreparedStatement statement = prepare(connection, sql)) {
                statement.setString(1, repository);
                statement.setString(2, keys.encode(key));
                return parkedWrites(statement).stream().findFirst();
            }
        });
    }

    private List<ParkedWrite<K>> parkedWrites(PreparedStatement statement) throws SQLException {
        List<ParkedWrite<K>> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                Optional<K> key = decode(rows.getString(1));
                if (key.isEmpty()) {
                    continue;
                }
                result.add(new ParkedWrite<>(
                        key.get(),
                        rows.getLong(2),
                        instant(rows, 3),
                        instant(rows, 4),
                        rows.getInt(5),
                        String.valueOf(rows.getString(6))));
            }
        }
        return result;
    }

    /**
     * A text that is no key of this mapping must not hold up the others: another version of the application may have written
     * it, with an enum constant that is not known here. It stays under its lease, for an instance that knows it.
     */
    private Optional<K> decode(String text) {
        try {
            return Optional.of(keys.decode(text));
        } catch (RuntimeException e) {
            lines.warn("PendingKeyUnreadable")
                    .log("a pending key cannot be read by this mapping; does another version of the application run,"
                            + " or was the key's type changed?");
            log.debug("unreadable pending key '{}'", text, WithheldException.of(e));
            return Optional.empty();
        }
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
