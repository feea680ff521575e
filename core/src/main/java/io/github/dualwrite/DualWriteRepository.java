package io.github.dualwrite;

import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.health.HealthReport;
import io.github.dualwrite.internal.EffectiveRoute;
import io.github.dualwrite.internal.ReadCounters;
import io.github.dualwrite.reconcile.Reconciler;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.CallerTransaction;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationSettings;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A repository over two stores: writes go to the primary first and follow to the secondary; what could not follow is
 * reconciled; reads move over by a flag.
 *
 * <p>When a write returns, it is committed on the primary, together with a durable note that the secondary still needs it
 * (DW-1). Whatever the secondary does changes neither the result nor, beyond the configured bound, the duration of a write
 * (DW-4). The result says whether the secondary has it.
 *
 * <p>Errors of a write come from the primary only:
 *
 * <ul>
 *   <li>{@link ConflictException}, {@link PermanentStoreException}, {@link TransientStoreException}: nothing was written;
 *   <li>{@link OutcomeUnknownException}: the primary's answer was lost; if the write is committed, the secondary will get it.
 * </ul>
 *
 * <p>Bad arguments are an {@link IllegalArgumentException} or a {@link NullPointerException}, use after {@link #close} an {@link
 * IllegalStateException}; a privilege or a table that is gone is a {@link ConfigurationException}. Nothing was written then.
 *
 * <p>A read through this instance returns what was written through it before, or something newer, whichever store answers
 * (DW-5); for the writes of other instances see {@link ReadYourWrites}.
 *
 * <p>Safe for use by many threads. Keys are used as map keys: they must implement {@code equals} and {@code hashCode} and not
 * change. Nothing may be {@code null}.
 */
public final class DualWriteRepository<K, V> implements AutoCloseable {

    private final String name;
    private final Arguments arguments;
    private final Authority<K, V> authority;
    private final WriteProtocol<K, V> writes;
    private final ReadProtocol<K, V> reads;
    private final QueryProtocol queries;
    private final EffectiveRoute route;
    private final Reconciler<K, V> reconciler;
    private final Backfills<K, V> backfills;
    private final Verifications<K, V> verifications;
    private final ReadCounters readCounters;
    private final RepositoryWatch watch;
    private final Runnable onClose;
    private volatile boolean closed;

    DualWriteRepository(
            String name,
            Authority<K, V> authority,
            WriteProtocol<K, V> writes,
            ReadProtocol<K, V> reads,
            QueryProtocol queries,
            EffectiveRoute route,
            Reconciler<K, V> reconciler,
            Backfills<K, V> backfills,
            Verifications<K, V> verifications,
            ReadCounters readCounters,
            Function<BooleanSupplier, RepositoryWatch> watch,
            Runnable onClose) {
        this.name = name;
        this.arguments = new Arguments(name);
        this.authority = authority;
        this.writes = writes;
        this.reads = reads;
        this.queries = queries;
        this.route = route;
        this.reconciler = reconciler;
        this.backfills = backfills;
        this.verifications = verifications;
        this.readCounters = readCounters;
        this.watch = watch.apply(this::closed);
        this.onClose = onClose;
    }

    /**
     * Starts the configuration of a repository.
     *
     * @param name names the repository in its queue, in events and in errors; must stay the same for the life of a migration
     * @param primary where the data lives today
     * @param secondary where it is going
     */
    public static <K, V> DualWriteRepositoryBuilder<K, V> builder(
            String name, AuthorityStore<K, V> primary, FollowerStore<K, V> secondary) {
        return new DualWriteRepositoryBuilder<>(name, primary, secondary);
    }

    /** The repository's name. */
    public String name() {
        return name;
    }

    /**
     * Inserts a record. A key that the primary generates may be missing in the value and comes with the result.
     *
     * @throws RecordExistsException if there is a record under its key
     */
    public WriteResult<K, V> create(V value) {
        arguments.notNull("value", value);
        return one(Operation.CREATE, List.of(), () -> List.of(authority.create(value)));
    }

    /**
     * Replaces a record.
     *
     * @throws RecordNotFoundException if there is no record under its key
     */
    public WriteResult<K, V> update(V value) {
        arguments.notNull("value", value);
        return one(Operation.UPDATE, List.of(), () -> List.of(authority.update(value)));
    }

    /**
     * Inserts or replaces a record. One whose key the primary is to generate is inserted.
     *
     * @throws RecordExistsException if the key that the primary generates is taken, because what it generates keys from is behind
     */
    public WriteResult<K, V> save(V value) {
        arguments.notNull("value", value);
        return one(Operation.SAVE, List.of(), () -> List.of(authority.save(value)));
    }

    /**
     * Removes a record.
     *
     * @return empty if there was none: then nothing was written
     */
    public Optional<WriteResult<K, V>> delete(K key) {
        arguments.notNull("key", key);
        return write(
                        Operation.DELETE,
                        List.of(key),
                        () -> authority.delete(key).map(List::of).orElse(List.of()))
                .stream()
                .findFirst();
    }

    /**
     * Inserts or replaces records on the primary, all or none, in one round trip where it allows that. On the secondary each
     * record stands for itself. If a key occurs more than once, its last record wins.
     *
     * <p>Meant for some hundreds of records: the secondary has {@code secondaryTimeout} for all of them together, and what it
     * does not answer in that time waits for the reconciler.
     *
     * @return a result for each distinct key, in no particular order
     */
    public List<WriteResult<K, V>> saveAll(Collection<? extends V> values) {
        List<V> copy = arguments.copy("values", values);
        return copy.isEmpty() ? List.of() : write(Operation.SAVE_ALL, List.of(), () -> authority.saveAll(copy));
    }

    /**
     * Removes records on the primary, all or none, in one round trip where it allows that. On the secondary each record
     * stands for itself.
     *
     * @return a result for each record that there was, in no particular order
     */
    public List<WriteResult<K, V>> deleteAll(Collection<? extends K> keys) {
        List<K> copy = arguments.copy("keys", keys);
        return copy.isEmpty() ? List.of() : write(Operation.DELETE_ALL, copy, () -> authority.deleteAll(copy));
    }

    /**
     * Gives keys a new version and brings their current state to the secondary, whatever it holds now. For keys that were
     * changed by other means, after that change is committed; inside its transaction use {@link TransactionalWrites}.
     */
    public void markPending(Collection<? extends K> keys) {
        List<K> copy = arguments.copy("keys", keys);
        if (!copy.isEmpty()) {
            open();
            writes.commitOnAuthority(Operation.MARK_PENDING, copy, () -> {
                authority.markPending(copy);
                return List.of();
            });
            writes.followMarked(copy);
        }
    }

    /**
     * The record under a key, from the store that the read route names.
     *
     * @throws TransientStoreException if the follower failed and the route allows no fallback; or from the authority
     */
    public Optional<V> read(K key) {
        arguments.notNull("key", key);
        open();
        return reads.read(key);
    }

    /**
     * The records that exist under the given keys, from the store that the read route names. Records that come from one
     * store come from at most one call of it; there is no snapshot over both stores.
     *
     * @throws TransientStoreException if the follower failed and the route of one of the keys that it was to answer allows no
     *     fallback; or from the authority
     */
    public Map<K, V> readAll(Collection<? extends K> keys) {
        List<K> copy = arguments.copy("keys", keys);
        open();
        return copy.isEmpty() ? Map.of() : reads.readAll(copy);
    }

    /**
     * What a query finds on the store that the read route names for its routing key, with the same fallbacks and shadow reads as
     * reads by key. As long as the backfill is not complete, that is the authority.
     *
     * @throws TransientStoreException if the follower failed and the route allows no fallback
     * @throws RuntimeException what the authority's function throws
     */
    public <T> T query(Query<T> query) {
        arguments.notNull("query", query);
        open();
        return queries.run(query);
    }

    /**
     * The writes of this repository inside a transaction that the caller runs on the primary.
     *
     * @throws IllegalArgumentException if the primary cannot join a transaction of this kind
     */
    public TransactionalWrites<K, V> within(CallerTransaction transaction) {
        arguments.notNull("transaction", transaction);
        open();
        AuthorityWrites<K, V> joined = authority
                .joining(transaction)
                .orElseThrow(() -> new IllegalArgumentException("repository '" + name + "': " + authority.description()
                        + " cannot join a caller's transaction"));
        return new TransactionalWrites<>(arguments, joined, transaction, writes);
    }

    /** The read route in force now. */
    public ReadRoute readRoute() {
        return route.current();
    }

    /** Whether an automatic {@linkplain io.github.dualwrite.routing.StepBack step back} is in force on this instance. */
    public boolean readRouteSteppedBack() {
        return route.steppedBack();
    }

    /** Ends an automatic step back on this instance: what the flag says is in force again. It may step back again. */
    public void resumeReadRoute() {
        route.resume();
    }

    /**
     * Whether this repository is safe, with reasons: breakers, age of the queue, parked writes, the flag, the reconciler. From what is
     * known at this moment; never waits, never throws.
     */
    public HealthReport health() {
        return watch.health();
    }

    /** What can be seen of this repository while it works: for metrics, health and alarms. */
    public RepositoryWatch watch() {
        return watch;
    }

    /** What has become of reads, queries and shadow reads since this repository was built. */
    public ReadStatistics readStatistics() {
        return new ReadStatistics(readCounters);
    }

    /** The reconciler of this repository: background service, job, and the place to look after parked writes. */
    public Reconciler<K, V> reconciler() {
        return reconciler;
    }

    /** The backfill of this repository with the default settings. */
    public Backfill<K, V> backfill() {
        return backfill(BackfillSettings.defaults());
    }

    /**
     * The backfill of this repository: copies what was there before dual writes began. Nothing happens until it is run.
     *
     * @throws ConfigurationException if a store cannot do its part; the message says which and what is missing
     */
    public Backfill<K, V> backfill(BackfillSettings<V> settings) {
        arguments.notNull("settings of the backfill", settings);
        open();
        return backfills.open(settings, () -> closed);
    }

    /** The verification of this repository with the default settings. */
    public Verification<K, V> verification() {
        return verification(VerificationSettings.defaults());
    }

    /**
     * The verification of this repository: compares both stores completely and says where they differ. Nothing happens until it is run.
     * Each has a circuit breaker of its own for reads by key: keep it rather than make many.
     *
     * @throws ConfigurationException if a store cannot be scanned; the message says which and what is missing
     */
    public Verification<K, V> verification(VerificationSettings<K, V> settings) {
        arguments.notNull("settings of the verification", settings);
        open();
        return verifications.open(settings, this::markPending, () -> closed);
    }

    /**
     * Ends the reconciler and the threads that this repository started, after the writes under way have been sent: waits at
     * most for the reconciler's {@code batchTimeout} and 1 s, and then twice {@code secondaryTimeout}. Runs of backfills end by themselves soon after. Stores, their clients and pools stay open. What is pending stays pending.
     */
    @Override
    public void close() {
        closed = true;
        reconciler.close();
        onClose.run();
    }

    private WriteResult<K, V> one(
            Operation operation, Collection<?> keys, Supplier<List<VersionedRecord<K, V>>> commit) {
        return write(operation, keys, commit).get(0);
    }

    private List<WriteResult<K, V>> write(
            Operation operation, Collection<?> keys, Supplier<List<VersionedRecord<K, V>>> commit) {
        open();
        return writes.write(operation, keys, commit);
    }

    private boolean closed() {
        return closed;
    }

    private void open() {
        if (closed) {
            throw new IllegalStateException("repository '" + name + "' is closed");
        }
    }
}
