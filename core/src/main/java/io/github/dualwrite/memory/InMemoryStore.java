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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory that can be the authority and the follower. For tests of applications and for examples; nothing is
 * durable, and memory is not bounded.
 *
 * <p>It is also the store SPI by example: each verb is one step under one lock, so that every rule of {@link Authority},
 * {@link Follower} and {@link io.github.dualwrite.spi.ReconciliationQueue} can be read off plain maps.
 *
 * <p>Unlike the stores of other adapters this object <em>is</em> the data: opening it again is a restart of the application
 * on the same data. Values are kept as they are, not copied: they should be immutable. It cannot join a caller's
 * transaction: what uses {@code repository.within(…)} is tested on the real primary. Safe for use by many threads.
 */
public final class InMemoryStore<K, V> implements AuthorityStore<K, V>, FollowerStore<K, V> {

    private final Function<? super V, ? extends K> keyOf;
    private final @Nullable UnaryOperator<V> withKey;
    private final InstantSource clock;
    private final MemoryTables<K, V> tables = new MemoryTables<>();

    private InMemoryStore(
            Function<? super V, ? extends K> keyOf, @Nullable UnaryOperator<V> withKey, InstantSource clock) {
        this.keyOf = Objects.requireNonNull(keyOf, "keyOf");
        this.withKey = withKey;
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /** An empty store. The function gives the key of a value; if it throws, the write is refused with what it throws. */
    public static <K, V> InMemoryStore<K, V> keyedBy(Function<? super V, ? extends K> keyOf) {
        return new InMemoryStore<>(keyOf, null, Clock.systemUTC());
    }

    /**
     * An empty store for tests in which time matters.
     *
     * @param clock tells when grace periods, leases and delays end
     */
    public static <K, V> InMemoryStore<K, V> keyedBy(Function<? super V, ? extends K> keyOf, InstantSource clock) {
        return new InMemoryStore<>(keyOf, null, clock);
    }

    /**
     * An empty store that gives keys, as a database does for an identity column: {@code create}, {@code save} and {@code saveAll} take values whose
     * key is {@code null}.
     *
     * <pre>{@code
     * AtomicLong last = new AtomicLong();
     * InMemoryStore.generatingKeys(Customer::id, customer -> new Customer(last.incrementAndGet(), customer.name()));
     * }</pre>
     *
     * @param keyOf gives the key of a value; {@code null} if it has none yet
     * @param withKey gives a value without a key a new one. Called once for each such value; must be safe for use by many threads
     */
    public static <K, V> InMemoryStore<K, V> generatingKeys(
            Function<? super V, ? extends K> keyOf, UnaryOperator<V> withKey) {
        return new InMemoryStore<>(keyOf, Objects.requireNonNull(withKey, "withKey"), Clock.systemUTC());
    }

    @Override
    public Authority<K, V> openAuthority(StoreContext context) {
        return new MemoryAuthority<>(tables, tables.queue(context.repository()), keyOf, withKey, clock, context);
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
