package io.github.dualwrite.internal;

import com.github.benmanes.caffeine.cache.CacheLoader;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The route in force: what the source said last.
 *
 * <p>A read never waits for the source: its answers are cached and refreshed by an executor. A source that fails, hangs or
 * has no value keeps the last good route, and before any, the primary's. Safe for use by many threads.
 */
public final class EffectiveRoute {

    private final ReadRouteSource source;
    private final Events events;
    private final AtomicReference<ReadRoute> lastGood = new AtomicReference<>(ReadRoute.primary());
    private final @Nullable LoadingCache<String, ReadRoute> cache;

    /**
     * Asks the source for the first time, in the background unless it is immediate.
     *
     * @param refresher runs the source; not used for an immediate one
     */
    public EffectiveRoute(ReadRouteSource source, Duration refreshInterval, Executor refresher, Events events) {
        this.source = source;
        this.events = events;
        if (source.immediate()) {
            cache = null;
            ask();
        } else {
            cache = Caffeine.newBuilder()
                    .maximumSize(1)
                    .executor(refresher)
                    .refreshAfterWrite(refreshInterval)
                    .build(new CacheLoader<String, ReadRoute>() {
                        @Override
                        public ReadRoute load(String repository) {
                            return ask();
                        }
                    });
            cache.put(events.repository(), ReadRoute.primary());
            cache.refresh(events.repository());
        }
    }

    /** The route in force now. */
    public ReadRoute current() {
        return cache == null ? ask() : cache.get(events.repository());
    }

    private ReadRoute ask() {
        ReadRoute route;
        try {
            route = source.route(events.repository());
            if (route == null) {
                throw new IllegalStateException("the source of the read route has no value");
            }
        } catch (Throwable e) { // a flag client may throw anything
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            ReadRoute kept = Objects.requireNonNull(lastGood.get());
            events.publish(new DualWriteEvent.RouteSourceFailed(events.repository(), kept.toString(), e));
            return kept;
        }
        ReadRoute before = Objects.requireNonNull(lastGood.get());
        if (!before.equals(route) && lastGood.compareAndSet(before, route)) {
            events.publish(new DualWriteEvent.RouteChanged(events.repository(), before.toString(), route.toString()));
        }
        return route;
    }
}
