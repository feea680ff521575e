package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Jobs as three tables. Each call but {@link #begin} is one statement that commits by itself; leases go by the server's clock. */
final class JobTable implements JobStore {

    private static final String BEGIN = """
            WITH begun AS (INSERT INTO %1$s (repository, name, fingerprint, state) VALUES (?, ?, ?, 'RUNNING')
                           ON CONFLICT (repository, name) DO NOTHING RETURNING repository, name)
            INSERT INTO %2$s (repository, job, number, range)
            SELECT b.repository, b.name, s.number, s.range
            FROM begun AS b, unnest(?::bigint[], ?::text[]) AS s(number, range)
            """;

    /** More failures are not counted: whether there are any is asked once a second. */
    static final long MOST_COUNTED = 100_000;

    private static final String PROGRESS =
            "s.number, s.range, s.position, s.done, s.read, s.applied, s.skipped, s.failed, s.bytes";

    /** Counts once, not for each split: by the parameters, not by the job's row. */
    private static final String FIND = "SELECT " + PROGRESS + """
            , j.fingerprint, j.state, j.began_at,
                (SELECT count(*) FROM (SELECT FROM %3$s WHERE repository = ? AND job = ? LIMIT ?) AS f)
            FROM %1$s AS j LEFT JOIN %2$s AS s ON s.repository = j.repository AND s.job = j.name
            WHERE j.repository = ? AND j.name = ? ORDER BY s.number
            """;

    /** That very job. Where it is removed and begun anew after the statement's snapshot, the rows of the new one are not in that. */
    private static final String STILL = "j.repository = ? AND j.name = ? AND j.began_at = ? AND j.fingerprint = ?";

    /** Locks in a CTE: a locking sub-select inside {@code IN} may be evaluated more than once and lock too many rows. */
    private static final String CLAIM = """
            WITH free AS (
                SELECT s.repository, s.job, s.number FROM %1$s AS j
                    JOIN %2$s AS s ON s.repository = j.repository AND s.job = j.name
                WHERE %4$s AND NOT s.done AND (s.lease IS NULL OR s.leased_until <= clock_timestamp())
                ORDER BY s.number LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
            UPDATE %2$s AS s SET lease = ?, leased_until = clock_timestamp() + ? * interval '1 microsecond'
            FROM free AS f WHERE s.repository = f.repository AND s.job = f.job AND s.number = f.number
            RETURNING""" + " " + PROGRESS;

    private static final String CHECKPOINT = """
            UPDATE %2$s AS s SET position = ?, done = ?, read = ?, applied = ?, skipped = ?, failed = ?, bytes = ?,
                leased_until = clock_timestamp() + ? * interval '1 microsecond'
            FROM %1$s AS j
            WHERE s.repository = ? AND s.job = ? AND s.number = ? AND s.lease = ?
                AND j.repository = s.repository AND j.name = s.job
            RETURNING j.state
            """;

    private static final String RELEASE = "UPDATE %2$s SET lease = NULL, leased_until = NULL"
            + " WHERE repository = ? AND job = ? AND number = ? AND lease = ?";

    /** Nothing if the job was removed meanwhile. It is locked, because a foreign key is content with one that was begun anew. */
    private static final String NOTE = """
            WITH job AS (SELECT j.repository, j.name FROM %1$s AS j WHERE %4$s FOR KEY SHARE)
            INSERT INTO %3$s (repository, job, key, split, reason)
            SELECT job.repository, job.name, f.key, f.split, f.reason
            FROM job, unnest(?::text[], ?::bigint[], ?::text[]) WITH ORDINALITY AS f(key, split, reason, place)
            ORDER BY f.place
            ON CONFLICT (repository, job, key) DO UPDATE SET split = excluded.split, reason = excluded.reason
            """;

    private static final String SETTLE = """
            DELETE FROM %3$s AS f USING %1$s AS j
            WHERE %4$s AND f.repository = j.repository AND f.job = j.name AND f.key = ANY (?)
            """;

    private static final String FAILED_SPLITS = "SELECT DISTINCT split FROM %3$s WHERE repository = ? AND job = ?";

    private static final String SETTLE_SPLITS = """
            DELETE FROM %3$s AS f USING %1$s AS j
            WHERE %4$s AND f.repository = j.repository AND f.job = j.name AND f.split = ANY (?)
                AND NOT EXISTS (SELECT FROM unnest(?::text[]) AS again(key) WHERE again.key = f.key)
            """;

    private static final String FAILURES =
            "SELECT split, key, reason FROM %3$s WHERE repository = ? AND job = ? ORDER BY key LIMIT ? OFFSET ?";

    private final String repository;
    private final DualwriteSchema schema;
    private final Sessions sessions;
    private final SqlErrors errors;

    JobTable(String repository, DualwriteSchema schema, Sessions sessions, SqlErrors errors) {
        this.repository = repository;
        this.schema = schema;
        this.sessions = sessions;
        this.errors = errors;
    }

    @Override
    public Job begin(String job, String fingerprint, List<Split> splits) {
        return sessions.transaction(Operation.QUEUE, List.of(), connection -> {
            SchemaCheck.checkJobs(connection, schema, errors);
            try (PreparedStatement insert = prepare(connection, BEGIN)) {
                insert.setString(1, repository);
                insert.setString(2, job);
                insert.setString(3, fingerprint);
                insert.setArray(
                        4,
                        SqlArrays.bigint(
                                connection,
                                IntStream.range(0, splits.size()).boxed().toList(),
                                i -> i));
                insert.setArray(5, SqlArrays.text(connection, splits, Split::range));
                insert.executeUpdate();
            }
            return find(connection, job) // a statement of its own: it sees a job that another process has just begun
                    .orElseThrow(() -> new IllegalStateException("job " + job + " was removed while it was begun"));
        });
    }

    @Override
    public Optional<Job> find(String job) {
        return run(connection -> find(connection, job));
    }

    private Optional<Job> find(Connection connection, String job) throws SQLException {
        try (PreparedStatement select = prepare(connection, FIND)) {
            select.setString(1, repository);
            select.setString(2, job);
            select.setLong(3, MOST_COUNTED);
            select.setString(4, repository);
            select.setString(5, job);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                String fingerprint = row.getString(10);
                JobState state = JobState.valueOf(row.getString(11));
                Instant began = row.getObject(12, OffsetDateTime.class).toInstant();
                long failures = row.getLong(13);
                List<SplitProgress> splits = new ArrayList<>();
                do {
                    if (row.getString(2) != null) {
                        splits.add(progress(row));
                    }
                } while (row.next());
                return Optional.of(new Job(job, fingerprint, state, began, splits, failures));
            }
        }
    }

    private static SplitProgress progress(ResultSet row) throws SQLException {
        return new SplitProgress(
                row.getInt(1),
                new Split(row.getString(2)),
                row.getString(3),
                row.getBoolean(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9));
    }

    @Override
    public boolean setState(String job, JobState state) {
        return run(connection -> {
            try (PreparedStatement update =
                    prepare(connection, "UPDATE %1$s SET state = ? WHERE repository = ? AND name = ?")) {
                update.setString(1, state.name());
                update.setString(2, repository);
                update.setString(3, job);
                return update.executeUpdate() > 0;
            }
        });
    }

    @Override
    public Optional<SplitProgress> claim(Job job, Lease lease) {
        return run(connection -> {
            try (PreparedStatement claim = prepare(connection, CLAIM)) {
                still(claim, job);
                claim.setObject(5, lease.id());
                claim.setLong(6, micros(lease));
                try (ResultSet row = claim.executeQuery()) {
                    return row.next() ? Optional.of(progress(row)) : Optional.empty();
                }
            }
        });
    }

    @Override
    public Optional<JobState> checkpoint(String job, SplitProgress progress, Lease lease) {
        return run(connection -> {
            try (PreparedStatement update = prepare(connection, CHECKPOINT)) {
                update.setString(1, progress.position());
                update.setBoolean(2, progress.done());
                update.setLong(3, progress.read());
                update.setLong(4, progress.applied());
                update.setLong(5, progress.skipped());
                update.setLong(6, progress.failed());
                update.setLong(7, progress.bytes());
                update.setLong(8, micros(lease));
                update.setString(9, repository);
                update.setString(10, job);
                update.setInt(11, progress.number());
                update.setObject(12, lease.id());
                try (ResultSet row = update.executeQuery()) {
                    return row.next() ? Optional.of(JobState.valueOf(row.getString(1))) : Optional.empty();
                }
            }
        });
    }

    @Override
    public void release(String job, int split, Lease lease) {
        int unused = run(connection -> {
            try (PreparedStatement update = prepare(connection, RELEASE)) {
                update.setString(1, repository);
                update.setString(2, job);
                update.setInt(3, split);
                update.setObject(4, lease.id());
                return update.executeUpdate();
            }
        });
    }

    @Override
    public void noteFailures(Job job, Collection<JobFailure> failures) {
        if (failures.isEmpty()) {
            return;
        }
        Map<String, JobFailure> byKey = new TreeMap<>(); // once each, and all callers lock in the same order
        failures.forEach(failure -> byKey.put(StorableText.cleaned(failure.key()), failure));
        Collection<JobFailure> noted = byKey.values();
        int unused = run(connection -> {
            try (PreparedStatement insert = prepare(connection, NOTE)) {
                still(insert, job);
                insert.setArray(5, SqlArrays.text(connection, byKey.keySet(), key -> key));
                insert.setArray(6, SqlArrays.bigint(connection, noted, JobFailure::split));
                insert.setArray(
                        7, SqlArrays.text(connection, noted, failure -> StorableText.shortened(failure.reason())));
                return insert.executeUpdate();
            }
        });
    }

    @Override
    public int settleFailures(Job job, Collection<String> keys) {
        if (keys.isEmpty()) {
            return 0;
        }
        return run(connection -> {
            try (PreparedStatement delete = prepare(connection, SETTLE)) {
                still(delete, job);
                delete.setArray(5, SqlArrays.text(connection, keys, StorableText::cleaned));
                return delete.executeUpdate();
            }
        });
    }

    @Override
    public Set<Integer> failedSplits(String job) {
        return run(connection -> {
            try (PreparedStatement select = prepare(connection, FAILED_SPLITS)) {
                select.setString(1, repository);
                select.setString(2, job);
                Set<Integer> splits = new TreeSet<>();
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        splits.add(row.getInt(1));
                    }
                }
                return splits;
            }
        });
    }

    @Override
    public void settleFailures(Job job, Set<Integer> splits, Set<String> again) {
        int unused = run(connection -> {
            try (PreparedStatement delete = prepare(connection, SETTLE_SPLITS)) {
                still(delete, job);
                delete.setArray(5, SqlArrays.bigint(connection, splits, split -> split));
                delete.setArray(6, SqlArrays.text(connection, again, StorableText::cleaned));
                return delete.executeUpdate();
            }
        });
    }

    @Override
    public List<JobFailure> failures(String job, int offset, int limit) {
        return run(connection -> {
            try (PreparedStatement select = prepare(connection, FAILURES)) {
                select.setString(1, repository);
                select.setString(2, job);
                select.setInt(3, limit);
                select.setInt(4, offset);
                List<JobFailure> failures = new ArrayList<>();
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        failures.add(new JobFailure(row.getInt(1), row.getString(2), row.getString(3)));
                    }
                }
                return failures;
            }
        });
    }

    @Override
    public boolean remove(String job) {
        return run(connection -> {
            try (PreparedStatement delete = prepare(connection, "DELETE FROM %1$s WHERE repository = ? AND name = ?")) {
                delete.setString(1, repository);
                delete.setString(2, job);
                return delete.executeUpdate() > 0;
            }
        });
    }

    private void still(PreparedStatement statement, Job job) throws SQLException {
        statement.setString(1, repository);
        statement.setString(2, job.name());
        statement.setObject(3, job.began().atOffset(ZoneOffset.UTC));
        statement.setString(4, job.fingerprint());
    }

    private <T> T run(SqlWork<T> work) {
        return sessions.statement(Operation.QUEUE, List.of(), work);
    }

    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        return connection.prepareStatement(
                String.format(sql, schema.jobs(), schema.jobSplits(), schema.jobFailures(), STILL));
    }

    private static long micros(Lease lease) {
        return lease.duration().toNanos() / 1000;
    }
}
