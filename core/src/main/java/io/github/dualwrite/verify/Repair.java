package io.github.dualwrite.verify;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.spi.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;

/** Heals keys through the ordinary machinery: mark pending, reconcile, look again. */
final class Repair<K, V> {

    private static final int CHUNK = 200;

    private final Verification<K, V> verification;
    private final VerificationParts<K, V> parts;
    private final VerificationClock clock;

    Repair(Verification<K, V> verification, VerificationParts<K, V> parts, VerificationClock clock) {
        this.verification = verification;
        this.parts = parts;
        this.clock = clock;
    }

    RepairReport<K> plan(VerificationReport<K> report) {
        return planned(report, keys(report));
    }

    RepairReport<K> repair(VerificationReport<K> report, Duration deadline) throws InterruptedException {
        long end = clock.nanoTime() + Durations.capped(deadline).toNanos();
        List<K> keys = keys(report);
        RepairReport<K> planned = planned(report, keys);
        for (List<K> chunk : chunks(keys)) {
            mustBeOpen();
            parts.markPending().accept(chunk); // a version higher than any tombstone or rogue record has: TRAPS 39
        }
        boolean reached = reconcile(keys, end);
        VerificationReport<K> after = verification.check(keys);
        long left = after.differing() + after.inFlight() + after.undecided();
        parts.events()
                .publish(new DualWriteEvent.VerificationRepaired(parts.events().repository(), keys.size(), left));
        return new RepairReport<>(
                false,
                planned.stored(),
                planned.removed(),
                planned.skipped(),
                planned.notHeld(),
                reached,
                Optional.of(after));
    }

    private RepairReport<K> planned(VerificationReport<K> report, List<K> keys) {
        long stored = 0;
        for (List<K> chunk : chunks(keys)) {
            stored += parts.authority().readAll(chunk).size();
        }
        long skipped = (long) report.findings().size() - keys.size();
        return new RepairReport<>(
                true, stored, keys.size() - stored, skipped, report.differing() - keys.size(), false, Optional.empty());
    }

    private List<K> keys(VerificationReport<K> report) {
        return report.findings().stream()
                .filter(finding -> finding.difference() != Difference.IN_FLIGHT)
                .map(Finding::key)
                .toList();
    }

    private List<List<K>> chunks(List<K> keys) {
        List<List<K>> chunks = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += CHUNK) {
            chunks.add(keys.subList(from, Math.min(from + CHUNK, keys.size())));
        }
        return chunks;
    }

    /** False if the deadline came first, or some are parked, which are not waited for. */
    private boolean reconcile(List<K> keys, long end) throws InterruptedException {
        Unsettled unsettled = new Unsettled(keys);
        boolean unused =
                parts.reconciler().workUntil(unsettled::parkedAtMost, Duration.ofNanos(end - clock.nanoTime()));
        mustBeOpen();
        return unsettled.pending.isEmpty();
    }

    private void mustBeOpen() {
        if (parts.closed().getAsBoolean()) {
            throw new CancellationException("repository '" + parts.events().repository()
                    + "' was closed during a repair; the keys that it has named stay pending");
        }
    }

    /** The keys of a repair that are pending still. */
    private final class Unsettled {
        private List<K> pending;
        private final Set<K> parked = new HashSet<>();

        private Unsettled(List<K> keys) {
            this.pending = keys;
        }

        /** Asks for single keys only as far as the first that is not parked: it is a call for each. */
        private boolean parkedAtMost() {
            Set<K> still = new HashSet<>();
            for (List<K> chunk : chunks(pending)) {
                still.addAll(parts.authority().queue().pendingAmong(chunk));
            }
            pending = pending.stream().filter(still::contains).toList(); // in the same order
            for (K key : pending) {
                if (!parked.contains(key)) {
                    if (parts.authority().queue().findParked(key).isEmpty()) {
                        return false;
                    }
                    parked.add(key);
                }
            }
            return true;
        }
    }
}
