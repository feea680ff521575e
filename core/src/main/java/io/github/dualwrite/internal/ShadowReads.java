package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.MappingException;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Reads the other store too, compares, and throws the answer away.
 *
 * <ol>
 *   <li>The caller's thread offers its answer to a bounded executor and goes on. What the executor does not take is shed, and
 *       so is what the breaker of a follower that does not answer would refuse.
 *   <li>A thread of the executor reads the other store: the follower through a circuit breaker, a bulkhead and a deadline of
 *       its own, so that live reads lose no permit; the authority on threads of its own, with the same deadline. So no thread of the
 *       executor is held for longer, and what does not answer is an event each time.
 *   <li>It compares. Equal: counted, done.
 *   <li>If the key is pending, the follower may be behind: another look later, step 6.
 *   <li>If it is not, what the authority gave has reached the follower (DW-1). So both are read again, follower first: equal
 *       now, or the authority's answer has changed, or the key is pending now: written meanwhile, another look later. So is it if
 *       the follower, read a last time, answers otherwise: then the record was changed and changed back. Otherwise the difference
 *       is real: it is counted, sampled, and healed if that is wished.
 *   <li>Another look starts with fresh answers of both stores. There is a bounded number of looks, and a bounded number of
 *       keys wait for one; a key that has had all its looks counts as lagging.
 * </ol>
 *
 * <p>Nothing of this reaches the caller: errors are events. Safe for use by many threads.
 */
public final class ShadowReads {

    private static final int HEALS_PER_SECOND = 10;

    /** A step that failed, on its way out of a look. */
    private static final class Failed extends Exception {
        private static final long serialVersionUID = 1;
        private final ShadowStep step;
        private final Throwable error;

        Failed(ShadowStep step, Throwable error) {
            super(null, error, false, false);
            this.step = step;
            this.error = error;
        }
    }

    @FunctionalInterface
    private interface Step<T> {
        T run() throws Exception;
    }

    private final Executor executor;
    private final BoundedCalls authorityCalls;
    private final ScheduledExecutorService scheduler;
    private final ShadowSettings settings;
    private final StepBackWatch watch;
    private final Events events;
    private final MismatchSamples samples;
    private final TokenBucket heals;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger offered = new AtomicInteger();
    private final int capacity;

    /**
     * Shadow reads.
     *
     * @param executor bounded; rejects at once what it cannot take
     * @param authorityCalls makes the calls of the authority, which may hold a thread
     * @param scheduler says when to look again; the look itself is the executor's
     */
    public ShadowReads(
            Executor executor,
            BoundedCalls authorityCalls,
            ScheduledExecutorService scheduler,
            ShadowSettings settings,
            StepBackWatch watch,
            Events events,
            LongSupplier nanoTime) {
        this.executor = new Elsewhere(executor);
        this.authorityCalls = authorityCalls;
        this.scheduler = scheduler;
        this.settings = settings;
        this.watch = watch;
        this.capacity =
                settings.threads() + settings.queueSize(); // also of a caller's executor, whose queue may know no bound
        this.events = events;
        this.samples = new MismatchSamples(events, settings.samplesPerSecond(), settings.cohorts(), nanoTime);
        this.heals = new TokenBucket(HEALS_PER_SECOND, nanoTime);
    }

    /** Step 1, for a read that the authority answered. */
    public <T> void followerToo(ShadowSubject<T> subject, T answer) {
        if (subject.followerRefuses()) { // no thread is woken to find that out
            shed(ShedReason.BREAKER_OPEN, 1);
        } else {
            offer(() -> look(subject, () -> answer, () -> follower(subject), 0), 1);
        }
    }

    /** Step 1, for a read that the follower answered. */
    public <T> void authorityToo(ShadowSubject<T> subject, T answer) {
        offer(() -> look(subject, () -> authority(subject), () -> answer, 0), 1);
    }

    /**
     * Step 1, for work that looks at several subjects.
     *
     * @param subjects at how many
     */
    public void offer(Runnable work, int subjects) {
        if (offered.get() >= capacity) { // where load is shed the caller should not even meet the executor's lock
            shed(ShedReason.EXECUTOR_FULL, subjects);
            return;
        }
        offered.incrementAndGet();
        try {
            executor.execute(() -> {
                try {
                    work.run();
                } finally {
                    offered.decrementAndGet();
                }
            });
        } catch (RuntimeException
                | Error e) { // also a thread that cannot be started, and one that would be a caller's (DW-4)
            offered.decrementAndGet();
            shed(ShedReason.EXECUTOR_FULL, subjects);
        }
    }

    /** Steps 2 to 6, on the calling thread, with both first answers at hand. */
    public <T> void compare(ShadowSubject<T> subject, T authority, T follower) {
        look(subject, () -> authority, () -> follower, 0);
    }

    private <T> void look(ShadowSubject<T> subject, Step<T> authority, Step<T> follower, int looks) {
        try {
            T truth = authority.run();
            ShadowSubject.Difference first = difference(subject, truth, follower.run());
            if (first.none()) {
                count(subject, looks == 0 ? ShadowResult.EQUAL : ShadowResult.LAGGING, Set.of());
            } else if (subject.notCopiedYet(first)) {
                count(subject, ShadowResult.LAGGING, Set.of());
            } else if (lags(subject, truth, looks)) {
                lookLater(subject, looks);
            } else {
                lookTwice(subject, truth, looks);
            }
        } catch (Failed e) {
            failed(e.step, e.error, 1);
        } catch (Throwable e) { // whatever an application's code throws must not end a thread of the caller's executor
            failed(ShadowStep.COMPARATOR, e, 1);
        }
    }

    /** Step 5. */
    private <T> void lookTwice(ShadowSubject<T> subject, T truth, int looks) throws Failed {
        T follower = follower(subject);
        T authority = authority(subject);
        ShadowSubject.Difference second = difference(subject, authority, follower);
        if (second.none()) {
            count(subject, ShadowResult.LAGGING, Set.of());
        } else if (lags(subject, authority, looks)) {
            lookLater(subject, looks);
        } else if (!difference(subject, truth, authority).none()) {
            if (looks >= settings.rechecks()) {
                askTheComparator(subject, truth, authority);
            }
            lookLater(subject, looks);
        } else if (!difference(subject, follower(subject), follower).none()) {
            lookLater(subject, looks); // the authority's answer had changed and was changed back
        } else {
            count(subject, second.result(), second.fields());
            samples.offer(subject, second);
            heal(subject);
        }
    }

    /** A record that has changed at every look: rather its comparator finds it unequal to itself. */
    private <T> void askTheComparator(ShadowSubject<T> subject, T first, T second) throws Failed {
        T third = authority(subject);
        if (!difference(subject, second, third).none()
                && !difference(subject, first, third).none()) {
            throw new Failed(
                    ShadowStep.COMPARATOR,
                    new MappingException("three reads of the authority at once all differ from each other: the"
                            + " comparator does not find a record equal to itself when it is read again"));
        }
    }

    /** Step 6. */
    private <T> void lookLater(ShadowSubject<T> subject, int looks) {
        if (looks >= settings.rechecks()) {
            count(subject, ShadowResult.LAGGING, Set.of());
            return;
        }
        if (waiting.incrementAndGet() > settings.waitingRechecks()) {
            waiting.decrementAndGet();
            shed(ShedReason.RECHECKS_FULL, 1);
            return;
        }
        try {
            ScheduledFuture<?> unused = scheduler.schedule(
                    () -> {
                        waiting.decrementAndGet();
                        offer(() -> look(subject, () -> authority(subject), () -> follower(subject), looks + 1), 1);
                    },
                    settings.recheckDelay().toNanos(),
                    TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) { // closed
            waiting.decrementAndGet();
            shed(ShedReason.RECHECKS_FULL, 1);
        }
    }

    /** Makes a call of the authority, for a bounded time. */
    public <T> T onAuthority(Callable<T> call) throws Exception {
        return authorityCalls.call(call);
    }

    private <T> T authority(ShadowSubject<T> subject) throws Failed {
        return step(ShadowStep.AUTHORITY, () -> onAuthority(subject::readAuthority));
    }

    private static <T> T follower(ShadowSubject<T> subject) throws Failed {
        return step(ShadowStep.FOLLOWER, subject::readFollower);
    }

    private <T> boolean lags(ShadowSubject<T> subject, T authority, int looks) throws Failed {
        return step(ShadowStep.AUTHORITY, () -> onAuthority(() -> subject.mayLag(authority, looks)));
    }

    private static <T> ShadowSubject.Difference difference(ShadowSubject<T> subject, T authority, T follower)
            throws Failed {
        return step(ShadowStep.COMPARATOR, () -> subject.difference(authority, follower));
    }

    private static <T> T step(ShadowStep step, Step<T> work) throws Failed {
        try {
            return work.run();
        } catch (Throwable e) { // also an Error of an application's comparator
            throw new Failed(step, e);
        }
    }

    private void heal(ShadowSubject<?> subject) {
        if (settings.heal()) {
            if (heals.take() < 0) {
                events.readCounters().healsSkipped.increment();
                return;
            }
            try {
                if (onAuthority(subject::heal)) {
                    events.publish(new DualWriteEvent.ShadowHealed(events.repository(), subject.shown()));
                }
            } catch (Exception e) {
                failed(ShadowStep.HEALING, e, 1);
            }
        }
    }

    private void count(ShadowSubject<?> subject, ShadowResult result, Set<String> fields) {
        if (result != ShadowResult.LAGGING) {
            watch.compared(result == ShadowResult.EQUAL);
        }
        events.readCounters().compared(result);
        if (events.listening()) {
            events.publish(new DualWriteEvent.ShadowCompared(events.repository(), subject.query(), result, fields));
        }
    }

    /**
     * A call that was not made is load that was shed.
     *
     * @param subjects of how many shadow reads
     */
    public void failed(ShadowStep step, Throwable error, int subjects) {
        if (Guard.refused(error)) {
            shed(
                    Guard.pendingReason(error) == PendingReason.BREAKER_OPEN
                            ? ShedReason.BREAKER_OPEN
                            : ShedReason.BULKHEAD_FULL,
                    subjects);
        } else {
            events.publish(new DualWriteEvent.ShadowFailed(events.repository(), step, Guard.unwrap(error), subjects));
        }
    }

    /** So many shadow reads are not made or not finished. */
    public void shed(ShedReason reason, int subjects) {
        events.readCounters().shed(reason, subjects);
        if (events.listening()) {
            events.publish(new DualWriteEvent.ShadowShed(events.repository(), reason, subjects));
        }
    }
}
