package io.github.dualwrite.simulation;

import io.github.dualwrite.broken.BrokenLine;
import java.util.List;

/**
 * A line of the library itself that is broken on purpose.
 *
 * @param within the number of schedules within which the simulation must find it
 */
record CoreMutant(String name, int within, BrokenLine line) {

    private CoreMutant(String name, int within, String file, String line, String broken) {
        this(name, within, new BrokenLine(file, line, broken));
    }

    static List<CoreMutant> all() {
        return List.of(
                new CoreMutant(
                        "tombstone forgotten by the backfill",
                        200,
                        "memory/MemoryFollower.java",
                        "if (tables.appliedVersions.containsKey(found.key()) || tables.records.containsKey(found.key())) {",
                        "if (tables.records.containsKey(found.key())) {"),
                new CoreMutant(
                        "backfill overwrites",
                        200,
                        "memory/MemoryFollower.java",
                        "if (tables.appliedVersions.containsKey(found.key()) || tables.records.containsKey(found.key())) {",
                        "if (found == null) {"),
                new CoreMutant(
                        "backfill passes over what failed for a moment",
                        200,
                        "backfill/PageStore.java",
                        "case TRANSIENT_FAILURE -> again.add(part.get(i));",
                        "case TRANSIENT_FAILURE -> outcome.skipped++;"),
                new CoreMutant(
                        "backfill notes the position of a page that it has not stored",
                        1000,
                        "backfill/PageStore.java",
                        "                return null;",
                        "                return outcome;"),
                new CoreMutant(
                        "follower believed before the backfill is complete",
                        500,
                        "internal/JobCompletion.java",
                        "&& found.get().done()",
                        ""),
                new CoreMutant(
                        "verification does not ask what is pending",
                        500,
                        "verify/Settlement.java",
                        "boolean moving = pending.contains(key)\n                    || ",
                        "boolean moving = "),
                new CoreMutant(
                        "verification asks what is pending and applied only after it has read",
                        5000,
                        "verify/Settlement.java",
                        """
                        appliedBefore = applied(keys);
                                // 2.
                                Set<K> pending = new HashSet<>(pending(keys));
                        """.strip(),
                        "appliedBefore = null; Set<K> pending = new HashSet<>();"),
                new CoreMutant(
                        "verification believes its scans",
                        500,
                        "verify/KeyMatch.java",
                        "unequal.add(key);",
                        "equal++;"),
                new CoreMutant(
                        "repair gives no new version",
                        500,
                        "verify/Repair.java",
                        "parts.markPending().accept(chunk);",
                        ""),
                new CoreMutant(
                        "sweep takes away a mark that was made while it looked",
                        10_000,
                        "internal/PendingKeys.java",
                        "marks.remove(key, mark);",
                        "marks.remove(key);"),
                new CoreMutant(
                        "a look for the fleet counts from its end",
                        10_000,
                        "internal/FleetPending.java",
                        "view = new View<>(keys.orElse(null), beganNanos, beganMillis);",
                        "view = new View<>(keys.orElse(null), nanos.getAsLong(), millis.getAsLong());"));
    }

    @Override
    public String toString() {
        return name;
    }
}
