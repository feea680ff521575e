package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A mapping at work: the verbs of a follower on a connection that the caller holds. Errors are translated. */
interface Following<K, V> {

    /** The query by which a person looks at a record; empty if there is not one table. */
    default Optional<String> lookup(K key) {
        return Optional.empty();
    }

    /** What the mapping would have to implement so that its records can be scanned; empty if they can. */
    default Optional<String> scanNeeds() {
        return Optional.empty();
    }

    /** What stands for a key in the tables of Dualwrite. */
    String keyText(K key);

    /**
     * Brings a record into the form in which it is sent, without talking to the server.
     *
     * @throws RuntimeException if this record can never be applied
     */
    Change<K, V> change(K key, long version, @Nullable V record);

    /**
     * Applies all of the changes whose version is higher than what is applied, or nothing, in one atomic unit.
     *
     * @param changes with distinct keys, in the order in which all callers lock them
     * @return the texts of the keys that were superseded; the others were applied
     */
    Set<String> apply(FollowerSession session, List<Change<K, V>> changes);

    /**
     * Stores those of the records under whose key there is neither a record nor a tombstone, or nothing, in one atomic unit that
     * also shuts out applies of the same keys for as long as it takes.
     *
     * @param records with distinct keys, in the order in which all callers lock them
     * @return the texts of the keys under which there was something; the others were stored
     */
    Set<String> baseline(FollowerSession session, List<Change<K, V>> records);

    /**
     * Names the column that cannot hold a change which the server refused without saying where, or a trigger that may have kept it
     * away; empty if neither is found.
     */
    Optional<String> misfit(FollowerSession session, Change<K, V> change);

    /** Refuses tables that certainly do not fit, and columns that hold less than those of the same names on the authority. */
    void check(Connection connection, Map<String, String> authorityTypes) throws SQLException;

    Optional<V> read(FollowerSession session, K key);

    Map<K, V> readAll(FollowerSession session, Collection<? extends K> keys);
}
