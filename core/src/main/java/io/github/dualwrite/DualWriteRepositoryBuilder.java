package io.github.dualwrite;

import io.github.dualwrite.backfill.BackfillParts;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.health.HealthSettings;
import io.github.dualwrite.internal.AheadWatch;
import io.github.dualwrite.internal.Confirmer;
import io.github.dualwrite.internal.Elsewhere;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.GivingWay;
import io.github.dualwrite.internal.JobCompletion;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.OwnedExecutors;
import io.github.dualwrite.internal.QueueSamples;
import io.github.dualwrite.internal.RealMachine;
import io.github.dualwrite.reconcile.Reconciler;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Durations;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Configures a {@link DualWriteRepository}. Every setting has a default that is meant for production. Not safe for use by many
 * threads.
 */
public final class DualWriteRepositoryBuilder<K, V> {

    private static final Duration CONFIRM_DELAY = Duration.ofMillis(50);

    private final String name;
    private final AuthorityStore<K, V> primary;
    private final FollowerStore<K, V> secondary;
    private final ResilienceSettings resilience = new ResilienceSettings();
    private final ReadSettings<K, V> read = new ReadSettings<>();

    private Machine machine = new RealMachine();
    private SecondaryMode secondaryMode = SecondaryMode.SYNCHRONOUS;
    private Duration secondaryTimeout = Duration.ofSeconds(1);
    private Duration grace = Duration.ofSeconds(5);
    private @Nullable Executor executor;
    private Duration handOverDelay = Duration.ofMillis(2);
    private HealthSettings healthSettings = HealthSettings.defaults();
    private ReconcilerSettings reconcilerSettings = ReconcilerSettings.defaults();
    private boolean reconcileInBackground = true;
    private boolean refuseUnfitSecondary = true;
    private final List<DualWriteListener> listeners = new ArrayList<>();

    DualWriteRepositoryBuilder(String name, AuthorityStore<K, V> primary, FollowerStore<K, V> secondary) {
        this.name = Objects.requireNonNull(name, "name");
        this.primary = Objects.requireNonNull(primary, "primary");
        this.secondary = Objects.requireNonNull(secondary, "secondary");
    }

    /** Whether a write waits for the secondary. Default: {@link SecondaryMode#SYNCHRONOUS}. */
    public DualWriteRepositoryBuilder<K, V> secondaryMode(SecondaryMode secondaryMode) {
        this.secondaryMode = Objects.requireNonNull(secondaryMode, "secondaryMode");
        return this;
    }

    /**
     * How long the secondary may take for a write; in synchronous mode the longest time that it costs a caller. Default: 1 s.
     */
    public DualWriteRepositoryBuilder<K, V> secondaryTimeout(Duration secondaryTimeout) {
        this.secondaryTimeout = Objects.requireNonNull(secondaryTimeout, "secondaryTimeout");
        return this;
    }

    /** How long the secondary may take for a read before the authority answers. Default: 500 ms. */
    public DualWriteRepositoryBuilder<K, V> secondaryReadTimeout(Duration secondaryReadTimeout) {
        read.timeout = Objects.requireNonNull(secondaryReadTimeout, "secondaryReadTimeout");
        return this;
    }

    /**
     * How long the reconciler leaves a fresh pending write to the write that is still on its way. Must be longer than {@link
     * #secondaryTimeout}. Default: 5 s.
     */
    public DualWriteRepositoryBuilder<K, V> grace(Duration grace) {
        this.grace = Objects.requireNonNull(grace, "grace");
        return this;
    }

    /**
     * A circuit breaker of the caller's for writes, by itself or from a registry. The reconciler uses it too. A failure of which a
     * predicate of its throws instead of judging it is logged, and told to it as another one that says no more than that.
     */
    public DualWriteRepositoryBuilder<K, V> circuitBreaker(CircuitBreaker circuitBreaker) {
        resilience.circuitBreaker = Objects.requireNonNull(circuitBreaker, "circuitBreaker");
        return this;
    }

    /** A circuit breaker of the caller's for reads of the secondary. */
    public DualWriteRepositoryBuilder<K, V> readCircuitBreaker(CircuitBreaker readCircuitBreaker) {
        resilience.readCircuitBreaker = Objects.requireNonNull(readCircuitBreaker, "readCircuitBreaker");
        return this;
    }

    /**
     * The configuration of those circuit breakers that the caller does not bring. Default: opens when half of the last 50
     * calls (at least 10) failed, for 5 s, then probes with 5 calls.
     */
    public DualWriteRepositoryBuilder<K, V> circuitBreakerConfig(CircuitBreakerConfig circuitBreakerConfig) {
        resilience.circuitBreakerConfig = Objects.requireNonNull(circuitBreakerConfig, "circuitBreakerConfig");
        return this;
    }

    /**
     * A bulkhead of the caller's for live writes to the secondary. If callers may wait for it, in synchronous mode that comes on top of
     * {@link #secondaryTimeout}, which begins with the call.
     *
     * <p>Consumers of its events must not throw. What they throw is logged and changes no result, but one that throws when a call is
     * permitted is taken for a refusal, and the permit is lost: Resilience4j tells nobody that it was taken.
     */
    public DualWriteRepositoryBuilder<K, V> bulkhead(Bulkhead bulkhead) {
        resilience.bulkhead = Objects.requireNonNull(bulkhead, "bulkhead");
        return this;
    }

    /**
     * A bulkhead of the caller's for reads of the secondary. If callers may wait for it, that comes on top of {@link
     * #secondaryReadTimeout}. As with {@link #bulkhead}, consumers of its events must not throw.
     */
    public DualWriteRepositoryBuilder<K, V> readBulkhead(Bulkhead readBulkhead) {
        resilience.readBulkhead = Objects.requireNonNull(readBulkhead, "readBulkhead");
        return this;
    }

    /**
     * The configuration of those bulkheads that the caller does not bring. Default: 64 calls at once; in synchronous mode and
     * for reads no waiting, in asynchronous mode waiting in the executor for up to {@link #secondaryTimeout}. What callers wait by another
     * configuration comes on top of the timeouts.
     */
    public DualWriteRepositoryBuilder<K, V> bulkheadConfig(BulkheadConfig bulkheadConfig) {
        resilience.bulkheadConfig = Objects.requireNonNull(bulkheadConfig, "bulkheadConfig");
        return this;
    }

    /**
     * Runs what follows a write in asynchronous mode, what follows a caller's transaction, and in synchronous mode the start of
     * calls to a secondary that may hold the thread that starts them. It should be bounded and may reject: the write then
     * waits for the reconciler. What it would run on the thread that gives it, as {@code CallerRunsPolicy} does, counts as rejected. The caller owns it. Default: a thread for each processor, at least two, and a queue of 1024,
     * closed with the repository.
     */
    public DualWriteRepositoryBuilder<K, V> executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * In asynchronous mode, how long a single write waits for others before they are handed to the executor together: it
     * spares the writer from waking a thread with each write, and the secondary gets batches of up to 32, each one call in the
     * eyes of breaker, bulkhead and deadline. Zero hands over each write by itself, at once. Default: 2 ms.
     */
    public DualWriteRepositoryBuilder<K, V> handOverDelay(Duration handOverDelay) {
        this.handOverDelay = Objects.requireNonNull(handOverDelay, "handOverDelay");
        return this;
    }

    /** A fixed read route. Default: the primary. */
    public DualWriteRepositoryBuilder<K, V> readRoute(ReadRoute readRoute) {
        return readRouteSource(ReadRouteSource.fixed(readRoute));
    }

    /** The feature flag that gives the read route. Default: none, a {@linkplain #readRoute fixed} route, the primary. */
    public DualWriteRepositoryBuilder<K, V> readRouteSource(ReadRouteSource readRouteSource) {
        read.source = Objects.requireNonNull(readRouteSource, "readRouteSource");
        return this;
    }

    /** How the source of the read route is followed. Default: {@link ReadRouteSettings#defaults()}. */
    public DualWriteRepositoryBuilder<K, V> readRouteSettings(ReadRouteSettings readRouteSettings) {
        read.route = Objects.requireNonNull(readRouteSettings, "readRouteSettings");
        return this;
    }

    /**
     * What a key is routed by: lists, percentage and predicates of the read route, and a flag that is evaluated for each key, see
     * this instead of the key. For instance the tenant in a composite key, so that {@code allow acme} means all its records,
     * and a percentage is one of the tenants. {@linkplain DualWriteRepository#query Queries} bring their own.
     *
     * <p>Changing it deals the keys out anew. A key for which the function throws or gives {@code null} is answered by the
     * authority ({@code RouteUndecided}). Default: the key itself.
     *
     * @param routingKey called at reads: must be quick and safe for use by many threads
     */
    public DualWriteRepositoryBuilder<K, V> routingKey(Function<? super K, ?> routingKey) {
        read.routingKey = Objects.requireNonNull(routingKey, "routingKey");
        return this;
    }

    /**
     * Which repositories deal out equal routing keys alike: those of one group send the same tenants to the secondary at the same percentage, if
     * they route by {@linkplain #routingKey tenant}. Only for the percentage; each repository has its own flag, lists and step back. Changing it deals the
     * keys out anew. Default: the repository's name, so that each has tenants of its own.
     */
    public DualWriteRepositoryBuilder<K, V> routingGroup(String routingGroup) {
        read.routingGroup = Objects.requireNonNull(routingGroup, "routingGroup");
        return this;
    }

    /** Has reads go back to the authority by themselves when the secondary fails or differs too often. Default: never. */
    public DualWriteRepositoryBuilder<K, V> stepBack(StepBack stepBack) {
        read.stepBack = Objects.requireNonNull(stepBack, "stepBack");
        return this;
    }

    /** Whose writes a read sees that the route sends to the secondary. Default: {@link ReadYourWrites#instance()}. */
    public DualWriteRepositoryBuilder<K, V> readYourWrites(ReadYourWrites readYourWrites) {
        read.readYourWrites = Objects.requireNonNull(readYourWrites, "readYourWrites");
        return this;
    }

    /**
     * Whether the secondary holds all that was there before dual writes began. Until then a read that finds nothing on the
     * secondary is answered by the authority. Called on the read path, before each read of the secondary: must not wait. Default: when the job {@value
     * BackfillSettings#JOB} of {@link DualWriteRepository#backfill} is complete, looked up each second off the read path; never, if
     * the primary keeps no jobs.
     */
    public DualWriteRepositoryBuilder<K, V> backfillComplete(BooleanSupplier backfillComplete) {
        read.backfillComplete = Objects.requireNonNull(backfillComplete, "backfillComplete");
        return this;
    }

    /** How shadow reads work. Whether there are any is up to the read route. Default: {@link ShadowSettings#defaults()}. */
    public DualWriteRepositoryBuilder<K, V> shadowSettings(ShadowSettings shadowSettings) {
        read.shadow = Objects.requireNonNull(shadowSettings, "shadowSettings");
        return this;
    }

    /**
     * Compares what both stores gave to a shadow read, and in a verification. Default: strictly by field, of a Java record, or else of what the
     * primary's mapping knows ({@link AuthorityStore#fields}); if neither is known, by {@code equals}, which the class must then have.
     */
    public DualWriteRepositoryBuilder<K, V> comparator(RecordComparator<? super V> comparator) {
        read.comparator = Objects.requireNonNull(comparator, "comparator");
        return this;
    }

    /**
     * Runs the secondary's side of {@linkplain DualWriteRepository#query queries}. It should be bounded and may reject: the authority
     * then answers. The caller owns it. Default: 32 threads and a queue of 256, closed with the repository.
     */
    public DualWriteRepositoryBuilder<K, V> queryExecutor(Executor queryExecutor) {
        read.queryExecutor = Objects.requireNonNull(queryExecutor, "queryExecutor");
        return this;
    }

    /** How the reconciler works. Default: {@link ReconcilerSettings#defaults()}. */
    public DualWriteRepositoryBuilder<K, V> reconcilerSettings(ReconcilerSettings reconcilerSettings) {
        this.reconcilerSettings = Objects.requireNonNull(reconcilerSettings, "reconcilerSettings");
        return this;
    }

    /**
     * Whether the repository starts its reconciler in the background. If not, somebody else must: with {@link
     * Reconciler#start()}, with {@link Reconciler#drain} as a job, or in another process. Default: yes.
     */
    public DualWriteRepositoryBuilder<K, V> reconcileInBackground(boolean reconcileInBackground) {
        this.reconcileInBackground = reconcileInBackground;
        return this;
    }

    /**
     * Whether {@link #build()} refuses a secondary that is certainly unfit: no such table, another key, wrong credentials. If
     * not, it is an event, and writes stay pending until the secondary is mended. A secondary that is down is never refused.
     * Default: yes.
     */
    public DualWriteRepositoryBuilder<K, V> refuseUnfitSecondary(boolean refuseUnfitSecondary) {
        this.refuseUnfitSecondary = refuseUnfitSecondary;
        return this;
    }

    /** What counts as safe, and how often the queue is read for health and metrics. Default: {@link HealthSettings#defaults()}. */
    public DualWriteRepositoryBuilder<K, V> healthSettings(HealthSettings healthSettings) {
        this.healthSettings = Objects.requireNonNull(healthSettings, "healthSettings");
        return this;
    }

    /** Adds a listener. */
    public DualWriteRepositoryBuilder<K, V> listener(DualWriteListener listener) {
        this.listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /** For simulations. */
    DualWriteRepositoryBuilder<K, V> simulated(Machine machine, int marks) {
        this.machine = machine;
        read.marks = marks;
        return this;
    }

    /**
     * Checks the configuration and both stores and opens the repository. For a secondary that does not answer it waits 5 s, then opens all the same;
     * for the primary as long as its client or driver does.
     *
     * @throws IllegalArgumentException if a setting is out of range or two contradict each other
     * @throws ConfigurationException if a store is not as it must be; the message says what to do
     * @throws TransientStoreException if the primary does not answer
     */
    public DualWriteRepository<K, V> build() {
        validate();
        StoreContext context = new StoreContext(name, grace);
        Events events = new Events(name, listeners);
        StoreCalls calls = new StoreCalls(events);
        Authority<K, V> authority = new ObservedAuthority<>(primary.openAuthority(context), calls);
        Follower<K, V> follower = new ObservedFollower<>(secondary.openFollower(context), calls);
        FollowerCheck.run(follower, authority.declaredTypes(), refuseUnfitSecondary, events);

        OwnedExecutors owned = new OwnedExecutors(name, machine);
        try {
            return open(authority, follower, calls, events, owned);
        } catch (RuntimeException | Error e) { // a source of the read route may throw anything
            owned.abandon();
            throw e;
        }
    }

    private DualWriteRepository<K, V> open(
            Authority<K, V> authority, Follower<K, V> follower, StoreCalls calls, Events events, OwnedExecutors owned) {
        Guards guards = new Guards(name, resilience, owned, events);
        JobCompletion completion = completion(authority, follower, owned);
        RecordComparator<? super V> comparator = read.comparatorFor(primary);
        ReadSide<K, V> reads =
                new ReadSide<>(read, comparator, completion, authority, follower, guards, owned, calls, events);
        Confirmer<K> confirmer = new Confirmer<>(authority.queue(), owned.scheduler(), CONFIRM_DELAY, events);
        Executor sender = events.carrying(executor != null ? new Elsewhere(executor) : owned.sender());
        boolean handOver = follower.mayBlock() && secondaryMode == SecondaryMode.SYNCHRONOUS;
        GivingWay givingWay = new GivingWay(machine::nanos);
        AheadWatch<K> ahead =
                new AheadWatch<>(follower.appliedVersions().orElse(null), authority.queue(), events, machine::nanos);
        WriteProtocol<K, V> writes = new WriteProtocol<>(
                authority,
                follower,
                guards.write(secondaryMode, secondaryTimeout, handOver ? sender : null),
                secondaryMode,
                sender,
                events.carrying(executor != null ? new Elsewhere(executor) : owned.followUps()),
                owned.timer(),
                handOverDelay,
                confirmer,
                reads.pendingKeys(),
                ahead,
                givingWay,
                events);
        owned.afterEnd(writes::flush); // what waited when the threads ended is told, if nobody can send it
        Reconciler<K, V> reconciler = new Reconciler<>(
                authority,
                follower,
                guards.batch(reconcilerSettings.batchTimeout()),
                reads.pendingKeys(),
                ahead,
                events,
                reconcilerSettings,
                machine);
        if (reconcileInBackground) {
            reconciler.start();
        }
        return new DualWriteRepository<>(
                name,
                authority,
                writes,
                reads.byKey(),
                reads.queries(),
                reads.route(),
                reconciler,
                new Backfills<>(authority, follower, guards::batch, completion, givingWay, events),
                new Verifications<>(
                        authority, follower, guards::verification, comparator, reconciler, events, read.routedBy(name)),
                events.readCounters(),
                closed -> watch(authority, guards, reads, reconciler, owned, events, closed),
                () -> owned.close(secondaryTimeout, writes::flush, confirmer::flush));
    }

    private RepositoryWatch watch(
            Authority<K, V> authority,
            Guards guards,
            ReadSide<K, V> reads,
            Reconciler<K, V> reconciler,
            OwnedExecutors owned,
            Events events,
            BooleanSupplier closed) {
        QueueSamples samples = new QueueSamples(
                authority.queue()::statistics,
                healthSettings.sampleInterval(),
                healthSettings.maxPendingAge(),
                owned.samples(),
                machine);
        HealthCheck health = new HealthCheck(
                name,
                healthSettings,
                samples,
                guards.breakers(),
                reads.route(),
                reconciler,
                reconcileInBackground,
                HealthCheck.longestRound(reconcilerSettings),
                closed);
        return new RepositoryWatch(health, samples, guards.breakers(), guards.bulkheads(), reads.backfilled(), events);
    }

    /** A completion of the caller's wins, and then nothing is looked up. */
    private @Nullable JobCompletion completion(
            Authority<K, V> authority, Follower<K, V> follower, OwnedExecutors owned) {
        JobStore jobs = authority.jobs().orElse(null);
        if (read.backfillComplete != null || jobs == null) {
            return null;
        }
        JobCompletion completion = new JobCompletion(
                jobs,
                BackfillSettings.JOB,
                BackfillParts.fingerprint(name, authority.description(), follower.description(), ""),
                machine::nanos);
        OwnedExecutors.repeat(owned.completion(), JobCompletion.INTERVAL, completion::refreshIfAsked);
        return completion;
    }

    private void validate() {
        if (name.isBlank() || name.length() > 200) {
            throw new IllegalArgumentException("the repository's name must have 1 to 200 characters and not be blank");
        }
        if (read.routingGroup != null && read.routingGroup.isBlank()) {
            throw new IllegalArgumentException(
                    "routingGroup must not be blank; leave it out for the repository's name");
        }
        Durations.positive("secondaryTimeout", secondaryTimeout);
        Durations.positive("secondaryReadTimeout", read.timeout);
        Durations.bounded("handOverDelay", handOverDelay);
        Durations.bounded("grace", grace);
        if (handOverDelay.isNegative()) {
            throw new IllegalArgumentException("handOverDelay must not be negative, not " + handOverDelay);
        }
        boolean waits = secondaryMode == SecondaryMode.ASYNCHRONOUS && !handOverDelay.isZero();
        if (grace.compareTo(waits ? secondaryTimeout.plus(handOverDelay) : secondaryTimeout) <= 0) {
            throw new IllegalArgumentException("grace (" + grace + ") must be longer than secondaryTimeout ("
                    + secondaryTimeout + ")" + (waits ? " plus handOverDelay (" + handOverDelay + ")" : "")
                    + ", or the reconciler races writes that are still on their way");
        }
    }
}
