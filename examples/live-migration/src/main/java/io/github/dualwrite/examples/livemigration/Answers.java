package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Which store answered the reads of this process, beside what the flag says. Safe for use by many threads. */
final class Answers implements ReadWatch {

    /**
     * Reads of single keys under one route.
     *
     * @param bySecondary answered by DynamoDB
     * @param fallbacks the flag sent them to DynamoDB, PostgreSQL answered, and an event said why
     */
    record Share(long reads, long bySecondary, long fallbacks) {

        static final Share NONE = new Share(0, 0, 0);

        Share plus(Share other) {
            return new Share(reads + other.reads, bySecondary + other.bySecondary, fallbacks + other.fallbacks);
        }

        Share minus(Share other) {
            return plus(new Share(-other.reads, -other.bySecondary, -other.fallbacks));
        }

        /** How many per cent DynamoDB answered of those that were no fallbacks, rounded down. */
        long percent() {
            return reads == fallbacks ? 0 : 100 * bySecondary / (reads - fallbacks);
        }
    }

    private final ReadRouteSwitch flag;
    private final WatchedPool primary;
    private final Tally tally;
    private final Map<ReadRoute, Share> shares = new ConcurrentHashMap<>();
    private final AtomicLong misrouted = new AtomicLong();

    Answers(ReadRouteSwitch flag, WatchedPool primary, Tally tally) {
        this.flag = flag;
        this.primary = primary;
        this.tally = tally;
    }

    @Override
    public <T> T during(Collection<UUID> keys, Supplier<T> read) {
        ReadRoute route = flag.route(Names.REPOSITORY);
        long taken = primary.takenHere();
        long fallbacks = tally.fallbacksHere();
        T answer = read.get();
        if (flag.route(Names.REPOSITORY).equals(route)) { // else nobody can say which of the two was in force
            note(route, keys, primary.takenHere() == taken, tally.fallbacksHere() > fallbacks);
        }
        return answer;
    }

    private void note(ReadRoute route, Collection<UUID> keys, boolean bySecondaryAlone, boolean fellBack) {
        long in = keys.stream()
                .filter(key -> route.readsSecondary(Names.REPOSITORY, key))
                .count();
        boolean secondaryAloneWanted = in == keys.size() && !fellBack;
        if (bySecondaryAlone != secondaryAloneWanted) {
            misrouted.incrementAndGet();
        }
        if (keys.size() == 1) {
            shares.merge(route, new Share(1, bySecondaryAlone ? 1 : 0, fellBack ? 1 : 0), Share::plus);
        }
    }

    /** What was read while this route was in force. */
    Share under(ReadRoute route) {
        return shares.getOrDefault(route, Share.NONE);
    }

    /** Reads that another store answered than the flag names, without a fallback. */
    long misrouted() {
        return misrouted.get();
    }
}
