package io.github.dualwrite.spi;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The store that is brought to the authority's state.
 *
 * <p>Calls return at once and must not block the calling thread, unless {@link #mayBlock} says so. Core bounds each call in time and <em>cancels</em> the
 * returned future when it stops waiting; implementations should then stop the work. A future that completes exceptionally
 * is a transient failure of the whole call. Implementations must be safe for use by many threads.
 */
public interface Follower<K, V> {

    /** Names the store in errors and logs, for example {@code DynamoDB table customers}. */
    String description();

    /**
     * Whether a call can hold the calling thread for a while before it returns its future, for instance to resolve credentials.
     * Core then starts calls on threads of its own, so that the caller's bound holds. Default: no.
     */
    default boolean mayBlock() {
        return false;
    }

    /**
     * How many records a call of {@link #apply} should have at the most, for a store to which a call of many takes longer than one of few. A live write of more
     * is then several calls, one after another, each with the time that a call has. At least 1. Default: no limit.
     */
    default int batchLimit() {
        return Integer.MAX_VALUE;
    }

    /**
     * Checks, without changing anything, that the store can follow: that it answers, that the table is there and has the
     * right key.
     *
     * @return a future that completes normally if it can; with {@code ConfigurationException} if it certainly cannot, saying
     *     what to do; with any other exception if that is not known now, for instance because the store is down
     */
    CompletableFuture<Void> check();

    /**
     * The same, and whether fields that the authority knows by the same name can hold all that they can hold there.
     *
     * @param authorityTypes what {@link Authority#declaredTypes} says; a store of another kind, whose types are not comparable, says
     *     nothing
     */
    default CompletableFuture<Void> check(Map<String, String> authorityTypes) {
        return check();
    }

    /**
     * Applies each record or tombstone if, and only if, the version that the store holds under its key is lower (DW-2). No
     * version counts as lower than any. The comparison and the change are one atomic step for each key.
     *
     * <p>Doing it again, in any order, with any other versions in between, must lead to the same state: that of the highest
     * version. A tombstone must be remembered at least as long as an older version can still arrive.
     *
     * @param records distinct keys; not empty
     * @return one result for each record, in the same order; a failure of one must not keep the others from being applied
     */
    CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<K, V>> records);

    /** The record under a key; tombstones are not there. Must see every apply that has completed. */
    CompletableFuture<Optional<V>> read(K key);

    /** The records under the given keys; tombstones are not there. Must see every apply that has completed. */
    CompletableFuture<Map<K, V>> readAll(Collection<? extends K> keys);

    /** Takes what was there before dual writes began. Empty if this store cannot: it can then not be backfilled. */
    default Optional<Baseline<K, V>> baseline() {
        return Optional.empty();
    }

    /** What the store remembers of applied versions. Empty if it cannot tell: rogue changes are then found, but not named. */
    default Optional<AppliedVersions<K>> appliedVersions() {
        return Optional.empty();
    }

    /** How a person looks at a record by hand, for example a query. May hold the key. */
    default String lookup(K key) {
        return description() + ", key " + key;
    }

    /** Reads all records. Empty if this store cannot: it then takes part in no verification. */
    default Optional<RecordScan<K, V>> scan() {
        return Optional.empty();
    }

    /**
     * What is missing for {@link #scan}, for a person: for example the method that a mapping would have to implement. Asked only where there is
     * no scan. Empty if nothing would help.
     */
    default Optional<String> scanNeeds() {
        return Optional.empty();
    }
}
