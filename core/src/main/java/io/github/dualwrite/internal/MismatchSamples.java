package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Publishes samples of mismatches at a limited rate for each cohort, so that a flood of one kind neither fills a log nor hides
 * another kind. A bounded number of cohorts have a limit of their own; the others share one.
 */
final class MismatchSamples {

    private record Cohort(String query, String result, Set<String> fields) {}

    private static final Cohort OTHERS = new Cohort("", "others", Set.of());

    private final Events events;
    private final double perSecond;
    private final int cohorts;
    private final LongSupplier nanoTime;
    private final Map<Cohort, TokenBucket> buckets = new ConcurrentHashMap<>();

    MismatchSamples(Events events, double perSecond, int cohorts, LongSupplier nanoTime) {
        this.events = events;
        this.perSecond = perSecond;
        this.cohorts = cohorts;
        this.nanoTime = nanoTime;
    }

    void offer(ShadowSubject<?> subject, ShadowSubject.Difference difference) {
        Cohort cohort = new Cohort(subject.query(), difference.result().name(), difference.fields());
        long suppressed = bucket(cohort).take();
        if (suppressed >= 0) {
            events.publish(new DualWriteEvent.ShadowMismatch(
                    events.repository(), subject.shown(), difference.result(), difference.fields(), suppressed));
        }
    }

    private TokenBucket bucket(Cohort cohort) {
        TokenBucket own = buckets.get(cohort);
        if (own != null) {
            return own;
        }
        Cohort limited = buckets.size() < cohorts ? cohort : OTHERS;
        return buckets.computeIfAbsent(limited, c -> new TokenBucket(perSecond, nanoTime));
    }
}
