package io.github.dualwrite.internal;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The routes of single keys, for a source with targeting; a bounded number of them is remembered.
 *
 * <p>A read never waits: the first one of a key has the source asked and is answered by the authority, which is right in any
 * case. Later ones use the last good route of the key and have the source asked again when that is older than the refresh
 * interval. Safe for use by many threads.
 */
final class KeyRoutes {

    private static final ReadRoute AUTHORITY = ReadRoute.primary();

    /** Asks the source, on a thread of its own. */
    @FunctionalInterface
    interface Asker {
        /** False if that is not possible now; otherwise {@code ended} is called at the end. */
        boolean ask(Object key, KeyRoute target, Runnable ended);
    }

    /** What is known about one key. */
    static final class KeyRoute {
        private final AtomicBoolean asking = new AtomicBoolean();
        private volatile @Nullable ReadRoute route;
        private volatile boolean asked;
        private volatile long askedAt;
        private volatile long goodAt;

        /** Takes over an answer; returns the route before it. */
        @Nullable
        ReadRoute accept(ReadRoute answer, long asked) {
            ReadRoute before = route;
            goodAt = asked;
            route = answer;
            return before;
        }
    }

    private final Cache<Object, KeyRoute> keys;
    private final Asker asker;
    private final LongSupplier nanos;
    private final long refresh;
    private final long maxStaleness;

    KeyRoutes(ReadRouteSettings settings, Asker asker, LongSupplier nanos) {
        this.keys = Caffeine.newBuilder()
                .maximumSize(settings.keys())
                .executor(Runnable::run)
                .build();
        this.asker = asker;
        this.nanos = nanos;
        this.refresh = settings.refresh().toNanos();
        this.maxStaleness = settings.maxStaleness()
                .map(max -> max.plus(settings.refresh()).toNanos())
                .orElse(Long.MAX_VALUE);
    }

    ReadRoute current(Object key) {
        KeyRoute known = keys.get(key, unknown -> new KeyRoute());
        ReadRoute route = known.route;
        long now = nanos.getAsLong();
        if ((!known.asked || now - known.askedAt >= refresh) && known.asking.compareAndSet(false, true)) {
            known.askedAt = now;
            known.asked = true;
            if (!asker.ask(key, known, () -> known.asking.set(false))) {
                known.asked = false;
                known.asking.set(false);
            }
        }
        return route == null || now - known.goodAt > maxStaleness ? AUTHORITY : route;
    }
}
