package io.github.dualwrite.examples.flagsday;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.event.ShadowResult;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** What an instance's listener is told about its reads. Safe for use by many threads. */
final class Findings implements DualWriteListener {

    private final AtomicLong mismatches = new AtomicLong();
    private final AtomicLong equalInARow = new AtomicLong();
    private final Map<FallbackReason, Long> fallbacks = new ConcurrentHashMap<>();
    private final Queue<DualWriteEvent.ShadowMismatch> samples = new ConcurrentLinkedQueue<>();
    private final Queue<DualWriteEvent.RouteChanged> routes = new ConcurrentLinkedQueue<>();

    @Override
    public void onShadowCompared(DualWriteEvent.ShadowCompared event) {
        if (event.result().mismatch()) {
            mismatches.incrementAndGet();
            equalInARow.set(0);
        } else if (event.result() == ShadowResult.EQUAL) {
            equalInARow.incrementAndGet();
        }
    }

    @Override
    public void onShadowMismatch(DualWriteEvent.ShadowMismatch event) {
        samples.add(event); // at most one each second for each cohort, so there is no flood
    }

    @Override
    public void onReadFallback(DualWriteEvent.ReadFallback event) {
        fallbacks.merge(event.reason(), (long) event.keys().size(), Long::sum);
    }

    @Override
    public void onRouteChanged(DualWriteEvent.RouteChanged event) {
        routes.add(event);
    }

    /** Comparisons that found a real difference. */
    long mismatches() {
        return mismatches.get();
    }

    /** Comparisons that found none, since the last one that did. */
    long equalInARow() {
        return equalInARow.get();
    }

    List<DualWriteEvent.ShadowMismatch> samples() {
        return List.copyOf(samples);
    }

    /** Reads that the route sent to the secondary and the primary answered, by reason. */
    Map<FallbackReason, Long> fallbacks() {
        return Map.copyOf(fallbacks);
    }

    /** How often the route changed. */
    int routeChanges() {
        return routes.size();
    }

    /** The changes of the route that were automatic steps back. */
    List<DualWriteEvent.RouteChanged> stepsBack() {
        return routes.stream()
                .filter(change -> change.reason() == RouteChangeReason.STEP_BACK)
                .toList();
    }
}
