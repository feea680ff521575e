package io.github.dualwrite;

import io.github.dualwrite.internal.BoundedCalls;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.OwnedExecutors;
import io.github.dualwrite.internal.ShadowReads;
import io.github.dualwrite.internal.StepBackWatch;
import io.github.dualwrite.routing.ShadowSettings;

/**
 * The shadow side of one kind of read, by key or by query: a lane has its own threads, circuit breaker, bulkhead and limits, so that
 * a query that hangs or always fails takes nothing from reads by key, nor they from queries.
 *
 * @param reads makes the shadow reads
 * @param guard what their calls of the follower go through
 */
record ShadowLane(ShadowReads reads, Guard guard) {

    static final String KEYS = "shadow";
    static final String QUERIES = "shadow-query";

    /**
     * Opens a lane; its threads start when they are first needed and end with the given ones.
     *
     * @param mayBlock whether a call of the follower can hold the thread that makes it; it then gets a thread that may be held
     */
    static ShadowLane open(
            String purpose,
            boolean mayBlock,
            ShadowSettings settings,
            Guards guards,
            OwnedExecutors owned,
            StepBackWatch watch,
            Events events) {
        int threads = settings.threads();
        Guard guard = guards.shadow(
                purpose, settings, mayBlock ? owned.shadow(purpose + "-follower", threads, threads) : null);
        ShadowReads reads = new ShadowReads(
                settings.executor()
                        .orElseGet(() -> owned.relayed(owned.shadow(purpose, threads, settings.queueSize()))),
                new BoundedCalls(
                        owned.shadow(purpose + "-authority", threads, threads), settings.timeout(), owned.machine()),
                owned.scheduler(),
                settings,
                watch,
                events,
                owned.machine()::nanos);
        return new ShadowLane(reads, guard);
    }
}
