package io.github.dualwrite.internal;

import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The route in force on this instance.
 *
 * <ol>
 *   <li>The source is asked at each refresh, whether reads come or not: the first read of an instance that was idle goes where
 *       those of a busy one go. That is why the route is a field and not an entry of a cache that is refreshed when it is
 *       read. An {@linkplain ReadRouteSource#immediate() immediate} source is asked at every read instead. Routes of single
 *       keys are cached by {@link KeyRoutes}.
 *   <li>A source that fails, hangs or has no value keeps the last good route. Before any, and when the last good one is older
 *       than {@code maxStaleness}, the authority answers.
 *   <li>A step back puts the authority before all that, until the source itself gives another value than the one that was
 *       judged, or a person resumes. If the source is writable, the flag is set back as well, tried again at each refresh
 *       while it still has the value that was judged.
 *   <li>Every change is an event, and so is every failure. Listeners hear of them in order, and under no lock.
 * </ol>
 *
 * <p>A read only reads a field: it never waits for the source. Safe for use by many threads.
 */
public final class EffectiveRoute {

    private static final ReadRoute AUTHORITY = ReadRoute.primary();

    /**
     * What a read sees, replaced as a whole under the lock.
     *
     * @param flag the last good route
     * @param failures of the source, in a row
     */
    private record State(
            @Nullable ReadRoute flag,
            ReadRoute effective,
            @Nullable Judged judged,
            long failures) {}

    private final FlagSource source;
    private final ReadRouteSettings settings;
    private final LongSupplier nanos;
    private final boolean immediate;
    private final SourceCalls calls;
    private final @Nullable KeyRoutes keyRoutes;
    private final AtomicBoolean asking = new AtomicBoolean();
    private final AtomicBoolean toldMeanwhile = new AtomicBoolean();
    private final Runnable unsubscribe;
    private volatile Runnable onEndOfStepBack = () -> {};

    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong tickets = new AtomicLong(); // one for each question, in the order in which they are put
    private long taken; // under the lock: of the latest answer in force
    private volatile State state = new State(null, AUTHORITY, null, 0);
    private volatile long lastGoodAt;
    private volatile long failedAt;

    /**
     * Asks the source for the first time, in the background unless it is immediate.
     *
     * @param asker runs the calls of a source that is not immediate: one thread of its own
     * @param nanos a clock like {@link System#nanoTime}
     */
    public EffectiveRoute(
            ReadRouteSource source, ReadRouteSettings settings, Executor asker, Events events, LongSupplier nanos) {
        this.source = new FlagSource(source, events);
        this.settings = settings;
        this.nanos = nanos;
        this.immediate = source.immediate();
        this.calls = new SourceCalls(asker, settings.timeout(), nanos);
        this.keyRoutes = source.perKey()
                ? new KeyRoutes(this.source, calls, settings, this::failed, () -> state.effective(), nanos)
                : null;
        this.lastGoodAt = nanos.getAsLong(); // a source that never answers fails since now
        this.unsubscribe = source.onChange(this::told);
        refresh();
    }

    /**
     * Asks the source again, in the background unless it is immediate; not while it is still being asked. Tries again to set
     * the flag back, in the background. To be called at each refresh interval.
     */
    public void refresh() {
        calls.watch();
        if (keyRoutes != null) {
            keyRoutes.report();
        }
        askAgain();
    }

    private void askAgain() {
        if (!immediate) {
            put(this::ask);
            return;
        }
        askNow();
        if (mayBeSetBack(state.judged())) {
            put(this::setFlagBack);
        }
    }

    /**
     * The flag may have changed: what is being asked at this moment may have missed it. Not a refresh: however often a source
     * tells, what comes once for each refresh comes no more often.
     */
    private void told() {
        toldMeanwhile.set(true);
        askAgain();
    }

    private void put(SourceCalls.Question question) {
        if (!source.ended()
                && asking.compareAndSet(false, true)
                && !calls.putFirst(question, this::failed, this::answered)) {
            asking.set(false);
            failed(new IllegalStateException("the source of the read route cannot be asked any more"));
        }
    }

    private void answered() {
        asking.set(false);
        if (!immediate && toldMeanwhile.get()) {
            askAgain();
        }
    }

    /** What to do when a step back ends, however that is. */
    public void onEndOfStepBack(Runnable action) {
        onEndOfStepBack = action;
    }

    /** Asks no more, and is not to be told of changes any more. What the end interrupts is no failure of the source. */
    public void close() {
        source.end();
        unsubscribe.run();
    }

    /** The route in force now. */
    public ReadRoute current() {
        return immediate ? askNow() : state.effective();
    }

    /**
     * Whether reads may go to the secondary, as was known at the last look at the source; if the route depends on the key, whether
     * a key was read within the last minute that may. Never asks the source.
     */
    public boolean mayReadSecondary() {
        State now = state;
        KeyRoutes perKey = keyRoutes;
        return now.effective().mayReadSecondary()
                || (perKey != null && now.judged() == null && perKey.mayReadSecondary());
    }

    /** Whether the route depends on the key. */
    public boolean perKey() {
        return keyRoutes != null;
    }

    /** The route in force now for this key; the same as {@link #current()} unless the source is per key. */
    public ReadRoute current(Object key) {
        KeyRoutes perKey = keyRoutes;
        if (perKey == null) {
            return current();
        }
        State now = state;
        return now.judged() != null ? now.effective() : perKey.current(key);
    }

    /** Holds the calling thread for as long as the source does. */
    private void ask(BooleanSupplier givenUp) {
        toldMeanwhile.set(false);
        long ticket = tickets.incrementAndGet();
        long askedAt = nanos.getAsLong();
        ReadRoute route;
        try {
            route = source.route();
        } catch (Throwable e) { // a flag client may throw anything
            if (!givenUp.getAsBoolean()) { // or it has been counted
                failed(e);
            }
            return;
        }
        if (!givenUp.getAsBoolean()) {
            accept(route, askedAt, ticket);
            setFlagBack(givenUp);
        }
    }

    /** A read pays for no ticket while nothing changes: what differs from what is known is asked once more, with one. */
    private ReadRoute askNow() {
        try {
            ReadRoute route = source.route();
            State now = state;
            ReadRoute flag = now.flag();
            if (now.failures() == 0 && flag != null && route.equals(flag)) {
                return now.effective();
            }
            long ticket = tickets.incrementAndGet();
            accept(source.route(), nanos.getAsLong(), ticket);
            return state.effective();
        } catch (Throwable e) { // as above
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            if (state.failures() == 0
                    || nanos.getAsLong() - failedAt >= settings.refresh().toNanos()) {
                failed(e); // once for each refresh, not for each read
            }
            return state.effective();
        }
    }

    /**
     * Takes over an answer, unless one has been taken over of which the question was put later. The source is never asked under the lock:
     * what it locks itself, it may hold while it tells of a change.
     *
     * @param ticket drawn before the question was put
     */
    private void accept(ReadRoute route, long askedAt, long ticket) {
        lock.lock();
        try {
            if (ticket > taken) {
                taken = ticket;
                take(route, askedAt);
            }
        } finally {
            lock.unlock();
        }
        source.deliver();
    }

    /** Takes over an answer; to be called under the lock. */
    private void take(ReadRoute route, long askedAt) {
        State before = state;
        if (before.failures() > 0) {
            source.recovered(before.failures());
        }
        lastGoodAt = askedAt;
        if (keyRoutes != null) {
            keyRoutes.sourceAnswers();
        }
        Judged judged = before.judged();
        boolean ended = judged != null && judged.endedBy(route);
        if (ended) {
            onEndOfStepBack.run();
        }
        settle(route, judged == null || ended ? null : judged.seen(route), 0, RouteChangeReason.FLAG, "");
    }

    /** The source gave no route; the last good one stays, unless it is too old. */
    private void failed(Throwable error) {
        if (source.ended()) {
            return;
        }
        lock.lock();
        try {
            State before = state;
            failedAt = nanos.getAsLong();
            if (immediate && before.failures() == 0) {
                lastGoodAt = failedAt; // it was good at the read before
            }
            if (keyRoutes != null && before.flag() != null) {
                keyRoutes.sourceFails(lastGoodAt);
            }
            long failures = before.failures() + 1;
            settle(
                    before.flag(),
                    before.judged(),
                    failures,
                    RouteChangeReason.STALE,
                    "the source has failed for longer than maxStaleness");
            source.failed(state.effective(), failures, error);
        } finally {
            lock.unlock();
        }
        source.deliver();
    }

    /**
     * Returns the route to the authority, if it sends any read to the secondary now.
     *
     * @return whether it did
     */
    public boolean stepBack(String why, boolean fleet) {
        lock.lock();
        try {
            State before = state;
            if (before.judged() != null
                    || (keyRoutes == null && !before.effective().mayReadSecondary())) {
                return false;
            }
            taken = tickets.incrementAndGet(); // what was asked before it must not end it
            Judged judged = new Judged(before.flag(), why, fleet, false);
            settle(before.flag(), judged, before.failures(), RouteChangeReason.STEP_BACK, why);
        } finally {
            lock.unlock();
        }
        source.deliver();
        if (immediate && mayBeSetBack(state.judged())) {
            put(this::setFlagBack); // at the next refresh otherwise, when the source is asked anyway
        }
        return true;
    }

    /** For how long the source has failed; empty if it gives values. Waits for nobody. */
    public Optional<Duration> failingFor() {
        return state.failures() == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(nanos.getAsLong() - lastGoodAt));
    }

    /** Whether a step back is in force. */
    public boolean steppedBack() {
        return state.judged() != null;
    }

    /** Ends a step back: what the flag says is in force again. */
    public void resume() {
        lock.lock();
        try {
            State before = state;
            onEndOfStepBack.run();
            settle(before.flag(), null, before.failures(), RouteChangeReason.RESUMED, "");
        } finally {
            lock.unlock();
        }
        source.deliver();
    }

    private boolean mayBeSetBack(@Nullable Judged back) {
        return back != null && back.route() != null && back.fleet() && !back.setBack() && source.writable();
    }

    /**
     * Sets the flag back if it still has the route that was judged. That ends nothing: the source may read from a cache or a
     * replica, and only its own answer shows that the flag has another value.
     */
    private void setFlagBack(BooleanSupplier givenUp) {
        Judged back = state.judged();
        if (back == null || back.route() == null || !mayBeSetBack(back)) {
            return;
        }
        try {
            if (source.setBack(back.route(), back.route().withoutSecondary(), back.why())) {
                wasSetBack(back);
                long ticket = tickets.incrementAndGet();
                long askedAt = nanos.getAsLong();
                ReadRoute answer = source.route();
                if (!givenUp.getAsBoolean()) {
                    accept(answer, askedAt, ticket);
                }
            }
        } catch (Throwable e) { // as above; this instance has stepped back in any case
            if (!givenUp.getAsBoolean()) { // or it has been counted
                failed(e);
            }
        }
    }

    private void wasSetBack(Judged back) {
        lock.lock();
        try {
            State now = state;
            if (back.equals(now.judged())) {
                state = new State(now.flag(), now.effective(), back.written(), now.failures());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Works out the route in force; to be called under the lock. */
    private void settle(
            @Nullable ReadRoute flag, @Nullable Judged judged, long failures, RouteChangeReason reason, String detail) {
        ReadRoute before = state.effective();
        boolean keysChange = keyRoutes != null && (state.judged() == null) != (judged == null);
        ReadRoute now = flag == null || (failures > 0 && tooOld())
                ? AUTHORITY
                : judged != null ? flag.withoutSecondary() : flag;
        state = new State(flag, now, judged, failures);
        if (keysChange || !same(before, now)) { // keys may have been on the secondary all the same
            source.changed(before, now, reason, detail, null);
        }
    }

    /** Of a source that fails. */
    private boolean tooOld() {
        return settings.maxStaleness()
                .map(Duration::toNanos)
                .filter(max -> failedAt - lastGoodAt > max)
                .isPresent();
    }

    static boolean same(ReadRoute a, ReadRoute b) {
        return a.toString().equals(b.toString());
    }
}
