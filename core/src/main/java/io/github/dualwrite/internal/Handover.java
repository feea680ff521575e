package io.github.dualwrite.internal;

import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * Hands committed writes over to the executor that sends them to the follower, in asynchronous mode: those of a short time
 * together, so that a writer does not wake a thread with each of its writes, and the follower gets batches. Of several writes
 * of one key in a batch only the newest is sent; the others are superseded by it.
 *
 * <p>Nothing here needs to survive: the pending writes are committed. Safe for use by many threads.
 */
public final class Handover<K, V> {

    private static final int BATCH = 32;
    private static final int CAPACITY = 1024;

    private final Executor executor;
    private final Consumer<List<VersionedRecord<K, V>>> send;
    private final Consumer<List<VersionedRecord<K, V>>> refused;
    private final Batches<VersionedRecord<K, V>> batches;
    private final boolean atOnce;

    /**
     * A hand-over.
     *
     * @param delay how long a write may wait for others; zero to hand over each by itself, at once
     * @param send sends distinct keys; called by the executor
     * @param refused is told of writes that the executor did not take after they had waited
     */
    public Handover(
            Executor executor,
            ScheduledExecutorService scheduler,
            Duration delay,
            Consumer<List<VersionedRecord<K, V>>> send,
            Consumer<List<VersionedRecord<K, V>>> refused) {
        this.executor = executor;
        this.send = send;
        this.refused = refused;
        this.atOnce = delay.isZero();
        this.batches = new Batches<>(BATCH, CAPACITY, delay, scheduler, this::execute);
    }

    /** Hands over the writes of one call, which have distinct keys. False if there is no room for them. */
    public boolean offer(List<VersionedRecord<K, V>> committed) {
        if (!atOnce && committed.size() == 1) {
            return batches.add(committed.get(0));
        }
        try {
            executor.execute(() -> send.accept(committed));
            return true;
        } catch (RuntimeException | Error e) { // it takes no more, or has no thread
            return false;
        }
    }

    /** Hands over all that waits, now. */
    public void flush() {
        batches.flush();
    }

    private void execute(List<VersionedRecord<K, V>> waited) {
        Map<K, VersionedRecord<K, V>> newest = new LinkedHashMap<>();
        for (VersionedRecord<K, V> each : waited) {
            newest.merge(each.key(), each, (a, b) -> a.version() > b.version() ? a : b);
        }
        List<VersionedRecord<K, V>> distinct = new ArrayList<>(newest.values());
        try {
            executor.execute(() -> send.accept(distinct));
        } catch (RuntimeException | Error e) { // it takes no more, or has no thread
            refused.accept(distinct);
        }
    }
}
