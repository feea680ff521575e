package io.github.dualwrite.spi;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The store that is written first and decides what is true. Each call of an {@link AuthorityWrites} verb is an atomic unit
 * of its own.
 */
public interface Authority<K, V> extends AuthorityWrites<K, V> {

    /** Names the store in errors and logs, for example {@code PostgreSQL table public.customers}. */
    String description();

    /**
     * Version and current state of those of the given keys that are pending, read in one snapshot. A key whose record does
     * not exist comes as a tombstone. Keys that are not pending are left out; whether parked
     * ones are is up to the store.
     *
     * <p>Implementations must not read version and state in two snapshots: old content under a new version would hide the
     * real write from the follower for ever.
     */
    List<VersionedRecord<K, V>> snapshot(Collection<? extends K> keys);

    /** The queue of pending writes, kept in this store. */
    ReconciliationQueue<K> queue();

    /**
     * The same verbs inside a transaction that the caller runs: its commit is the caller's. Empty if this store cannot join
     * such a transaction.
     *
     * <p>Implementations must refuse, with a message that says what to pass, a transaction of a kind that they do not know.
     */
    default Optional<AuthorityWrites<K, V>> joining(CallerTransaction transaction) {
        return Optional.empty();
    }

    /** How a person looks at a record by hand, for example a query. May hold the key. */
    default String lookup(K key) {
        return description() + ", key " + key;
    }

    /**
     * The types that the store declares for the fields of a record, by the field's name in the store, in a form that a follower of the same kind
     * understands. It compares them with its own when a repository is built ({@link Follower#check(Map)}). Default: none.
     */
    default Map<String, String> declaredTypes() {
        return Map.of();
    }

    /** Reads all records. Empty if this store cannot: it then takes part in no backfill and no verification. */
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

    /** Where jobs on this repository are kept. Empty if this store keeps none. */
    default Optional<JobStore> jobs() {
        return Optional.empty();
    }
}
