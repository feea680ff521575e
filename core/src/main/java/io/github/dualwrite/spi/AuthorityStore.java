package io.github.dualwrite.spi;

import java.util.Optional;

/**
 * A store that can serve as the authority: it commits a record and its pending write in one atomic unit.
 *
 * <p>Implementations describe a store and its mapping; they are immutable and hold no resource of their own.
 */
public interface AuthorityStore<K, V> {

    /**
     * Checks the store and returns the verbs that a repository calls.
     *
     * <p>Implementations must check here whatever can be checked (connection, tables, columns, privileges) and throw with
     * a message that names what is wrong and what to do. They must not change the store.
     */
    Authority<K, V> openAuthority(StoreContext context);

    /**
     * The fields of a record as this store's mapping knows them, for comparing records that are not of a Java record class. Empty if
     * the mapping does not know them.
     */
    default Optional<RecordFields<V>> fields() {
        return Optional.empty();
    }
}
