package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what becomes of reads, and checks of the follower that failed, which come before anybody could listen. Fed by events, where there is one in any case; answers, comparisons and sheds are counted by who
 * makes them, whether or not anybody listens. Counting makes no objects and takes no lock. Safe for use by many threads.
 */
public final class ReadCounters implements DualWriteListener {

    public final LongAdder readsByAuthority = new LongAdder();
    public final LongAdder readsByFollower = new LongAdder();
    public final LongAdder queriesByAuthority = new LongAdder();
    public final LongAdder queriesByFollower = new LongAdder();
    public final LongAdder followerReadsFailed = new LongAdder();
    public final LongAdder undecided = new LongAdder();
    public final LongAdder healed = new LongAdder();
    public final LongAdder healsSkipped = new LongAdder();
    public final LongAdder routeChanges = new LongAdder();
    public final LongAdder sourceFailures = new LongAdder();
    public final LongAdder sourceRecoveries = new LongAdder();
    public final LongAdder pendingKeysUnknown = new LongAdder();
    public final LongAdder followerChecksFailed = new LongAdder();
    private final Map<FallbackReason, LongAdder> readFallbacks = adders(FallbackReason.class);
    private final Map<FallbackReason, LongAdder> queryFallbacks = adders(FallbackReason.class);
    private final Map<ShadowResult, LongAdder> compared = adders(ShadowResult.class);
    private final Map<ShedReason, LongAdder> shed = adders(ShedReason.class);
    private final Map<ShadowStep, LongAdder> shadowFailures = adders(ShadowStep.class);

    private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
        Map<E, LongAdder> adders = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            adders.put(constant, new LongAdder());
        }
        return adders; // never changed: safe to read by many
    }

    private static <E extends Enum<E>> void add(Map<E, LongAdder> adders, E constant, int count) {
        LongAdder adder = adders.get(constant);
        if (adder != null) {
            adder.add(count);
        }
    }

    void compared(ShadowResult result) {
        add(compared, result, 1);
    }

    void shed(ShedReason reason, int count) {
        add(shed, reason, count);
    }

    @Override
    public void onReadFallback(DualWriteEvent.ReadFallback e) {
        add(readFallbacks, e.reason(), e.keys().size());
    }

    @Override
    public void onQueryFallback(DualWriteEvent.QueryFallback e) {
        add(queryFallbacks, e.reason(), 1);
    }

    @Override
    public void onFollowerReadFailed(DualWriteEvent.FollowerReadFailed e) {
        followerReadsFailed.add(e.keys().size());
    }

    @Override
    public void onRouteUndecided(DualWriteEvent.RouteUndecided e) {
        undecided.increment();
    }

    @Override
    public void onShadowFailed(DualWriteEvent.ShadowFailed e) {
        add(shadowFailures, e.step(), e.count());
    }

    @Override
    public void onShadowHealed(DualWriteEvent.ShadowHealed e) {
        healed.increment();
    }

    @Override
    public void onRouteChanged(DualWriteEvent.RouteChanged e) {
        routeChanges.increment();
    }

    @Override
    public void onRouteSourceFailed(DualWriteEvent.RouteSourceFailed e) {
        sourceFailures.increment();
    }

    @Override
    public void onRouteSourceRecovered(DualWriteEvent.RouteSourceRecovered e) {
        sourceRecoveries.increment();
    }

    @Override
    public void onPendingKeysKnown(DualWriteEvent.PendingKeysKnown e) {
        if (!e.known()) {
            pendingKeysUnknown.increment();
        }
    }

    @Override
    public void onFollowerCheckFailed(DualWriteEvent.FollowerCheckFailed e) {
        followerChecksFailed.increment();
    }

    public Map<FallbackReason, LongAdder> readFallbacks() {
        return readFallbacks;
    }

    public Map<FallbackReason, LongAdder> queryFallbacks() {
        return queryFallbacks;
    }

    public Map<ShadowResult, LongAdder> compared() {
        return compared;
    }

    public Map<ShedReason, LongAdder> shed() {
        return shed;
    }

    public Map<ShadowStep, LongAdder> shadowFailures() {
        return shadowFailures;
    }
}
