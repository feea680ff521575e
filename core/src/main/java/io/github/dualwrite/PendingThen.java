package io.github.dualwrite;

import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * What was pending at a moment, for anybody, and whether all of it has arrived since.
 *
 * <p>No clock is asked: a key that was pending then and is not now has been on the follower in between, as it was then or newer
 * (DW-1). A key that is pending at both looks may be another write of it; it counts as not arrived. Keys are kept as hash codes: two
 * that collide can only delay the answer. For one thread at a time.
 */
final class PendingThen<K> {

    /** With more than this pending the follower is far behind, and nothing is said against it. */
    private static final int LIMIT = 2000;

    private final ReconciliationQueue<K> queue;
    private int[] pending;
    private boolean known;

    private PendingThen(ReconciliationQueue<K> queue, boolean known, int[] pending) {
        this.queue = queue;
        this.known = known;
        this.pending = pending;
    }

    /** What is pending now. */
    static <K> PendingThen<K> of(ReconciliationQueue<K> queue) {
        Optional<Set<K>> keys = pendingKeys(queue);
        int[] hashes = keys.orElse(Set.of()).stream()
                .mapToInt(Object::hashCode)
                .sorted()
                .toArray();
        return new PendingThen<>(queue, keys.isPresent(), hashes);
    }

    /** Whether all that was pending then has reached the follower. */
    boolean arrived() {
        if (known && pending.length == 0) {
            return true;
        }
        Optional<Set<K>> now = pendingKeys(queue);
        if (now.isEmpty()) {
            return false;
        }
        if (now.get().isEmpty() // everything ever written has arrived
                || (known && now.get().stream().noneMatch(key -> Arrays.binarySearch(pending, key.hashCode()) >= 0))) {
            known = true;
            pending = new int[0];
            return true;
        }
        return false;
    }

    /** Empty if there are too many, or if the queue cannot list them and is not empty. */
    private static <K> Optional<Set<K>> pendingKeys(ReconciliationQueue<K> queue) {
        Optional<Set<K>> keys = queue.pendingKeys(LIMIT);
        if (keys.isPresent()) {
            return keys;
        }
        QueueStatistics statistics = queue.statistics();
        return statistics.depth() == 0 && statistics.parked() == 0 ? Optional.of(Set.of()) : Optional.empty();
    }
}
