package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

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
    private final ScheduledExecutorService scheduler;
    private final Duration delay;
    private final Events events;
    private final ConcurrentLinkedQueue<KeyVersion<K>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    public Confirmer(ReconciliationQueue<K> queue, ScheduledExecutorService scheduler, Duration delay, Events events) {
        this.queue = queue;
        this.scheduler = scheduler;
        this.delay = delay;
        this.events = events;
    }

    /** Confirms soon that the follower has this version of the key or a newer one. */
    public void confirm(K key, long version) {
        if (count.get() >= CAPACITY) {
            // no cause: this may come with every write, and a stack trace would cost more than the write
            events.publish(new DualWriteEvent.ConfirmFailed(events.repository(), List.of(key), null));
            return;
        }
        waiting.add(new KeyVersion<>(key, version));
        count.incrementAndGet();
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            try {
                ScheduledFuture<?> unused = scheduler.schedule(this::flush, delay.toNanos(), TimeUnit.NANOSECONDS);
            } catch (RuntimeException | Error e) { // closed, or no thread: the last flush or the reconciler takes it
                scheduled.set(false);
            }
        }
    }

    /** Confirms all that waits, now. */
    public void flush() {
        scheduled.set(false); // before taking: what comes later schedules the next flush
        for (List<KeyVersion<K>> batch = take(); !batch.isEmpty(); batch = take()) {
            try {
                queue.confirm(batch);
            } catch (RuntimeException e) {
                events.publish(new DualWriteEvent.ConfirmFailed(
                        events.repository(), batch.stream().map(KeyVersion::key).toList(), e));
            }
        }
    }

    private List<KeyVersion<K>> take() {
        Map<K, KeyVersion<K>> newest = new HashMap<>();
        for (int taken = 0; taken < BATCH; taken++) {
            KeyVersion<K> next = waiting.poll();
            if (next == null) {
                break;
            }
            count.decrementAndGet();
            newest.merge(next.key(), next, (a, b) -> a.version() > b.version() ? a : b);
        }
        return new ArrayList<>(newest.values());
    }
}
