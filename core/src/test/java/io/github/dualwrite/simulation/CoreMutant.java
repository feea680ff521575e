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
                        2000,
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
                        "boolean moving = pendingBefore.records().containsKey(key)\n                    || pending.records().containsKey(key)\n                    || ",
                        "boolean moving = "),
                new CoreMutant(
                        "verification asks what is pending and applied only after it has read",
                        5000,
                        "verify/Settlement.java",
                        """
                        appliedBefore = applied(readable, failed);
                                // 2.
                                Read<K, Boolean> pendingBefore = pending(readable);
                        """.strip(),
                        "appliedBefore = unknown(keys); Read<K, Boolean> pendingBefore = pending(List.of());"),
                new CoreMutant(
                        "verification believes its scans",
                        2000,
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
                        "View<K> seen = new View<>(keys.orElse(null), beganNanos, beganMillis);",
                        "View<K> seen = new View<>(keys.orElse(null), nanos.getAsLong(), millis.getAsLong());"),
                new CoreMutant(
                        "reconciler takes a failure for an apply",
                        100,
                        "reconcile/Round.java",
                        "pushBacks.add(new PushBack<>(key, version, delay(claimed.get(key)), result.error()));",
                        "onFollower.add(new KeyVersion<>(key, version));"),
                new CoreMutant(
                        "reconciler confirms what was rejected",
                        500,
                        "reconcile/Round.java",
                        "parkings.add(new Parking<>(key, version, result.error()));",
                        "onFollower.add(new KeyVersion<>(key, version));"),
                new CoreMutant(
                        "reconciler takes no answer for an apply",
                        100,
                        "reconcile/Round.java",
                        "ApplyResult failure = ApplyResult.transientFailure(error, cause);",
                        "ApplyResult failure = ApplyResult.superseded();"),
                new CoreMutant(
                        "reconciler forgets that newer writes are pending",
                        10_000,
                        "reconcile/Round.java",
                        "pendingKeys.settle(entry.key(), entry.version())",
                        "pendingKeys.settle(entry.key(), Long.MAX_VALUE)"),
                new CoreMutant(
                        "reconciler keeps a permit that it did not use",
                        1000,
                        "reconcile/Round.java",
                        "if (!used) {\n                permit.release();",
                        "if (!used) {\n"),
                new CoreMutant(
                        "reconciler parks in silence",
                        1000,
                        "reconcile/Round.java",
                        "if (parked.contains(entry.key())) {\n                reportParked(entry);",
                        "if (parked.contains(entry.key())) {\n"),
                new CoreMutant(
                        "failed write not remembered as pending",
                        500,
                        "WriteProtocol.java",
                        "PendingReason reason = Guard.pendingReason(error);\n        committed.forEach(r -> pendingKeys.mark(r.key(), r.version()));",
                        "PendingReason reason = Guard.pendingReason(error);"),
                new CoreMutant(
                        "failed record of a batch not remembered as pending",
                        2000,
                        "WriteProtocol.java",
                        "pendingKeys.mark(written.key(), written.version());\n        leftPending(",
                        "leftPending("),
                new CoreMutant(
                        "asynchronous write not remembered as pending",
                        500,
                        "WriteProtocol.java",
                        "committed.forEach(r -> pendingKeys.mark(r.key(), r.version()));\n            if (handover",
                        "if (handover"),
                new CoreMutant(
                        "write with unknown outcome not remembered",
                        2000,
                        "WriteProtocol.java",
                        "WriteProtocol.<K>keysOf(unknown).forEach(pendingKeys::markUnknownOutcome);",
                        ""),
                new CoreMutant(
                        "write forgets that newer ones are pending",
                        5000,
                        "WriteProtocol.java",
                        "pendingKeys.settle(written.key(), written.version());",
                        "pendingKeys.settle(written.key(), Long.MAX_VALUE);"),
                new CoreMutant(
                        "write left pending in silence",
                        20,
                        "WriteProtocol.java",
                        "leftPending(committed, reason, \"\", Guard.refused(error) ? null : Guard.unwrap(error));",
                        ""),
                new CoreMutant(
                        "two marks of a key are the older one",
                        5000,
                        "internal/PendingKeys.java",
                        "Math.max(old.version, added.version), until,",
                        "Math.min(old.version, added.version), until,"),
                new CoreMutant(
                        "read goes to the follower though the key is pending",
                        200,
                        "ReadProtocol.java",
                        "if (pendingKeys.mayBePending(key)) {\n            return fallBack",
                        "if (false) {\n            return fallBack"),
                new CoreMutant(
                        "read of many goes to the follower though keys are pending",
                        200,
                        "ReadProtocol.java",
                        "} else if (pendingKeys.mayBePending(key)) {",
                        "} else if (false) {"),
                new CoreMutant(
                        "read believes a miss before the backfill is complete",
                        1000,
                        "ReadProtocol.java",
                        "if (answer.isEmpty() && !copied) {",
                        "if (false) {"),
                new CoreMutant(
                        "read of many does not fall back",
                        1000,
                        "ReadProtocol.java",
                        "fallBack(keys, Guard.fallbackReason(e), Guard.refused(e) ? null : e, forAuthority);",
                        ""),
                new CoreMutant(
                        "backfill passes over what was rejected",
                        5000,
                        "backfill/PageStore.java",
                        "outcome.failures.add(",
                        "new ArrayList<JobFailure>().add("),
                new CoreMutant(
                        "backfill complete in spite of failures",
                        5000,
                        "internal/JobCompletion.java",
                        "&& found.get().failures() == 0",
                        ""),
                new CoreMutant(
                        "calls of the follower without a deadline",
                        200,
                        "internal/Guard.java",
                        "Future<?> alarm = alarm(bounded);",
                        "Future<?> alarm = new CompletableFuture<Void>();"),
                new CoreMutant(
                        "write that found no room for its mark not counted",
                        5000,
                        "internal/PendingKeys.java",
                        "unmarked.incrementAndGet();",
                        ""),
                new CoreMutant(
                        "unknown outcome forgotten before the commit can come",
                        10_000,
                        "internal/PendingKeys.java",
                        "if (!mark.getValue().keptAt(now)) {",
                        "if (true) {"),
                new CoreMutant(
                        "parked whoever holds it, at whatever version",
                        10_000,
                        "memory/MemoryQueue.java",
                        "return e != null && e.heldBy(lease.id()) && e.version() == version ? e : null;",
                        "return e;"),
                new CoreMutant(
                        "read passes the follower's error on",
                        200,
                        "ReadProtocol.java",
                        "return fallBack(key, Guard.fallbackReason(e), Guard.refused(e) ? null : e);",
                        "if (Guard.unwrap(e) instanceof RuntimeException r) { throw r; }"
                                + " return fallBack(key, Guard.fallbackReason(e), e);"),
                new CoreMutant(
                        "committed write told as a failure",
                        2000,
                        "WriteProtocol.java",
                        "reasons = sending == null",
                        "if (e != null) { throw new TransientStoreException(new DualWriteException.Context("
                                + "events.repository(), Operation.SAVE, \"\", List.of()), \"\", e); } reasons = sending == null"),
                new CoreMutant(
                        "unknown outcome told as a failure",
                        200,
                        "WriteProtocol.java",
                        "WriteProtocol.<K>keysOf(unknown).forEach(pendingKeys::markUnknownOutcome);",
                        "throw new TransientStoreException(unknown.context(), \"\", e);"),
                new CoreMutant(
                        "asynchronous write that was refused told as on its way",
                        1000,
                        "WriteProtocol.java",
                        "leftPending(committed, PendingReason.EXECUTOR_FULL, \"\", null);\n"
                                + "            return results(committed, PendingReason.EXECUTOR_FULL);",
                        "return results(committed, PendingReason.ASYNCHRONOUS);"));
    }

    @Override
    public String toString() {
        return name;
    }
}
