package io.github.dualwrite.internal;

import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BinaryOperator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that this instance has written and that are not yet known to be on the follower: reads of these are answered by
 * the authority (DW-5, scope: this instance).
 *
 * <ol>
 *   <li>At first all that is pending is marked: the writes of the process before this one are among it. Until that is read from
 *       the queue, every key may be pending.
 *   <li>A write is marked with its version before the caller gets its result, unless the follower already has it.
 *   <li>The mark goes when the follower is known to have that version or a newer one.
 *   <li>What another process applied is noticed by the sweep: a mark whose key is no longer pending in the queue goes. A
 *       mark is made after the commit, so a sweep never sees the queue from before its write.
 *   <li>A write whose outcome is unknown may still be committed by the server after its connection broke. Its mark is made before
 *       the caller gets the error, and no sweep takes it away before that can be over. So is a write in a transaction of the caller, from its
 *       first statement on the key on, and each later one begins that time anew: what reads after the commit may come before the library hears of that. Then it is marked anew, for a sweep. Of a
 *       rollback the library does not hear: the authority answers reads of these keys for some minutes. If it will not hear of the commit either, the
 *       mark is made while less than a quarter of the room is taken, and else there is none: a stream of such transactions must not send all reads to the authority.
 *   <li>Memory is bounded. A write that finds no room for its mark is counted, and from then on every key may be pending,
 *       until a sweep can mark all that is pending, or finds no pending write as old as the last of these. That is an event,
 *       when it begins and when it ends. How old a pending write is the authority's clock says, and when one found no room that of this machine:
 *       they must not be more than five minutes apart. If the outcome of one of them is unknown, it does not end before step 5 says so; what a transaction has committed is unknown no more.
 *   <li>What is parked stays so until somebody acts, and may have been written and parked by any instance. So a write that this instance
 *       parks is marked at once, and as soon as a read goes to the follower parked ones are read from the queue and marked, again and again: a
 *       thousand at a look, the longest parked first, ten thousand looks after look, then a rest of some seconds, or longer if a look takes long. If none of
 *       a thousand can be read here, or there are no more, one query is for all that is left of the ten thousand. They take up to half of the room. What is parked
 *       beyond that is not marked; the scope fleet knows it.
 *   <li>With the scope fleet, {@link FleetPending} knows what other instances have written.
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
public final class PendingKeys<K> {

    /** A version that stands for "whatever is committed now": only a sweep takes the mark away. */
    public static final long UNKNOWN_VERSION = Long.MAX_VALUE;

    private static final int SWEEP_BATCH = 1000;

    /** A sweep goes on while it finds so many of a batch that are not pending, so that marks which only it takes away do not fill the room. */
    private static final int WORTHWHILE = SWEEP_BATCH / 10;

    private static final int MOST_BATCHES = 10;

    /** Others wait for the thread of a sweep. */
    private static final long SWEEP_TIME = Duration.ofMillis(250).toNanos();

    private static final int PARKED_PAGE = 1000;
    private static final int MOST_PARKED = 10_000;
    private static final long PARKED_INTERVAL = Duration.ofSeconds(4).toNanos();

    /** How long a server may take to commit what it got before the connection broke. */
    private static final Duration OUTCOME_UNKNOWN = Duration.ofMinutes(5);

    /** How far the clocks of this machine and of the authority may be apart. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofMinutes(5);

    /** Compared by identity, so that a sweep never takes away a mark that was made while it looked. */
    private static final class Mark {
        private final long version;
        private final @Nullable Long keptUntil;
        private final int unknownOutcomes;

        private Mark(long version, @Nullable Long keptUntil, int unknownOutcomes) {
            this.version = version;
            this.keptUntil = keptUntil;
            this.unknownOutcomes = unknownOutcomes;
        }

        private static Mark of(long version) {
            return new Mark(version, null, 0);
        }

        /** The mark of both writes; a new one in any case. */
        private static Mark both(Mark old, Mark added) {
            Long until = old.keptUntil == null || (added.keptUntil != null && added.keptUntil - old.keptUntil > 0)
                    ? added.keptUntil
                    : old.keptUntil;
            return new Mark(Math.max(old.version, added.version), until, old.unknownOutcomes + added.unknownOutcomes);
        }

        /** The mark when the outcome of one of its writes is known, while it is kept for that. */
        private static Mark committed(Mark old, Mark added) {
            return old.unknownOutcomes > 1
                    ? new Mark(added.version, old.keptUntil, old.unknownOutcomes - 1)
                    : Mark.of(added.version);
        }

        /** The mark without one of two writes, which is kept as long. */
        private Mark ofOneLess() {
            return unknownOutcomes > 1 ? new Mark(version, keptUntil, unknownOutcomes - 1) : this;
        }

        private boolean keptAt(long now) {
            return keptUntil != null && keptUntil - now > 0;
        }
    }

    /**
     * What a transaction of the caller has changed under a key.
     *
     * @param until when it counts as of unknown outcome no more, whatever becomes of it
     * @param marked whether there was room
     * @param counted whether it counts as a write without a mark
     */
    public record Uncommitted(long until, boolean marked, boolean counted) {}

    private final ConcurrentHashMap<K, Mark> marks = new ConcurrentHashMap<>();
    private final AtomicLong unmarked = new AtomicLong();
    private final int capacity;
    private final @Nullable FleetPending<K> fleet;
    private final KnownEvents told;
    private final LongSupplier nanos;
    private final LongSupplier millis;
    private volatile boolean started;
    private volatile long unmarkedSettled;
    private final AtomicLong lastUnmarked = new AtomicLong(Long.MIN_VALUE);
    private final CommittedLater unmarkedUnknown;
    private Iterator<Map.Entry<K, Mark>> cursor = Collections.emptyIterator();

    /** Parts of a batch. Those for which a sweep had no time are the next one's: so one that takes that long for one part comes to an end all the same. */
    private final Deque<Map<K, Mark>> unasked = new ArrayDeque<>();

    private final Rest settling;
    private final Rest parkedLooks;
    private volatile boolean asked;
    private int parkedSeen;

    /** Without a view of the fleet, and with nothing to learn from a process before this one. */
    PendingKeys(int capacity, Events events, LongSupplier nanos) {
        this(capacity, null, events, nanos, System::currentTimeMillis);
        started = true;
    }

    /**
     * Every key may be pending until {@link #start} has succeeded.
     *
     * @param nanos a clock like {@link System#nanoTime}
     * @param millis a clock like {@link System#currentTimeMillis}
     */
    public PendingKeys(
            int capacity, @Nullable FleetPending<K> fleet, Events events, LongSupplier nanos, LongSupplier millis) {
        this.capacity = capacity;
        this.fleet = fleet;
        this.told = new KnownEvents(events);
        this.nanos = nanos;
        this.millis = millis;
        this.unmarkedUnknown = new CommittedLater(nanos);
        this.settling = new Rest(nanos);
        this.parkedLooks = new Rest(nanos);
    }

    /**
     * Marks all that is pending now. If that is more than half of the capacity, it counts as writes without a mark. If the
     * queue cannot be read, every key may still be pending, and each sweep tries again.
     */
    public void start(ReconciliationQueue<K> queue) {
        Optional<Set<K>> pending;
        try {
            pending = queue.pendingKeys(capacity / 2);
        } catch (RuntimeException e) { // a repository opens all the same
            told.tell(false, "the queue could not be read when the repository was opened", e);
            return;
        }
        if (pending.isPresent()) {
            pending.get().forEach(key -> mark(key, UNKNOWN_VERSION));
        } else {
            noRoom(null);
        }
        started = true;
        tellWhetherKnown();
    }

    /** Remembers that the key is pending at this version or a newer one. */
    public void mark(K key, long version) {
        boolean unused = mark(key, Mark.of(version), Mark::both);
    }

    /** Remembers that the key may become pending, now or a little later. */
    public void markUnknownOutcome(K key) {
        boolean unused = mark(key, unknownOutcome(), Mark::both);
    }

    private Mark unknownOutcome() {
        return new Mark(UNKNOWN_VERSION, nanos.getAsLong() + OUTCOME_UNKNOWN.toNanos(), 1);
    }

    /**
     * Remembers that a transaction of the caller has changed the key.
     *
     * @param told whether {@link #markCommitted} follows a commit
     */
    public Uncommitted markUncommitted(K key, boolean told) {
        Mark mark = unknownOutcome();
        boolean marked = told ? mark(key, mark, Mark::both) : markWithin(capacity / 4, key, mark);
        return new Uncommitted(Objects.requireNonNull(mark.keptUntil), marked, told && !marked);
    }

    /** The same for a later statement of that transaction on the key, with what was given for the one before; the two count as one. */
    public Uncommitted markAgain(K key, Uncommitted before, boolean told) {
        Uncommitted again = markUncommitted(key, told);
        if (before.counted()) {
            unmarkedUnknown.committed(before.until());
        }
        if (before.marked() && before.until() - nanos.getAsLong() > 0) {
            marks.computeIfPresent(key, (k, mark) -> mark.ofOneLess());
        }
        return again;
    }

    /** Remembers that this is committed now: a sweep may take its mark away, but not that of another write. */
    public void markCommitted(K key, Uncommitted write) {
        if (write.counted()) {
            unmarkedUnknown.committed(write.until());
        }
        boolean unused = mark(
                key,
                Mark.of(UNKNOWN_VERSION),
                (old, added) -> write.marked() && write.until() - nanos.getAsLong() > 0
                        ? Mark.committed(old, added)
                        : Mark.both(old, added));
    }

    /** Remembers that the key is parked at this version, if there is room. */
    public void markParked(K key, long version) {
        boolean unused = markWithin(capacity / 2, key, Mark.of(version));
    }

    private boolean markWithin(int most, K key, Mark mark) {
        boolean room = marks.mappingCount() < most || marks.containsKey(key);
        if (room) {
            marks.merge(key, mark, Mark::both);
        }
        return room;
    }

    private boolean mark(K key, Mark mark, BinaryOperator<Mark> with) {
        boolean room = marks.mappingCount() < capacity || marks.containsKey(key);
        if (room) {
            marks.merge(key, mark, with);
        } else {
            noRoom(mark.keptUntil);
        }
        return room;
    }

    private void noRoom(@Nullable Long keptUntil) {
        if (keptUntil != null) {
            unmarkedUnknown.add(keptUntil);
        }
        lastUnmarked.accumulateAndGet(millis.getAsLong(), Math::max); // a clock that is set back makes no write older
        unmarked.incrementAndGet();
        noRoomIsTold();
    }

    private void noRoomIsTold() {
        told.tell(false, "more keys are pending than the " + capacity + " that are kept in memory", null);
    }

    /** Also at each sweep: who told it last may have been overtaken by what it told. */
    private void tellWhetherKnown() {
        if (!started) {
            return;
        }
        if (unmarked.get() == unmarkedSettled) {
            told.tell(true, "", null);
        } else {
            noRoomIsTold();
        }
    }

    /** The follower has this version of the key or a newer one. */
    public void settle(K key, long version) {
        if (!marks.isEmpty() && marks.containsKey(key)) {
            marks.computeIfPresent(key, (k, mark) -> mark.version <= version ? null : mark);
        }
    }

    /** Whether a read of the key must go to the authority. */
    public boolean mayBePending(K key) {
        ask();
        return !started
                || unmarked.get() != unmarkedSettled
                || marks.containsKey(key)
                || (fleet != null && fleet.mayBePending(key));
    }

    /** Whether any key may be pending. */
    public boolean anyPending() {
        ask();
        return !started || unmarked.get() != unmarkedSettled || !marks.isEmpty();
    }

    /**
     * Removes marks of keys that are no longer pending, and marks parked ones every few seconds. Looks after a thousand of them each time, so that a
     * long outage of the follower does not become a load for the authority, and after up to ten thousand while a tenth of them is pending no more. What
     * there is no time for is left for the next one. Not for use by several threads at once.
     */
    public void sweep(ReconciliationQueue<K> queue) {
        if (!started) {
            start(queue);
        }
        long unmarkedBefore = unmarked.get();
        long now = nanos.getAsLong(); // before the look: what is kept until later may be committed after it
        if (!cursor.hasNext()) {
            cursor = marks.entrySet().iterator();
        }
        int batches = 0;
        boolean goesOn;
        do {
            boolean begunBefore = !unasked.isEmpty();
            if (!begunBefore) {
                unasked.push(nextBatch(now));
                batches++;
            }
            int gone = sweepUnasked(queue, now);
            goesOn = begunBefore || (gone >= WORTHWHILE && cursor.hasNext());
        } while (goesOn && unasked.isEmpty() && batches < MOST_BATCHES && isTimeLeft(now));
        if (unmarkedBefore != unmarkedSettled
                && marks.size() <= capacity / 2
                && !unmarkedUnknown.any()
                && settling.over()) {
            settling.begin();
            try {
                settleUnmarked(queue, unmarkedBefore);
            } finally {
                settling.end(0);
            }
        }
        tellWhetherKnown();
        markParked(queue);
    }

    private Map<K, Mark> nextBatch(long now) {
        Map<K, Mark> batch = new HashMap<>();
        while (cursor.hasNext() && batch.size() < SWEEP_BATCH) {
            Map.Entry<K, Mark> mark = cursor.next();
            if (!mark.getValue().keptAt(now)) {
                batch.put(mark.getKey(), mark.getValue());
            }
        }
        return batch;
    }

    private void ask() {
        if (!asked) { // written once only
            asked = true;
        }
    }

    private void markParked(ReconciliationQueue<K> queue) {
        if (!asked || !parkedLooks.over()) {
            return;
        }
        parkedLooks.begin();
        boolean more = false;
        try {
            int page = PARKED_PAGE;
            int found;
            do {
                more = false; // should this one fail
                List<ParkedWrite<K>> parked = queue.parked(parkedSeen, page);
                parked.forEach(write -> markParked(write.key(), write.version()));
                found = parked.size();
                parkedSeen += page;
                more = parkedSeen < MOST_PARKED;
                page = found == 0 ? MOST_PARKED - parkedSeen : PARKED_PAGE; // as a rule there are no more
            } while (more && found < PARKED_PAGE); // the last ones, or some have keys that cannot be read here
        } finally {
            parkedSeen = more ? parkedSeen : 0;
            parkedLooks.end(more ? 0 : PARKED_INTERVAL);
        }
    }

    private void settleUnmarked(ReconciliationQueue<K> queue, long unmarkedBefore) {
        Optional<Set<K>> pending = queue.pendingKeys(capacity / 2);
        if (pending.isPresent()) {
            pending.get().forEach(key -> mark(key, UNKNOWN_VERSION));
            unmarkedSettled = unmarkedBefore;
            return;
        }
        Instant lastUnmarkedBefore = Instant.ofEpochMilli(lastUnmarked.get());
        if (queue.statistics().parked() > capacity / 2) { // they would be read for nothing
            return;
        }
        List<ParkedWrite<K>> parked = queue.parked(0, capacity / 2 + 1);
        QueueStatistics statistics = queue.statistics();
        boolean noneIsThatOld = statistics
                .oldest()
                .map(oldest -> oldest.isAfter(lastUnmarkedBefore.plus(CLOCK_DIFFERENCE)))
                .orElse(true);
        if (noneIsThatOld && statistics.parked() == parked.size() && parked.size() <= capacity / 2) {
            parked.forEach(write -> mark(write.key(), UNKNOWN_VERSION));
            unmarkedSettled = unmarkedBefore;
        }
    }

    private boolean isTimeLeft(long began) {
        return nanos.getAsLong() - began < SWEEP_TIME;
    }

    /** Asks for one part at least. Returns how many keys are not pending. */
    private int sweepUnasked(ReconciliationQueue<K> queue, long began) {
        int gone = 0;
        do {
            gone += sweep(queue, unasked.pop());
        } while (!unasked.isEmpty() && isTimeLeft(began));
        return gone;
    }

    /**
     * Returns how many of them are not pending.
     *
     * <p>A statement that the authority refused in a transaction of the caller is marked too, for it may have taken effect. A key that the queue cannot be
     * asked for, because it cannot hold it, is not pending, and keeps no other from being asked for: the halves are asked for one after the other.
     */
    private int sweep(ReconciliationQueue<K> queue, Map<K, Mark> part) {
        if (part.isEmpty()) {
            return 0;
        }
        Set<K> pending;
        try {
            pending = queue.pendingAmong(List.copyOf(part.keySet()));
        } catch (RuntimeException e) {
            if (!(e instanceof PermanentFailure)) {
                throw e;
            }
            if (part.size() > 1) {
                halve(part);
                return 0;
            }
            pending = Set.of();
        }
        Set<K> found = pending;
        part.forEach((key, mark) -> {
            if (!found.contains(key)) {
                marks.remove(key, mark);
            }
        });
        return part.size() - found.size();
    }

    private void halve(Map<K, Mark> part) {
        Map<K, Mark> first = new HashMap<>();
        Map<K, Mark> second = new HashMap<>();
        part.forEach((key, mark) -> (first.size() < part.size() / 2 ? first : second).put(key, mark));
        unasked.push(second);
        unasked.push(first);
    }

    /** How many keys are marked. */
    public int size() {
        return marks.size();
    }
}
