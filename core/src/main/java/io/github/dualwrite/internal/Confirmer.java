package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Confirms live writes in batches, off the caller's path (step 3 of the write).
 *
 * <p>Nothing here needs to survive: a confirmation that is lost, because the process dies, the authority is down or there are
 * too many, leaves a pending write whose apply is idempotent. Safe for use by many threads.
 */
public final class Confirmer<K> {

    private static final int BATCH = 500;
    private static final int CAPACITY = 20_000;

    private final ReconciliationQueue<K> queue;
    private final Events events;
    private final Batches<KeyVersion<K>> batches;

    public Confirmer(ReconciliationQueue<K> queue, ScheduledExecutorService scheduler, Duration delay, Events events) {
        this.queue = queue;
        this.events = events;
        this.batches = new Batches<>(BATCH, CAPACITY, delay, scheduler, this::confirm);
    }

    /** Confirms soon that the follower has this version of the key or a newer one. */
    public void confirm(K key, long version) {
        if (!batches.add(new KeyVersion<>(key, version))) {
            // no cause: this may come with every write, and a stack trace would cost more than the write
            events.publish(new DualWriteEvent.ConfirmFailed(events.repository(), List.of(key), null));
        }
    }

    /** Confirms all that waits, now. */
    public void flush() {
        batches.flush();
    }

    private void confirm(List<KeyVersion<K>> batch) {
        Map<K, KeyVersion<K>> newest = new HashMap<>();
        for (KeyVersion<K> each : batch) {
            newest.merge(each.key(), each, (a, b) -> a.version() > b.version() ? a : b);
        }
        try {
            queue.confirm(newest.values());
        } catch (RuntimeException e) {
            events.publish(new DualWriteEvent.ConfirmFailed(events.repository(), List.copyOf(newest.keySet()), e));
        }
    }
}
