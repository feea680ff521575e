package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.BreakerStates;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.OwnedExecutors;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Makes what the calls of a repository's follower go through. Live writes, live reads, queries, shadow reads by key and
 * shadow reads of queries have a breaker and a bulkhead each: none takes a permit from another. Only the reconciler and backfills
 * share the breaker of the live writes. When the
 * threads of the repository have ended, so do the calls.
 */
final class Guards {

    static final String WRITE = "write";
    static final String READ = "read";
    static final String QUERY = "query";

    /** How soon a change of a breaker's state is told that no call of this repository has made or met. */
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    private final String name;
    private final ResilienceSettings settings;
    private final OwnedExecutors owned;
    private final Events events;
    private final Guard.Calls calls;
    private final CircuitBreaker writeBreaker;
    private final Map<String, CircuitBreaker> breakers = new LinkedHashMap<>();
    private final Map<CircuitBreaker, BreakerStates> states = new ConcurrentHashMap<>();
    private final Map<String, Bulkhead> bulkheads = new LinkedHashMap<>();

    Guards(String name, ResilienceSettings settings, OwnedExecutors owned, Events events) {
        this.name = name;
        this.settings = settings;
        this.owned = owned;
        this.events = events;
        this.calls = new Guard.Calls(events);
        owned.afterEnd(calls::end);
        this.writeBreaker = kept(WRITE, breaker(settings.circuitBreaker, WRITE));
        owned.repeat(LOOK_INTERVAL, () -> states.values().forEach(BreakerStates::look)); // others may have used them
    }

    /** For live writes; in asynchronous mode a thread of the executor may wait for the bulkhead. */
    Guard write(SecondaryMode mode, Duration timeout, @Nullable Executor starter) {
        Duration wait = mode == SecondaryMode.ASYNCHRONOUS ? timeout : Duration.ZERO;
        return guard(
                writeBreaker,
                kept(WRITE, settings.bulkheadOr(settings.bulkhead, name + "-write", wait)),
                timeout,
                starter);
    }

    /** For the reconciler, and for backfills, whose own threads may be held. */
    Guard batch(Duration timeout) {
        return guard(writeBreaker, null, timeout, null);
    }

    /** For verification: each has a breaker of its own, so that what it finds out about the follower says nothing of live calls. */
    Guard verification(Duration timeout) {
        return guard(breaker(null, "verify"), null, timeout, null);
    }

    /** For reads by key. */
    Guard read(Duration timeout, @Nullable Executor starter) {
        return guard(
                kept(READ, breaker(settings.readCircuitBreaker, READ)),
                kept(READ, settings.bulkheadOr(settings.readBulkhead, name + "-read", Duration.ZERO)),
                timeout,
                starter);
    }

    /** For queries. */
    Guard query(Duration timeout, Executor starter) {
        return guard(
                kept(QUERY, breaker(null, QUERY)),
                kept(QUERY, settings.bulkheadOr(null, name + "-query", Duration.ZERO)),
                timeout,
                starter);
    }

    /** For one kind of shadow reads; a thread for these may wait for a call, but not be held by it beyond the deadline. */
    Guard shadow(String purpose, ShadowSettings shadow, @Nullable Executor starter) {
        return guard(
                kept(purpose, breaker(null, purpose)),
                kept(
                        purpose,
                        Bulkhead.of(name + "-" + purpose, ResilienceSettings.config(shadow.threads(), Duration.ZERO))),
                shadow.timeout(),
                starter);
    }

    /** The breakers made so far, by purpose, without those of verifications, of which there may be many. */
    Map<String, CircuitBreaker> breakers() {
        return Collections.unmodifiableMap(breakers);
    }

    /** The bulkheads made so far, by purpose. */
    Map<String, Bulkhead> bulkheads() {
        return Collections.unmodifiableMap(bulkheads);
    }

    private CircuitBreaker kept(String purpose, CircuitBreaker breaker) {
        breakers.put(purpose, breaker);
        states.computeIfAbsent(breaker, this::watched); // an application's own may be the one of writes and of reads
        return breaker;
    }

    private Bulkhead kept(String purpose, Bulkhead bulkhead) {
        bulkheads.put(purpose, bulkhead);
        return bulkhead;
    }

    private Guard guard(
            CircuitBreaker breaker, @Nullable Bulkhead bulkhead, Duration timeout, @Nullable Executor starter) {
        BreakerStates known = states.get(breaker);
        return new Guard(
                breaker,
                known != null ? known : watched(breaker),
                bulkhead,
                timeout,
                owned.timer(),
                starter,
                owned.machine(),
                calls);
    }

    private CircuitBreaker breaker(@Nullable CircuitBreaker own, String purpose) {
        return settings.breakerOr(own, name + "-" + purpose);
    }

    private BreakerStates watched(CircuitBreaker breaker) {
        return new BreakerStates(
                breaker,
                (from, to) -> events.publish(
                        new DualWriteEvent.BreakerChanged(name, breaker.getName(), from.name(), to.name())));
    }
}
