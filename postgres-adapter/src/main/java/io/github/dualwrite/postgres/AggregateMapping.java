package io.github.dualwrite.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A mapping by hand, for records that are stored in several tables.
 *
 * <p>Each method gets a connection inside a transaction. Implementations must use only that connection and must neither commit
 * nor roll back, and let {@link SQLException}s pass: where one is swallowed PostgreSQL commits nothing, and the whole is an error. Inside a transaction of the caller a write that fails is taken back as a whole, by a savepoint, and the caller may go on. For
 * one key, writes through Dualwrite never run at the same time. Implementations must be safe for use by
 * many threads.
 */
public non-sealed interface AggregateMapping<K, V> extends PostgresMapping<K, V> {

    /** Names what is stored, for errors and logs, for example {@code customer with addresses}. */
    String description();

    /** The key that a record carries; empty if the database will generate it. */
    Optional<K> key(V value);

    /** A key as text. Different keys must have different texts, and a key must always have the same. */
    String encodeKey(K key);

    /** The key of a text. */
    K decodeKey(String text);

    /**
     * Inserts or replaces a record in all its tables. On the authority what it throws reaches the caller as it is; in events and on the
     * follower its message is withheld, unless it is a {@link io.github.dualwrite.spi.MappingException}.
     *
     * @return the key under which it is stored. If the record carries another one, {@code update}, {@code save} and {@code saveAll} are
     *     errors and nothing is written, because the secondary would keep the record of that one
     */
    K store(Connection connection, V value) throws SQLException;

    /** Removes a record from all its tables; returns whether there was one. */
    boolean delete(Connection connection, K key) throws SQLException;

    /** The record under a key. */
    Optional<V> load(Connection connection, K key) throws SQLException;

    /**
     * The records that exist under the given keys, by keys that are equal to these. Others beside them are left out; if one of these is
     * missing then, it is loaded by {@link #load} as well, because one of the others may be meant for it. Loads one by one unless overridden.
     */
    default Map<K, V> loadAll(Connection connection, Collection<K> keys) throws SQLException {
        Map<K, V> loaded = new HashMap<>();
        for (K key : keys) {
            load(connection, key).ifPresent(value -> loaded.put(key, value));
        }
        return loaded;
    }

    /**
     * The table that lists the keys: a mapping of its key columns alone, with one row for each record and a unique index on exactly
     * these columns, for instance
     *
     * <pre>{@code
     * TableMapping.<Long, Long>columns("customer").key("id", ColumnType.BIGINT, key -> key)
     *         .build(row -> row.get("id", ColumnType.BIGINT))
     * }</pre>
     *
     * <p>It is only read. Default: empty; without it the records cannot be scanned, and so neither backfilled from here nor
     * verified.
     */
    default Optional<TableMapping<K, K>> keyTable() {
        return Optional.empty();
    }

    /**
     * About how many bytes a record takes, for how many are read at once, for rate limits and for progress. Called for each record that is scanned, so it
     * should be quick. Default: empty, and then it is estimated from the texts, bytes, lists, maps and Java records of which the record consists; what is inside
     * other classes, or fails when it is read, or is in lists and records beyond the first 100 000 values, is not known, and after the first such record a page has
     * 300 records at the most.
     */
    default OptionalLong size(V record) {
        return OptionalLong.empty();
    }
}
