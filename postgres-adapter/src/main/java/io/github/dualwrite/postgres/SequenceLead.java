package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the version sequence at or above every version that is applied, so that this store can become the authority at any time
 * and its versions go on above those. Costs a transaction when a repository is opened, once for each 10 000 000 000 versions, and
 * once a minute while something is applied: where a sequence stood is believed no longer, because a restore of this database sets it back.
 *
 * <p>Setting a sequence knows no comparison and no rollback. So one session at a time looks and moves, it moves only a sequence
 * that is behind, and by so much that what others draw between the look and the move cannot overtake the move.
 *
 * <p>Only an apply whose version is not known to be below the sequence waits for its turn. The look of each minute is made by one thread, while the others
 * go on with what is known; if another session has the turn, it is put off for a second.
 *
 * <p>Versions that were drawn from this very sequence are never above it. That they were is known once one that is higher than the sequence was at the
 * first look is found pending beside it, which a copy of the authority's database cannot have; from then on nobody looks. Where two stores follow each other, each move of one sequence is a reason to move
 * the other: so the large lead is taken once in an hour, and a small one in between.
 *
 * <p>Safe for use by many threads.
 */
final class SequenceLead {

    private static final long LEAD = 10_000_000_000L;
    private static final long SMALL_LEAD = 10_000_000;
    private static final long REST = Duration.ofHours(1).toNanos();

    /** How long it is believed where the sequence stood. */
    private static final long AGAIN = Duration.ofMinutes(1).toNanos();

    /** The same after another session was found looking. */
    private static final long SOON = Duration.ofSeconds(1).toNanos();

    static final long TURN = 0x6475616c76657273L;

    private static final String LOCK = "SELECT pg_advisory_xact_lock(" + TURN + ")";
    private static final String TRY_LOCK = "SELECT pg_try_advisory_xact_lock(" + TURN + ")";
    private static final String READABLE = "SELECT coalesce(has_table_privilege(to_regclass(?), 'SELECT'), false)";

    private final DualwriteSchema schema;
    private final String repository;
    private final String look;
    private final String move;
    private final String pending;

    private final LongSupplier nanos;

    private final AtomicReference<@Nullable Look> last = new AtomicReference<>();

    /** Where the sequence stood at the first look. */
    private volatile long first = Long.MAX_VALUE;

    /** Whether the authority draws its versions from this sequence. */
    private volatile boolean shared;

    private boolean moved; // both only under the lock of the object
    private long movedAt;

    /**
     * The lead of a schema's sequence.
     *
     * @param repository whose versions are applied
     * @param nanos as {@link System#nanoTime}
     */
    SequenceLead(DualwriteSchema schema, String repository, LongSupplier nanos) {
        this.schema = schema;
        this.repository = repository;
        this.nanos = nanos;
        this.look = "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM " + schema.sequence();
        this.move = "SELECT setval(" + Sql.literal(schema.sequence()) + "::regclass, ?)";
        this.pending = "SELECT FROM " + schema.pending() + " WHERE repository = ? AND key = ? AND version = ?";
    }

    /**
     * What a look found.
     *
     * @param reached no version up to this one was above the sequence
     * @param until when the next one is due
     */
    private record Look(long reached, long until) {}

    /** To be called before changes are applied, of which there is at least one. */
    void ensure(FollowerSession session, List<? extends Change<?, ?>> changes) {
        if (shared) {
            return;
        }
        Change<?, ?> highest =
                changes.stream().max(Comparator.comparingLong(Change::version)).orElseThrow();
        Look known = last.get();
        long now = nanos.getAsLong();
        if (known == null || highest.version() > known.reached()) {
            last.set(session.transaction(Operation.APPLY, List.of(), connection -> {
                try (PreparedStatement lock = session.prepare(LOCK)) {
                    lock.execute();
                }
                return new Look(ensure(session, highest), now + AGAIN);
            }));
        } else if (now - known.until() > 0) {
            Look meanwhile = new Look(known.reached(), now + AGAIN);
            if (last.compareAndSet(known, meanwhile)) {
                lookAgain(session, highest, meanwhile, now);
            }
        }
    }

    private void lookAgain(FollowerSession session, Change<?, ?> change, Look meanwhile, long now) {
        Look found = new Look(meanwhile.reached(), now - 1); // after an error the next apply looks
        try {
            found = session.transaction(
                    Operation.APPLY,
                    List.of(),
                    connection -> hasTurn(session)
                            ? new Look(ensure(session, change), now + AGAIN)
                            : new Look(meanwhile.reached(), now + SOON));
        } finally {
            last.compareAndSet(meanwhile, found);
        }
    }

    private static boolean hasTurn(FollowerSession session) throws SQLException {
        try (PreparedStatement lock = session.prepare(TRY_LOCK);
                ResultSet row = lock.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /** To be called by the session whose turn it is. */
    private long ensure(FollowerSession session, Change<?, ?> change) throws SQLException {
        long reached;
        try (PreparedStatement select = session.prepare(look);
                ResultSet row = select.executeQuery()) {
            row.next();
            reached = row.getLong(1);
        }
        if (reached >= change.version()) {
            if (change.version() > first && pendingHere(session, change)) {
                shared = true;
            }
            first = Math.min(first, reached);
            return reached;
        }
        try (PreparedStatement set = session.prepare(move)) {
            set.setLong(1, above(change.version(), lead()));
            try (ResultSet row = set.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** Whether a change is that of a pending write in this database, whose version is of this sequence. */
    private boolean pendingHere(FollowerSession session, Change<?, ?> change) throws SQLException {
        try (PreparedStatement readable = session.prepare(READABLE)) {
            readable.setString(1, schema.pending());
            try (ResultSet row = readable.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    return false; // a follower needs no right to it
                }
            }
        }
        try (PreparedStatement select = session.prepare(pending)) {
            select.setString(1, repository);
            select.setString(2, change.keyText());
            select.setLong(3, change.version());
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    private synchronized long lead() {
        long now = nanos.getAsLong();
        if (moved && now - movedAt < REST) {
            return SMALL_LEAD;
        }
        moved = true;
        movedAt = now;
        return LEAD;
    }

    private static long above(long version, long by) {
        return version > Long.MAX_VALUE - by ? Long.MAX_VALUE : version + by;
    }
}
