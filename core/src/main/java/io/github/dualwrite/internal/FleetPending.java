package io.github.dualwrite.internal;

import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that are pending for any instance, as of a bounded time ago (DW-5, scope: fleet).
 *
 * <ol>
 *   <li>The queue is read again and again, several times within the bound.
 *   <li>What was read holds from the moment at which reading <em>began</em>: a write that was acknowledged before that moment is
 *       in it, or has been confirmed, and then the follower has it.
 *   <li>A read that comes later than the bound after that moment is answered by the authority. So a write that was acknowledged
 *       longer than the bound before a read is never missed by it, however slow, rare or failing the looks at the queue are.
 *   <li>Only this machine's clocks are used, and of two clocks the one that says that more time has passed: one of them
 *       goes on while the machine is suspended.
 *   <li>More keys than there is room for: the authority answers, and the queue, which is long, is left alone for the bound, or for nine
 *       times what the look took, at most half a minute, if that is longer.
 *   <li>That it has become unknown what is pending, and that it is known again, are events; so is a look that takes longer than the
 *       bound, also one that does not end: the read that finds it so tells.
 *   <li>While nobody asks, nothing is read. The first read after that is answered by the authority.
 * </ol>
 *
 * <p>Safe for use by many threads; {@link #look} by one at a time.
 */
public final class FleetPending<K> {

    /** The looks go on for so many bounds after the last question. */
    private static final int IDLE_BOUNDS = 100;

    private static final String SLOW = "reading the queue takes longer than the bound";

    /** What a look found; the keys are {@code null} if there were too many. */
    private record View<K>(@Nullable Set<K> keys, long nanos, long millis) {}

    private final ReconciliationQueue<K> queue;
    private final long bound;
    private final int capacity;
    private final KnownEvents told;
    private final LongSupplier nanos;
    private final LongSupplier millis;
    private final Rest rest;
    private volatile @Nullable View<K> view;
    private volatile long askedAt;
    private volatile boolean asked;
    private volatile @Nullable Long lookingSince;

    /**
     * A view that knows nothing yet.
     *
     * @param nanos a clock like {@link System#nanoTime}
     * @param millis a clock like {@link System#currentTimeMillis}
     */
    public FleetPending(
            ReconciliationQueue<K> queue,
            Duration bound,
            int capacity,
            Events events,
            LongSupplier nanos,
            LongSupplier millis) {
        this.queue = queue;
        this.bound = bound.toNanos();
        this.capacity = capacity;
        this.told = new KnownEvents(events);
        this.nanos = nanos;
        this.millis = millis;
        this.rest = new Rest(nanos);
    }

    /** How long to wait between two looks. */
    public static Duration interval(Duration bound) {
        return bound.dividedBy(4);
    }

    /** Whether a read of the key must go to the authority. */
    public boolean mayBePending(K key) {
        Set<K> keys = pending();
        return keys == null || keys.contains(key);
    }

    /** Whether a query that must not miss a write must go to the authority. */
    public boolean anyPending() {
        Set<K> keys = pending();
        return keys == null || !keys.isEmpty();
    }

    /** {@code null} if that is not known. */
    private @Nullable Set<K> pending() {
        long now = nanos.getAsLong();
        if (!asked || now - askedAt > bound) { // not at each read: every core would fight for the field
            askedAt = now;
            asked = true;
        }
        View<K> seen = view;
        if (seen != null && !tooOld(seen)) {
            return seen.keys();
        }
        Long since = lookingSince;
        if (since != null && now - since > bound) {
            told.tell(false, SLOW, null);
        }
        return null;
    }

    private boolean tooOld(View<K> view) {
        return nanos.getAsLong() - view.nanos() > bound
                || TimeUnit.MILLISECONDS.toNanos(millis.getAsLong() - view.millis()) > bound;
    }

    /** Reads the queue, if anybody has asked lately; to be called again and again. Does not throw. */
    public void look() {
        long beganNanos = nanos.getAsLong(); // before the query: what it does not see was acknowledged later
        long beganMillis = millis.getAsLong();
        if (!asked || beganNanos - askedAt > IDLE_BOUNDS * bound || !rest.over()) {
            return;
        }
        Optional<Set<K>> keys;
        rest.begin();
        lookingSince = beganNanos;
        try {
            keys = queue.pendingKeys(capacity);
        } catch (RuntimeException | Error e) {
            View<K> last = view;
            if (last == null || tooOld(last)) {
                told.tell(false, "the queue could not be read", e);
            }
            return;
        } finally {
            lookingSince = null;
        }
        View<K> seen = new View<>(keys.orElse(null), beganNanos, beganMillis);
        view = seen;
        if (keys.isEmpty()) {
            rest.end(bound);
            told.tell(false, "more than " + capacity + " keys are pending, or the queue cannot list them", null);
        } else if (tooOld(seen)) { // of no use to any read
            told.tell(false, SLOW, null);
        } else {
            told.tell(true, "", null);
        }
    }
}
