package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Operation;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps the version sequence ahead of every version that is applied, so that this store can become the authority at any time
 * and its versions go on above those. Costs a transaction when a repository is opened and once for each 5 000 000 000 versions.
 *
 * <p>Setting a sequence knows no comparison and no rollback. So one session at a time looks and moves, it moves only a sequence
 * that is behind the lead, and by so much that what others draw between the look and the move cannot overtake the move.
 */
final class SequenceLead {

    private static final long LEAD = 10_000_000_000L;
    private static final String LOCK = "SELECT pg_advisory_xact_lock(" + 0x6475616c76657273L + ")";

    private final String move;
    private final AtomicLong ahead = new AtomicLong();

    SequenceLead(DualwriteSchema schema) {
        this.move = "SELECT CASE WHEN last_value < ? THEN setval("
                + Sql.literal(schema.sequence()) + "::regclass, ?) ELSE last_value - 1 END FROM "
                + schema.sequence();
    }

    /** To be called before a version is applied. */
    void ensure(FollowerSession session, long version) {
        if (version > ahead.get()) {
            long reached = session.transaction(Operation.APPLY, List.of(), connection -> {
                try (PreparedStatement lock = session.prepare(LOCK);
                        PreparedStatement set = session.prepare(move)) {
                    lock.execute();
                    set.setLong(1, above(version, LEAD / 2));
                    set.setLong(2, above(version, LEAD));
                    try (ResultSet row = set.executeQuery()) {
                        row.next();
                        return row.getLong(1);
                    }
                }
            });
            ahead.accumulateAndGet(reached, Math::max);
        }
    }

    private static long above(long version, long by) {
        return version > Long.MAX_VALUE - by ? Long.MAX_VALUE : version + by;
    }
}
