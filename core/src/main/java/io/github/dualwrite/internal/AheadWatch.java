package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.LineLimit;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the follower has newer versions than the authority has ever given: because the authority came back from a backup, for instance, or
 * another one writes to this follower. New writes are then taken for old ones and are missing there.
 *
 * <ol>
 *   <li>A write is superseded: the follower has its version or a newer one. Nearly always that is itself, applied by a call whose
 *       answer was lost, or a newer write.
 *   <li><b>Ask</b> the follower which version it has, before the pending write is confirmed; now and then, for a sample.
 *   <li><b>Confirm.</b> That succeeds only if the key is still pending at the version of the write. A newer write of this authority was
 *       committed before it could be applied, and has replaced it there. So if it succeeds, a higher version on the follower is of no write of this
 *       authority, and that is an event. (Unless the authority counts what is gone as confirmed after an answer that was lost.)
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
public final class AheadWatch<K> {

    private static final Duration REST = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int KEYS = 100;

    private final @Nullable AppliedVersions<K> versions;
    private final ReconciliationQueue<K> queue;
    private final Events events;
    private final LineLimit looks;

    /**
     * A watch that begins to look with the first superseded write.
     *
     * @param versions {@code null} if the follower cannot tell: then nothing is noticed
     * @param nanos a clock like {@link System#nanoTime}
     */
    public AheadWatch(
            @Nullable AppliedVersions<K> versions, ReconciliationQueue<K> queue, Events events, LongSupplier nanos) {
        this.versions = versions;
        this.queue = queue;
        this.events = events;
        this.looks = new LineLimit(1, REST, nanos);
    }

    /** Whether to look at superseded writes now; if so, the next look is some time away. */
    public boolean due() {
        return versions != null && looks.take() >= 0;
    }

    /** Step 2 for a round of the reconciler: the versions on the follower that are higher than those of the writes; none if it does not say. */
    public Map<K, Long> higher(List<KeyVersion<K>> superseded, Guard guard) throws InterruptedException {
        if (!guard.healthy()) {
            return Map.of();
        }
        CompletableFuture<Map<K, Long>> asked = ask(superseded, guard);
        try {
            return guard.machine().await(asked, PATIENCE);
        } catch (ExecutionException | TimeoutException e) { // another look will do
            return Map.of();
        } finally {
            asked.cancel(true);
        }
    }

    /** Step 3, after the confirmation. */
    public void tell(
            Map<K, Long> higher, Collection<KeyVersion<K>> superseded, Set<K> confirmed, DualWriteEvent.Path path) {
        for (KeyVersion<K> write : superseded) {
            Long there = higher.get(write.key());
            if (there != null && confirmed.contains(write.key())) {
                events.publish(new DualWriteEvent.FollowerAhead(
                        events.repository(), write.key(), write.version(), there, path));
            }
        }
    }

    /**
     * Steps 2 and 3 for a live write; returns at once.
     *
     * @param confirm confirms it the usual way, if there is nothing to notice
     */
    public void look(KeyVersion<K> superseded, Guard guard, Executor executor, Runnable confirm) {
        CompletableFuture<?> unused = ask(List.of(superseded), guard).whenComplete((higher, error) -> {
            if (error != null || higher.isEmpty()) {
                confirm.run();
                return;
            }
            try {
                executor.execute(() -> confirmAndTell(superseded, higher, confirm));
            } catch (RuntimeException | Error e) { // it takes no more, or has no thread
                confirm.run();
            }
        });
    }

    private void confirmAndTell(KeyVersion<K> superseded, Map<K, Long> higher, Runnable confirm) {
        Set<K> confirmed;
        try {
            confirmed = queue.confirm(List.of(superseded));
        } catch (RuntimeException e) {
            confirm.run();
            return;
        }
        tell(higher, List.of(superseded), confirmed, DualWriteEvent.Path.LIVE);
    }

    private CompletableFuture<Map<K, Long>> ask(List<KeyVersion<K>> superseded, Guard guard) {
        AppliedVersions<K> known = versions;
        if (known == null) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Guard.Permit permit = guard.tryPermit(); // not waiting: a live write asks on a thread of the follower's client
        if (permit == null) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Map<K, Long> written = new HashMap<>();
        superseded.stream().limit(KEYS).forEach(write -> written.put(write.key(), write.version()));
        return permit.call(() -> known.of(written.keySet()), result -> null).thenApply(there -> {
            Map<K, Long> higher = new HashMap<>();
            written.forEach((key, version) -> {
                AppliedVersion applied = there.get(key);
                if (applied != null && applied.version() > version) {
                    higher.put(key, applied.version());
                }
            });
            return higher;
        });
    }
}
