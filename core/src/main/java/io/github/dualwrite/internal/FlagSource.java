package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.WritableReadRouteSource;
import org.jspecify.annotations.Nullable;

/**
 * The source of a read route as one repository asks it, and the events about it. Events are added under the lock that orders
 * what they tell of, and delivered under none. Safe for use by many threads.
 */
final class FlagSource {

    private static final String STEP_BACK = "step-back";

    private final ReadRouteSource source;
    private final String repository;
    private final String description;
    private final OrderedEvents events;
    private volatile boolean ended;

    FlagSource(ReadRouteSource source, Events events) {
        this.source = source;
        this.repository = events.repository();
        this.description = source.description(); // an application's code: not under a lock
        this.events = new OrderedEvents(events);
    }

    ReadRoute route() throws Exception {
        return said(source.route(repository));
    }

    ReadRoute route(Object key) throws Exception {
        return said(source.route(repository, key));
    }

    private static ReadRoute said(@Nullable ReadRoute route) {
        if (route == null) {
            throw new IllegalStateException("the source of the read route has no value");
        }
        return route;
    }

    boolean writable() {
        return source instanceof WritableReadRouteSource;
    }

    /** Sets the flag back if it still has the route that was judged; only if the source is writable. */
    boolean setBack(ReadRoute judged, ReadRoute route, String why) throws Exception {
        return ((WritableReadRouteSource) source).compareAndSet(repository, judged, route, STEP_BACK, why);
    }

    void changed(ReadRoute before, ReadRoute now, RouteChangeReason reason, String detail, @Nullable Object key) {
        events.add(new DualWriteEvent.RouteChanged(
                repository, before.toString(), now.toString(), description, reason, detail, key));
    }

    void failed(ReadRoute inForce, long failures, Throwable error) {
        if (!ended) { // what the end interrupts is no failure
            events.add(
                    new DualWriteEvent.RouteSourceFailed(repository, description, inForce.toString(), failures, error));
        }
    }

    void recovered(long failures) {
        events.add(new DualWriteEvent.RouteSourceRecovered(repository, description, failures));
    }

    void unknown(long reads, long notAsked) {
        events.add(new DualWriteEvent.KeyRoutesUnknown(repository, description, reads, notAsked));
    }

    void deliver() {
        events.deliver();
    }

    /** The repository does not ask any more. */
    void end() {
        ended = true;
    }

    boolean ended() {
        return ended;
    }
}
