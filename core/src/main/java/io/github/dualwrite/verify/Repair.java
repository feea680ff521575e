package io.github.dualwrite.verify;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.spi.Durations;
import io.github.dualwrite.spi.PermanentFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Heals keys through the ordinary machinery: mark pending, reconcile, look again. */
final class Repair<K, V> {

    private static final int CHUNK = 200;

    /** So many single keys that fail one after another, in a way that may pass, are not those of a few records. */
    private static final int MOST_IN_A_ROW = 5;

    private final Verification<K, V> verification;
    private final VerificationParts<K, V> parts;
    private final VerificationClock clock;

    Repair(Verification<K, V> verification, VerificationParts<K, V> parts, VerificationClock clock) {
        this.verification = verification;
        this.parts = parts;
        this.clock = clock;
    }

    RepairReport<K> plan(VerificationReport<K> report) {
        Plan plan = new Plan(report);
        return plan.report(plan.keys, true, false, Optional.empty());
    }

    RepairReport<K> repair(VerificationReport<K> report, Duration deadline) throws InterruptedException {
        long end = clock.nanoTime() + Durations.capped(deadline).toNanos();
        Plan plan = new Plan(report);
        List<K> readable = without(plan.keys, plan.unread);
        Set<K> unmarked = failing(readable, chunk -> {
            mustBeOpen();
            parts.markPending().accept(chunk); // a version higher than any tombstone or rogue record has: TRAPS 39
        });
        List<K> marked = without(readable, unmarked);
        boolean reached = reconcile(marked, end) && unmarked.isEmpty() && plan.unread.isEmpty();
        VerificationReport<K> after = verification.check(plan.keys);
        long left = after.differing() + after.inFlight() + after.undecided();
        parts.events()
                .publish(new DualWriteEvent.VerificationRepaired(parts.events().repository(), marked.size(), left));
        return plan.report(marked, false, reached, Optional.of(after));
    }

    private static <K> List<K> without(List<K> keys, Set<K> some) {
        return keys.stream().filter(key -> !some.contains(key)).toList();
    }

    /** What there is to heal of a report, and what the authority has of it. */
    private final class Plan {
        private final VerificationReport<K> found;
        private final List<K> keys;
        private final Set<K> stored = new HashSet<>();
        private final Set<K> unread;

        private Plan(VerificationReport<K> found) {
            this.found = found;
            this.keys = keys(found);
            this.unread = failing(
                    keys,
                    chunk -> stored.addAll(parts.authority().readAll(chunk).keySet()));
        }

        private RepairReport<K> report(
                List<K> of, boolean dryRun, boolean reached, Optional<VerificationReport<K>> after) {
            long toStore = of.stream().filter(stored::contains).count();
            long toRemove = of.stream()
                    .filter(key -> !stored.contains(key) && !unread.contains(key))
                    .count();
            return new RepairReport<>(
                    dryRun,
                    toStore,
                    toRemove,
                    found.findings().size() - toStore - toRemove,
                    found.differing() - keys.size(),
                    reached,
                    after);
        }
    }

    /**
     * Does a step for all keys, many at a time, and one by one where that fails: a key that cannot be read or marked keeps no other from being healed.
     * If so many fail one after another that it seems to be the authority, the rest counts as failed.
     *
     * @return the keys for which it failed
     * @throws RuntimeException what it failed with, if it did so for all
     */
    private Set<K> failing(List<K> keys, Consumer<List<K>> step) {
        Set<K> failed = new LinkedHashSet<>(keys);
        @Nullable RuntimeException last = null;
        int inARow = 0;
        for (List<K> chunk : chunks(keys)) {
            boolean atOnce = failureOf(step, chunk) == null;
            if (atOnce) {
                chunk.forEach(failed::remove);
                inARow = 0;
                continue;
            }
            for (int i = 0; i < chunk.size() && inARow < MOST_IN_A_ROW; i++) {
                RuntimeException failure = failureOf(step, List.of(chunk.get(i)));
                if (failure == null) {
                    failed.remove(chunk.get(i));
                } else {
                    last = failure;
                }
                inARow = failure == null || failure instanceof PermanentFailure ? 0 : inARow + 1;
            }
            if (inARow == MOST_IN_A_ROW) {
                break;
            }
        }
        if (last != null && failed.size() == keys.size()) {
            throw last;
        }
        return failed;
    }

    private @Nullable RuntimeException failureOf(Consumer<List<K>> step, List<K> keys) {
        try {
            step.accept(keys);
            return null;
        } catch (CancellationException e) { // of the repair
            throw e;
        } catch (RuntimeException e) {
            return e;
        }
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
