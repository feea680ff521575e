package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Confirms live writes in batches, off the caller's path (step 3 of the write). Of the confirmations of one key that wait only the
 * newest is kept.
 *
 * <p>Nothing here needs to survive: a confirmation that is lost, because the process dies, the authority is down or there are
 * too many, leaves a pending write whose apply is idempotent. What is left out because there are too many is told with the next
 * batch, not one by one: there may be as many as there are writes. Safe for use by many threads.
 */
public final class Confirmer<K> {

    private static final int BATCH = 500;
    private static final int CAPACITY = 20_000;

    private final ReconciliationQueue<K> queue;
    private final Events events;
    private final Soon flush;
    private final ConcurrentHashMap<K, Long> waiting = new ConcurrentHashMap<>();

    /** Some of the keys that found no room since the last flush. */
    private final Set<K> leftOut = ConcurrentHashMap.newKeySet();

    public Confirmer(ReconciliationQueue<K> queue, ScheduledExecutorService scheduler, Duration delay, Events events) {
        this.queue = queue;
        this.events = events;
        this.flush = new Soon(scheduler, delay, this::confirmWaiting);
    }

    /** Confirms soon that the follower has this version of the key or a newer one. */
    public void confirm(K key, long version) {
        if (waiting.mappingCount() < CAPACITY || waiting.containsKey(key)) {
            waiting.merge(key, version, Math::max);
        } else if (leftOut.size() < BATCH) {
            leftOut.add(key);
        }
        if (!flush.ask()) { // closed: the last flush may still take it
            failed(List.of(key), null);
        }
    }

    /** Confirms all that waits, now. */
    public void flush() {
        flush.begin();
        confirmWaiting();
    }

    /** What comes meanwhile may be taken too, or asks for the next run: the walk over the map ends in any case. */
    private void confirmWaiting() {
        List<KeyVersion<K>> batch = new ArrayList<>();
        for (Map.Entry<K, Long> each : waiting.entrySet()) {
            if (waiting.remove(each.getKey(), each.getValue())) { // if not, a newer version will be confirmed
                batch.add(new KeyVersion<>(each.getKey(), each.getValue()));
            }
            if (batch.size() == BATCH) {
                confirm(batch);
                batch = new ArrayList<>();
            }
        }
        if (!batch.isEmpty()) {
            confirm(batch);
        }
        tellLeftOut();
    }

    private void confirm(List<KeyVersion<K>> batch) {
        try {
            queue.confirm(batch);
        } catch (RuntimeException e) {
            failed(batch.stream().map(KeyVersion::key).toList(), e);
        }
    }

    private void tellLeftOut() {
        if (!leftOut.isEmpty()) {
            List<K> some = List.copyOf(leftOut);
            some.forEach(leftOut::remove);
            failed(some, null);
        }
    }

    private void failed(List<K> keys, @Nullable Throwable cause) {
        events.publish(new DualWriteEvent.ConfirmFailed(events.repository(), keys, cause));
    }
}
