package io.github.dualwrite.internal;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The routes of single keys, for a source with targeting; a bounded number of them is remembered.
 *
 * <ol>
 *   <li>A read never waits. It uses the route of its key as long as that is no older than refresh interval and timeout
 *       together, and has the source asked again when it is older than the refresh interval.
 *   <li>A key that was not read for longer, or never, has no known route: the authority answers, which is right in any case, and
 *       the source is asked. So a flag that is set back is set back for idle keys too. How many reads that were is an event.
 *   <li>While the source fails, what was known when it began to fail is the last good route, up to {@code maxStaleness}.
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
final class KeyRoutes {

    private static final ReadRoute AUTHORITY = ReadRoute.primary();

    /** How long after its last read a key says that reads go to the secondary. */
    private static final long LATELY = Duration.ofMinutes(1).toNanos();

    /** How exactly that is known: reads write it down no more often. */
    private static final long NOTED = Duration.ofSeconds(1).toNanos();

    /** A route, and when the question was asked that it answers. */
    private record Good(ReadRoute route, long askedAt) {}

    /** Questions without an answer since the last good one: when the first and the last of them were asked. */
    private record Failing(long since, long last) {}

    /** What is known about one key. */
    private static final class Entry {
        private final AtomicBoolean asking = new AtomicBoolean();
        private volatile @Nullable Good good;
        private volatile @Nullable Failing failing;
        private volatile boolean asked;
        private volatile long askedAt;
    }

    private final FlagSource source;
    private final SourceCalls calls;
    private final Consumer<Throwable> gaveUp;
    private final Supplier<ReadRoute> inForce;
    private final LongSupplier nanos;
    private final Cache<Object, Entry> keys;
    private final long refresh;
    private final long fresh;
    private final long maxStaleness;
    private final AtomicLong failedAt = new AtomicLong(Long.MIN_VALUE);
    private final LongAdder unknown = new LongAdder();
    private final LongAdder notAsked = new LongAdder();
    private volatile @Nullable Long sourceGoodAt; // while it fails
    private volatile @Nullable Long secondaryAt; // the last read of a key that may go there

    /**
     * Knows no key yet.
     *
     * @param gaveUp told when a question takes too long, which says something about the source and not about the key
     * @param inForce the route of the repository, for events
     */
    KeyRoutes(
            FlagSource source,
            SourceCalls calls,
            ReadRouteSettings settings,
            Consumer<Throwable> gaveUp,
            Supplier<ReadRoute> inForce,
            LongSupplier nanos) {
        this.source = source;
        this.calls = calls;
        this.gaveUp = gaveUp;
        this.inForce = inForce;
        this.nanos = nanos;
        this.keys = Caffeine.newBuilder()
                .maximumSize(settings.keys())
                .executor(Runnable::run)
                .build();
        this.refresh = settings.refresh().toNanos();
        this.fresh = settings.refresh().plus(settings.timeout()).toNanos();
        this.maxStaleness = settings.maxStaleness()
                .map(max -> max.plus(settings.refresh()).toNanos())
                .orElse(Long.MAX_VALUE);
    }

    ReadRoute current(Object key) {
        Entry entry = keys.get(key, unknown -> new Entry());
        long now = nanos.getAsLong();
        Good good = entry.good;
        boolean known = good != null && known(entry, good.askedAt(), now);
        if ((!entry.asked || now - entry.askedAt >= refresh) && entry.asking.compareAndSet(false, true)) {
            entry.askedAt = now;
            entry.asked = true;
            if (!calls.put(givenUp -> ask(key, entry, givenUp), gaveUp, () -> entry.asking.set(false))) {
                entry.asked = false;
                entry.asking.set(false);
                notAsked.increment();
            }
        }
        if (good != null && known) {
            noteSecondary(good.route(), now);
            return good.route();
        }
        unknown.increment();
        return AUTHORITY;
    }

    private void noteSecondary(ReadRoute route, long now) {
        if (route.mayReadSecondary()) {
            Long noted = secondaryAt;
            if (noted == null || now - noted >= NOTED) {
                secondaryAt = now;
            }
        }
    }

    /** Whether a key was read lately whose route sends reads to the secondary. */
    boolean mayReadSecondary() {
        Long noted = secondaryAt;
        return noted != null && nanos.getAsLong() - noted <= LATELY;
    }

    /** Tells how many reads the authority answered because it was not known what to do; to be called at each refresh. */
    void report() {
        long reads = unknown.sumThenReset();
        long dropped = notAsked.sumThenReset();
        if (reads + dropped > 0) {
            source.unknown(reads, dropped);
            source.deliver();
        }
    }

    private boolean known(Entry entry, long goodAt, long now) {
        if (now - goodAt <= fresh) {
            return true;
        }
        if (now - goodAt > maxStaleness) {
            return false;
        }
        Failing own = entry.failing;
        if (own != null && own.since() - goodAt <= fresh && now - own.last() <= fresh) {
            return true;
        }
        Long sourceWasGood = sourceGoodAt;
        return sourceWasGood != null && sourceWasGood - goodAt <= fresh;
    }

    /** The source fails for the repository as a whole; when it was asked for its last good route. */
    void sourceFails(long goodAt) {
        sourceGoodAt = goodAt;
    }

    /** The source answers for the repository as a whole. */
    void sourceAnswers() {
        sourceGoodAt = null;
    }

    private void ask(Object key, Entry entry, BooleanSupplier givenUp) {
        long askedAt = nanos.getAsLong();
        ReadRoute route;
        try {
            route = source.route(key);
        } catch (Throwable e) { // a flag client may throw anything
            if (!givenUp.getAsBoolean()) { // or it has been counted
                Failing before = entry.failing;
                entry.failing = new Failing(before == null ? askedAt : before.since(), askedAt);
                failed(e);
            }
            return;
        }
        if (givenUp.getAsBoolean()) {
            return;
        }
        Good before = entry.good;
        entry.good = new Good(route, askedAt);
        entry.failing = null;
        if (before != null && !before.route().toString().equals(route.toString())) {
            source.changed(before.route(), route, RouteChangeReason.FLAG, "", key);
            source.deliver();
        }
    }

    /** One event for each refresh interval, or a source that is down would mean one for each key. */
    private void failed(Throwable error) {
        long now = nanos.getAsLong();
        long before = failedAt.get();
        if ((before == Long.MIN_VALUE || now - before >= refresh) && failedAt.compareAndSet(before, now)) {
            source.failed(inForce.get(), 1, error);
            source.deliver();
        }
    }
}
