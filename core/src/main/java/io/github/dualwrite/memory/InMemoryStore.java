package io.github.dualwrite.memory;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * A store in memory that can be the authority and the follower. For tests of applications and for examples; nothing is
 * durable, and memory is not bounded.
 *
 * <p>It is also the store SPI by example: each verb is one step under one lock, so that every rule of {@link Authority},
 * {@link Follower} and {@link io.github.dualwrite.spi.ReconciliationQueue} can be read off plain maps.
 *
 * <p>Unlike the stores of other adapters this object <em>is</em> the data: opening it again is a restart of the application
 * on the same data. Values are kept as they are, not copied: they should be immutable. It cannot join a caller's
 * transaction. Safe for use by many threads.
 */
public final class InMemoryStore<K, V> implements AuthorityStore<K, V>, FollowerStore<K, V> {

    private final Function<? super V, ? extends K> keyOf;
    private final InstantSource clock;
    private final MemoryTables<K, V> tables = new MemoryTables<>();

    private InMemoryStore(Function<? super V, ? extends K> keyOf, InstantSource clock) {
        this.keyOf = Objects.requireNonNull(keyOf, "keyOf");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /** An empty store. The function gives the key of a value; if it throws, the write is refused with what it throws. */
    public static <K, V> InMemoryStore<K, V> keyedBy(Function<? super V, ? extends K> keyOf) {
        return new InMemoryStore<>(keyOf, Clock.systemUTC());
    }

    /**
     * An empty store for tests in which time matters.
     *
     * @param clock tells when grace periods, leases and delays end
     */
    public static <K, V> InMemoryStore<K, V> keyedBy(Function<? super V, ? extends K> keyOf, InstantSource clock) {
        return new InMemoryStore<>(keyOf, clock);
    }

    @Override
    public Authority<K, V> openAuthority(StoreContext context) {
        return new MemoryAuthority<>(tables, tables.queue(context.repository()), keyOf, clock, context);
    }

    @Override
    public Follower<K, V> openFollower(StoreContext context) {
        return new MemoryFollower<>(tables);
    }

    /** A copy of the records that exist now. */
    public Map<K, V> records() {
        return tables.atomically(() -> Map.copyOf(tables.records));
    }

    /** How many keys of a repository are pending now, parked ones included. */
    public int pending(String repository) {
        MemoryQueueTable<K> queue = tables.queue(repository);
        return tables.atomically(() -> queue.pending.size() + queue.parked.size());
    }

    @Override
    public String toString() {
        return "store in memory";
    }
}
