package io.github.dualwrite;

import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.internal.ReadCounters;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What has become of the reads of one repository since it was built: counters that only grow, for any metrics library to read again
 * and again. Nothing is reset, and the numbers are not of one instant: reads go on while they are taken. Immutable.
 *
 * <p>Reads by key are counted by key, also those of {@code readAll}. Maps hold every constant, also with 0.
 */
public final class ReadStatistics {

    private final long readsByAuthority;
    private final long readsByFollower;
    private final long queriesByAuthority;
    private final long queriesByFollower;
    private final long followerReadsFailed;
    private final long undecided;
    private final long healed;
    private final long healsSkipped;
    private final long routeChanges;
    private final long routeSourceFailures;
    private final long routeSourceRecoveries;
    private final long pendingKeysUnknown;
    private final Map<FallbackReason, Long> readFallbacks;
    private final Map<FallbackReason, Long> queryFallbacks;
    private final Map<ShadowResult, Long> shadowResults;
    private final Map<ShedReason, Long> shadowsShed;
    private final Map<ShadowStep, Long> shadowFailures;

    ReadStatistics(ReadCounters now) {
        readsByAuthority = now.readsByAuthority.sum();
        readsByFollower = now.readsByFollower.sum();
        queriesByAuthority = now.queriesByAuthority.sum();
        queriesByFollower = now.queriesByFollower.sum();
        followerReadsFailed = now.followerReadsFailed.sum();
        undecided = now.undecided.sum();
        healed = now.healed.sum();
        healsSkipped = now.healsSkipped.sum();
        routeChanges = now.routeChanges.sum();
        routeSourceFailures = now.sourceFailures.sum();
        routeSourceRecoveries = now.sourceRecoveries.sum();
        pendingKeysUnknown = now.pendingKeysUnknown.sum();
        readFallbacks = sums(FallbackReason.class, now.readFallbacks());
        queryFallbacks = sums(FallbackReason.class, now.queryFallbacks());
        shadowResults = sums(ShadowResult.class, now.compared());
        shadowsShed = sums(ShedReason.class, now.shed());
        shadowFailures = sums(ShadowStep.class, now.shadowFailures());
    }

    private static <E extends Enum<E>> Map<E, Long> sums(Class<E> type, Map<E, LongAdder> adders) {
        Map<E, Long> sums = new EnumMap<>(type);
        adders.forEach((constant, adder) -> sums.put(constant, adder.sum()));
        return Collections.unmodifiableMap(sums);
    }

    /** Reads by key that the authority answered, those in the follower's stead included. */
    public long readsByAuthority() {
        return readsByAuthority;
    }

    /** Reads by key that the follower answered. */
    public long readsByFollower() {
        return readsByFollower;
    }

    /** Queries that the authority answered, those in the follower's stead included. */
    public long queriesByAuthority() {
        return queriesByAuthority;
    }

    /** Queries that the follower answered. */
    public long queriesByFollower() {
        return queriesByFollower;
    }

    /** Reads by key for which the authority was asked in the follower's stead, by reason. */
    public Map<FallbackReason, Long> readFallbacks() {
        return readFallbacks;
    }

    /** Queries for which the authority was asked in the follower's stead, by reason. */
    public Map<FallbackReason, Long> queryFallbacks() {
        return queryFallbacks;
    }

    /** Reads and queries that failed because the follower did and the route allows no fallback. */
    public long followerReadsFailed() {
        return followerReadsFailed;
    }

    /** Decisions that the route could not make, for which the authority stood in. */
    public long undecided() {
        return undecided;
    }

    /** Shadow reads that were compared, by result. */
    public Map<ShadowResult, Long> shadowResults() {
        return shadowResults;
    }

    /** Shadow reads that were not made or not finished, by reason. */
    public Map<ShedReason, Long> shadowsShed() {
        return shadowsShed;
    }

    /** Shadow reads that failed, by the step that did. */
    public Map<ShadowStep, Long> shadowFailures() {
        return shadowFailures;
    }

    /** Keys that were marked pending because they differ. */
    public long healed() {
        return healed;
    }

    /** Keys that differ and were not marked pending, because more of them were found than are healed in a second. */
    public long healsSkipped() {
        return healsSkipped;
    }

    /** Changes of the effective read route on this instance. */
    public long routeChanges() {
        return routeChanges;
    }

    /** Refreshes of the read route that failed. */
    public long routeSourceFailures() {
        return routeSourceFailures;
    }

    /** How often the source of the read route has given values again after failures. */
    public long routeSourceRecoveries() {
        return routeSourceRecoveries;
    }

    /** How often it became unknown which keys are pending. */
    public long pendingKeysUnknown() {
        return pendingKeysUnknown;
    }

    /** All numbers that are not 0, by name. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("reads");
        one(text, "by authority", readsByAuthority);
        one(text, "by follower", readsByFollower);
        one(text, "queries by authority", queriesByAuthority);
        one(text, "queries by follower", queriesByFollower);
        several(text, "fallback", readFallbacks);
        several(text, "query fallback", queryFallbacks);
        one(text, "follower failed", followerReadsFailed);
        one(text, "undecided", undecided);
        several(text, "shadow", shadowResults);
        several(text, "shed", shadowsShed);
        several(text, "shadow failed", shadowFailures);
        one(text, "healed", healed);
        one(text, "heals skipped", healsSkipped);
        one(text, "route changes", routeChanges);
        one(text, "route source failed", routeSourceFailures);
        one(text, "route source recovered", routeSourceRecoveries);
        one(text, "pending keys unknown", pendingKeysUnknown);
        return text.toString();
    }

    private static void one(StringBuilder text, String name, long count) {
        if (count != 0) {
            text.append(text.length() == 5 ? ": " : ", ")
                    .append(name)
                    .append(' ')
                    .append(count);
        }
    }

    private static void several(StringBuilder text, String name, Map<?, Long> counts) {
        counts.forEach((constant, count) -> one(text, name + " " + constant, count));
    }
}
