package io.github.dualwrite.backfill;

import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.GivingWay;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.RecordScan;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * What {@code DualWriteRepository} gives to a backfill; an application gets the backfill from there.
 *
 * @param guard calls the follower; shares its circuit breaker with the writes
 * @param givingWay how fast the backfills of this repository may be beside its live writes
 * @param closed whether the repository is closed
 * @param hopeless which errors of the authority come again with every attempt
 * @param changed called when a run ended or a failure was dealt with
 */
public record BackfillParts<K, V>(
        Authority<K, V> authority,
        RecordScan<K, V> scan,
        JobStore jobs,
        Follower<K, V> follower,
        Baseline<K, V> baseline,
        Guard guard,
        Events events,
        GivingWay givingWay,
        BooleanSupplier closed,
        Predicate<Throwable> hopeless,
        Runnable changed) {

    /** What a job is begun for. Two repositories, stores, tables or filters have different ones. */
    public static String fingerprint(String repository, String authority, String follower, String filter) {
        return "repository '" + repository + "' from " + authority + " to " + follower
                + (filter.isEmpty() ? "" : " filter '" + filter + "'");
    }
}
