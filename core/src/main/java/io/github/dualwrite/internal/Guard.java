package io.github.dualwrite.internal;

import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls a follower through a circuit breaker, a bulkhead and a deadline (DW-4).
 *
 * <p>Predicates and consumers of an application's own breaker and bulkhead may throw: that is logged, and changes neither what becomes
 * of a call nor what is told of its end.
 *
 * <ol>
 *   <li>The breaker is asked first, then the bulkhead; a refusal by the bulkhead gives the breaker its permit back and does
 *       not count as a failure.
 *   <li>The call starts. From here on the breaker hears of it exactly once: of its end, or of the deadline, whichever is
 *       first.
 *   <li>At the deadline the call is cancelled. The bulkhead gets its permit back when the call has ended, however it ended.
 *   <li>When the repository closes, its timer and its threads forget what waits for them. So the calls that are under way then
 *       are cancelled: breaker and bulkhead may be shared with others, who want the permits back. What threads of an application's still
 *       begin after that is cancelled before it is a call.
 * </ol>
 */
public final class Guard {

    @SuppressWarnings("StaticAssignmentOfThrowable") // has no stack trace
    private static final Exception FAILED_RESULT = new Exception("the follower failed", null, false, false) {};

    @SuppressWarnings("StaticAssignmentOfThrowable") // has no stack trace
    private static final Exception UNJUDGED =
            new Exception("the follower failed in a way that the breaker could not judge", null, false, false) {};

    /** How much later than the deadline a waiting caller gives up by itself, should the timer be late. */
    private static final Duration MARGIN = Duration.ofMillis(50);

    private final CircuitBreaker breaker;
    private final BreakerStates states;
    private final @Nullable Bulkhead bulkhead;
    private final Duration timeout;
    private final Duration patience;
    private final ScheduledExecutorService timer;
    private final @Nullable Executor starter;
    private final Machine machine;
    private final Calls calls;

    /**
     * A guard.
     *
     * @param states is to look at the breaker after each use of it
     * @param bulkhead {@code null} for none
     * @param timer ends calls at their deadline; not the one of the JVM, which listeners must not hold up
     * @param starter starts calls that may hold the thread that starts them; {@code null} if the calling thread may start them
     * @param machine waits
     * @param calls knows this guard's calls while they are under way, and those of others
     */
    public Guard(
            CircuitBreaker breaker,
            BreakerStates states,
            @Nullable Bulkhead bulkhead,
            Duration timeout,
            ScheduledExecutorService timer,
            @Nullable Executor starter,
            Machine machine,
            Calls calls) {
        this.breaker = breaker;
        this.states = states;
        this.bulkhead = bulkhead;
        this.timeout = timeout;
        this.patience = timeout.plus(MARGIN);
        this.timer = timer;
        this.starter = starter;
        this.machine = machine;
        this.calls = calls;
    }

    /** What its calls run on. */
    public Machine machine() {
        return machine;
    }

    /** Whether the repository is closed, so that a call that failed may have failed by that. */
    public boolean ended() {
        return calls.ended;
    }

    /** The longest that a caller should wait for a call: a little longer than it takes to end it at its deadline. */
    public Duration patience() {
        return patience;
    }

    /**
     * The calls under way through the guards of a repository, of which there is a new one for each backfill and verification: nothing of a
     * guard is kept after its calls. Safe for use by many threads.
     */
    public static final class Calls {
        private final Set<UnderWay> underWay = ConcurrentHashMap.newKeySet();
        private final Events events;
        private volatile boolean ended;

        /** None is under way yet. */
        public Calls(Events events) {
            this.events = events;
        }

        /**
         * Cancels the calls under way, whose alarms and tasks have been dropped, and has none made later. To be called after timer
         * and starter have ended.
         */
        public void end() {
            ended = true; // before the look: a call that it misses sees this
            underWay.forEach(call -> call.result.cancel(true));
        }

        private void add(UnderWay call) {
            underWay.add(call);
            if (ended) {
                call.result.cancel(true);
            }
        }
    }

    /** A call that has neither ended nor reached its deadline; compared by identity. */
    private static final class UnderWay {
        private final CompletableFuture<?> result;

        private UnderWay(CompletableFuture<?> result) {
            this.result = result;
        }
    }

    /**
     * Waits for what follows from a call, at most for {@link #patience()}.
     *
     * @throws Exception its failure without wrappers, {@link TimeoutException} when patience ends, or {@link
     *     InterruptedException} with the interrupt status set: a caller of a store that has committed must get its result,
     *     not an exception
     */
    public <T> T await(CompletableFuture<T> future) throws Exception {
        return Await.result(machine, future, patience);
    }

    /** A permit of the breaker that was taken before it is known whether there is anything to call for. Use once. */
    public final class Permit {

        private Permit() {}

        /** Gives the permit back unused. */
        public void release() {
            breaker.releasePermission();
        }

        /** Makes the call. */
        public <T> CompletableFuture<T> call(
                Supplier<CompletableFuture<T>> call, Function<T, @Nullable Throwable> failureIn) {
            return start(call, failureIn, null);
        }
    }

    /** A permit for a call outside the bulkhead, or {@code null} if the breaker refuses. */
    public @Nullable Permit tryPermit() {
        return permitted() ? new Permit() : null;
    }

    private boolean permitted() {
        boolean permitted = breaker.tryAcquirePermission();
        states.look();
        return permitted;
    }

    /** Whether the breaker lets everything through; if not, a caller that may choose makes small calls. */
    public boolean healthy() {
        return breaker.getState() == CircuitBreaker.State.CLOSED
                || breaker.getState() == CircuitBreaker.State.DISABLED
                || breaker.getState() == CircuitBreaker.State.METRICS_ONLY;
    }

    /**
     * Whether the breaker would refuse a call now, for a caller for whom even preparing one costs too much. It counts as a call
     * that was refused, as the call would have; if not, nothing is taken.
     */
    public boolean refuses() {
        if (healthy()) {
            return false;
        }
        if (permitted()) { // half-open, and not all that may probe the follower do so yet
            breaker.releasePermission();
            return false;
        }
        return true;
    }

    /**
     * Makes a call, or refuses it.
     *
     * @param failureIn what makes a normal result a failure in the breaker's eyes, or {@code null}
     * @return completes by the deadline; {@link #pendingReason} and {@link #fallbackReason} explain its failures
     */
    public <T> CompletableFuture<T> call(
            Supplier<CompletableFuture<T>> call, Function<T, @Nullable Throwable> failureIn) {
        if (!permitted()) {
            return CompletableFuture.failedFuture(Refusal.BREAKER_OPEN);
        }
        if (bulkhead != null && !acquire(bulkhead)) {
            breaker.releasePermission();
            return CompletableFuture.failedFuture(
                    Thread.currentThread().isInterrupted() ? Refusal.INTERRUPTED : Refusal.BULKHEAD_FULL);
        }
        return start(call, failureIn, bulkhead);
    }

    /** Not if a consumer throws: whether that of a permit or that of a refusal cannot be told, and what was not taken must not be given back. */
    private boolean acquire(Bulkhead bulkhead) {
        try {
            return bulkhead.tryAcquirePermission();
        } catch (RuntimeException | Error e) { // also if the waiting thread is interrupted
            calls.events.bulkheadFails(bulkhead.getName(), e);
            return false;
        }
    }

    /** Gives the permit back and does not throw: the breaker must hear of the end, and the caller get its result. */
    private void finished(@Nullable Bulkhead bulkhead) {
        if (bulkhead == null) {
            return;
        }
        try {
            bulkhead.onComplete();
        } catch (RuntimeException | Error e) { // of a consumer, which is told after the permit is back
            calls.events.bulkheadFails(bulkhead.getName(), e);
        }
    }

    private <T> CompletableFuture<T> start(
            Supplier<CompletableFuture<T>> call,
            Function<T, @Nullable Throwable> failureIn,
            @Nullable Bulkhead bulkhead) {
        if (calls.ended) {
            giveBack(bulkhead);
            CompletableFuture<T> cancelled = new CompletableFuture<>();
            cancelled.cancel(true);
            return cancelled.copy(); // waiting for one that is itself cancelled throws what nobody is ready for
        }
        long start = breaker.getCurrentTimestamp();
        CompletableFuture<T> raw;
        try {
            raw = starter == null ? invoke(call) : startOn(starter, call);
        } catch (RuntimeException | Error e) { // the starter takes no more, or has no thread
            giveBack(bulkhead);
            return CompletableFuture.failedFuture(Refusal.EXECUTOR_FULL);
        }
        if (raw.isDone()) {
            finished(bulkhead);
            return reported(start, raw, failureIn);
        }
        if (bulkhead != null) {
            CompletableFuture<T> unused = raw.whenComplete((result, error) -> finished(bulkhead));
        }
        CompletableFuture<T> bounded = raw.copy();
        UnderWay handle = new UnderWay(bounded);
        calls.add(handle); // before the alarm is set: one that is dropped belongs to a call that is known here
        Future<?> alarm = alarm(bounded);
        return bounded.whenComplete((result, error) -> {
            calls.underWay.remove(handle);
            alarm.cancel(false);
            if (bounded.isCancelled()) { // by the end of the repository, which says nothing about the follower
                breaker.releasePermission();
                raw.cancel(true);
                return;
            }
            report(start, result, error, failureIn);
            if (error instanceof TimeoutException) {
                raw.cancel(true);
            }
        });
    }

    /** The permits of a call that is not made. */
    private void giveBack(@Nullable Bulkhead bulkhead) {
        breaker.releasePermission();
        if (bulkhead != null) {
            bulkhead.releasePermission();
        }
    }

    /** A call that has ended already: what succeeded needs no further future. */
    private <T> CompletableFuture<T> reported(
            long start, CompletableFuture<T> ended, Function<T, @Nullable Throwable> failureIn) {
        if (ended.isCompletedExceptionally()) {
            return ended.whenComplete((result, error) -> report(start, result, error, failureIn));
        }
        report(start, ended.join(), null, failureIn);
        return ended;
    }

    private Future<?> alarm(CompletableFuture<?> bounded) {
        try {
            return timer.schedule(
                    () -> bounded.completeExceptionally(new TimeoutException("no answer within " + timeout)),
                    timeout.toNanos(),
                    TimeUnit.NANOSECONDS);
        } catch (RuntimeException | Error e) { // closed meanwhile, or no thread
            return bounded.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private <T> CompletableFuture<T> startOn(Executor starter, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> outer = new CompletableFuture<>();
        starter.execute(() -> {
            if (outer.isDone() || calls.ended) { // while it waited for a thread: it is cancelled, or will be
                return;
            }
            CompletableFuture<T> inner = invoke(call);
            CompletableFuture<T> unusedCancel = outer.whenComplete((result, error) -> {
                if (outer.isCancelled()) {
                    inner.cancel(true);
                }
            });
            CompletableFuture<T> unusedResult = inner.whenComplete((result, error) -> {
                if (error == null) {
                    outer.complete(result);
                } else {
                    outer.completeExceptionally(error);
                }
            });
        });
        return outer;
    }

    private static <T> CompletableFuture<T> invoke(Supplier<CompletableFuture<T>> call) {
        try {
            CompletableFuture<T> started = call.get();
            return started != null
                    ? started
                    : CompletableFuture.failedFuture(new IllegalStateException("the follower gave no future"));
        } catch (Throwable e) { // an Error must not keep the permits either
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Does not throw. */
    private <T> void report(
            long start, @Nullable T result, @Nullable Throwable error, Function<T, @Nullable Throwable> failureIn) {
        long elapsed = breaker.getCurrentTimestamp() - start;
        Throwable failure;
        try {
            failure = error != null ? unwrap(error) : result != null ? failureIn.apply(result) : FAILED_RESULT;
        } catch (RuntimeException | Error e) { // a malformed result must not keep the permit
            failure = e;
        }
        if (error != null && failure instanceof PermanentFailure) {
            breaker.releasePermission(); // of one record, and perhaps never sent: says nothing of the follower
        } else {
            tell(elapsed, failure);
        }
        states.look();
    }

    private void tell(long elapsed, @Nullable Throwable failure) {
        try {
            if (failure == null) {
                breaker.onSuccess(elapsed, breaker.getTimestampUnit());
            } else {
                breaker.onError(elapsed, breaker.getTimestampUnit(), failure);
            }
        } catch (RuntimeException | Error e) { // its predicate asks more of a failure than that holds
            calls.events.breakerFails(breaker.getName(), e);
            if (failure == null || failure == UNJUDGED) {
                breaker.releasePermission(); // a probe that is never reported would keep it half-open for ever
            } else {
                tell(elapsed, UNJUDGED);
            }
        }
    }

    /** Why a call gave no result, in terms of a write. */
    public static PendingReason pendingReason(Throwable error) {
        Throwable e = unwrap(error);
        if (e == Refusal.BREAKER_OPEN) {
            return PendingReason.BREAKER_OPEN;
        }
        if (e == Refusal.BULKHEAD_FULL) {
            return PendingReason.BULKHEAD_FULL;
        }
        if (e == Refusal.EXECUTOR_FULL) {
            return PendingReason.EXECUTOR_FULL;
        }
        if (e == Refusal.INTERRUPTED || e instanceof InterruptedException) {
            return PendingReason.INTERRUPTED;
        }
        return e instanceof TimeoutException || e instanceof CancellationException
                ? PendingReason.TIMEOUT
                : PendingReason.FAILED;
    }

    /** Why a call gave no result, in terms of a read. */
    public static FallbackReason fallbackReason(Throwable error) {
        return FallbackReason.valueOf(pendingReason(error).name());
    }

    /** Whether the call was not made at all. */
    public static boolean refused(Throwable error) {
        return unwrap(error) instanceof Refusal;
    }

    /** The cause behind the wrappers of {@code java.util.concurrent}. */
    public static Throwable unwrap(Throwable error) {
        Throwable e = error;
        while ((e instanceof CompletionException || e instanceof ExecutionException) && e.getCause() != null) {
            e = e.getCause();
        }
        return e;
    }
}
