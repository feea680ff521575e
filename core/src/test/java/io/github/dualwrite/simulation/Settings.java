package io.github.dualwrite.simulation;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.ReadYourWrites;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.SimulatedRepositories;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How a world is: sizes, modes, and how much goes wrong. */
final class Settings {

    static final Duration SECONDARY_TIMEOUT = Duration.ofMillis(100);

    /** After this a caller no longer waits for the follower; the deadline and the margin of the guard. */
    static final long PATIENCE = Duration.ofMillis(150).toNanos();

    private static final ReadRoute[] ROUTES = {
        ReadRoute.secondary(),
        ReadRoute.secondary(),
        ReadRoute.builder().secondary(50).build(),
        ReadRoute.builder().secondary(100).shadow(100).build(),
        ReadRoute.builder().shadow(100).build(),
        ReadRoute.builder().secondary(100).fallback(false).build(),
        ReadRoute.builder()
                .allow(List.of("k0"))
                .deny(List.of("k1"))
                .secondary(50)
                .build(),
        ReadRoute.primary()
    };

    boolean timed = true;
    boolean checksAlways = true;
    int keys = 1;
    int processes = 1;
    int clients = 1;
    int operations = 6;
    int jobs;
    boolean background = true;
    SecondaryMode mode = SecondaryMode.SYNCHRONOUS;
    boolean handsOverAtOnce = true;
    long fleetBound;
    ReadRoute route = ReadRoute.secondary();
    boolean followerMayBlock;
    boolean heals;
    int followerFault;
    int authorityFault;
    int slowOneOf;
    int refuseOneOf;
    int rejectOneOf;
    int pauseOneOf;
    int lateTimerOneOf;
    int deaths;
    int outages;
    int authorityOutages;
    int routeChanges;
    int breakerChanges;
    boolean endsWithDeath;
    boolean aroundSweeps;
    boolean onlyLooksAreSlow;
    boolean readsAndWritesApart;
    boolean recordsBefore;
    int copiers;
    int verifiers;
    int damages;
    int splits = 1;
    int scanThreads = 1;
    int pageSize = 1;

    /** How many keys an instance can remember as pending. */
    int marks = 100_000;

    /** One pending write is a backlog for batches of one: then several batches are under way at once. */
    int batchSize = ReconcilerSettings.defaults().batchSize();

    /** Different each time: many a fault needs a world in which nothing else goes wrong. */
    static Settings drawn(Choices choices) {
        Settings settings = new Settings();
        settings.keys = 1 + choices.number(3);
        settings.processes = 1 + choices.number(2);
        settings.clients = 1 + choices.number(2);
        settings.operations = 4 + choices.number(5);
        settings.jobs = choices.number(2);
        settings.background = choices.number(4) > 0;
        settings.mode = choices.once(2) ? SecondaryMode.SYNCHRONOUS : SecondaryMode.ASYNCHRONOUS;
        settings.handsOverAtOnce = choices.once(2);
        settings.fleetBound = settings.processes > 1 && choices.once(2)
                ? Duration.ofMillis(200).toNanos()
                : 0;
        settings.route = ROUTES[choices.number(ROUTES.length)];
        settings.followerMayBlock = choices.once(4);
        settings.heals = choices.once(2);
        settings.followerFault = choices.once(3) ? 0 : 3 + choices.number(12);
        settings.authorityFault = choices.once(2) ? 0 : 6 + choices.number(30);
        settings.slowOneOf = choices.once(3) ? 0 : 4 + choices.number(20);
        settings.refuseOneOf = choices.once(4) ? 5 : 0;
        settings.rejectOneOf = choices.once(4) ? 4 : 0;
        settings.pauseOneOf = choices.once(2) ? 4 : 0;
        settings.lateTimerOneOf = choices.once(3) ? 4 : 0;
        settings.deaths = choices.number(3);
        settings.outages = choices.number(2);
        settings.authorityOutages = choices.once(5) ? 1 : 0;
        settings.routeChanges = choices.once(3) ? 2 : 0;
        settings.breakerChanges = choices.once(4) ? 3 : 0;
        settings.endsWithDeath = choices.once(2);
        settings.batchSize = choices.once(2) ? 1 : settings.batchSize;
        settings.marks = choices.once(4) ? 2 : settings.marks;
        switch (choices.number(8)) {
            case 0, 1 -> settings.backfill(choices);
            case 2 -> settings.verification(choices);
            case 3 -> {
                if (choices.once(2)) {
                    settings.sweeps(choices);
                } else {
                    settings.fleet(choices);
                }
            }
            default -> {
                // a world as it was drawn
            }
        }
        return settings;
    }

    /** One process whose marks of pending keys are settled by others, and sweeps that take long. */
    private void sweeps(Choices choices) {
        quiet();
        keys = 1 + choices.number(2);
        processes = 1;
        operations = 8;
        jobs = 2;
        aroundSweeps = true;
    }

    /** One process reads what another writes, nothing reconciles, and the looks at the queue take long. */
    private void fleet(Choices choices) {
        quiet();
        keys = 1 + choices.number(2);
        processes = 2;
        operations = 12;
        jobs = 0;
        fleetBound = Duration.ofMillis(200).toNanos();
        readsAndWritesApart = true;
    }

    /** Only what these worlds are about. */
    private void quiet() {
        clients = 2;
        background = false;
        route = ReadRoute.secondary();
        mode = SecondaryMode.SYNCHRONOUS;
        followerMayBlock = false;
        fleetBound = 0;
        followerFault = 2;
        authorityFault = 0;
        slowOneOf = 3;
        onlyLooksAreSlow = true;
        rejectOneOf = 0;
        refuseOneOf = 0;
        outages = 0;
        authorityOutages = 0;
        routeChanges = 0;
        breakerChanges = 0;
        deaths = 0;
    }

    private void backfill(Choices choices) {
        recordsBefore = true;
        copiers = 1 + choices.number(2);
        verifiers = choices.once(4) ? 1 : 0;
        scans(choices);
    }

    private void verification(Choices choices) {
        verifiers = 1 + choices.number(2);
        damages = choices.number(3);
        recordsBefore = choices.once(4);
        scans(choices);
    }

    private void scans(Choices choices) {
        keys = 2 + choices.number(2);
        splits = 1 + choices.number(2);
        scanThreads = 1 + choices.number(2);
        pageSize = 1 + choices.number(2);
        clients = 1;
    }

    /** Whether the stores of this world can be copied and compared: those that are broken on purpose may not. */
    void onlyLive() {
        recordsBefore = false;
        copiers = 0;
        verifiers = 0;
        damages = 0;
    }

    static ReadRoute someRoute(Choices choices) {
        return ROUTES[choices.number(ROUTES.length)];
    }

    Duration grace() {
        return Duration.ofMillis(150);
    }

    /** How long a delay of the library is here. Without time, what is meant to be soon may be at any moment. */
    long delay(long nanos) {
        return timed || nanos > 60_000_000 ? nanos : 0;
    }

    DualWriteRepository<String, Sample> repository(Instance instance) {
        World world = instance.world;
        VirtualClock clock = new VirtualClock(world);
        CircuitBreakerConfig breakerConfig = CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(4)
                .minimumNumberOfCalls(3)
                .waitDurationInOpenState(Duration.ofMillis(200))
                .permittedNumberOfCallsInHalfOpenState(2)
                .writableStackTraceEnabled(false)
                .clock(clock)
                .currentTimestampFunction(any -> world.loop.now(), TimeUnit.NANOSECONDS)
                .build();
        DualWriteRepositoryBuilder<String, Sample> builder = DualWriteRepository.<String, Sample>builder(
                        World.REPOSITORY,
                        (StoreContext context) ->
                                world.mutation.callsOfAuthority(instance, new SimAuthority(instance, world.truth)),
                        (StoreContext context) -> world.mutation.callsOfFollower(
                                instance, new SimFollower(instance, world.followerTruth)))
                .secondaryMode(mode)
                .secondaryTimeout(SECONDARY_TIMEOUT)
                .secondaryReadTimeout(SECONDARY_TIMEOUT)
                .grace(grace())
                .handOverDelay(handsOverAtOnce ? Duration.ZERO : Duration.ofMillis(2))
                .circuitBreaker(instance.breaker(breakerConfig))
                .circuitBreakerConfig(breakerConfig)
                .bulkheadConfig(BulkheadConfig.custom()
                        .maxConcurrentCalls(3)
                        .maxWaitDuration(Duration.ZERO)
                        .writableStackTraceEnabled(false)
                        .build())
                .readRouteSource(world.route)
                .readRouteSettings(ReadRouteSettings.defaults().refresh(Duration.ofMinutes(10)))
                .readYourWrites(
                        fleetBound > 0 ? ReadYourWrites.fleet(Duration.ofNanos(fleetBound)) : ReadYourWrites.instance())
                .shadowSettings(ShadowSettings.builder()
                        .threads(2)
                        .queueSize(4)
                        .timeout(SECONDARY_TIMEOUT)
                        .recheckDelay(Duration.ofMillis(80))
                        .rechecks(1)
                        .heal(heals)
                        .build())
                .reconcilerSettings(ReconcilerSettings.builder()
                        .batchSize(batchSize)
                        .batchTimeout(Duration.ofMillis(120))
                        .lease(Duration.ofMillis(200))
                        .pollInterval(Duration.ofMillis(100))
                        .initialBackoff(Duration.ofMillis(20))
                        .maxBackoff(Duration.ofMillis(200))
                        .build())
                .reconcileInBackground(background && instance.process.startsWith("p"))
                .listener(instance.witness);
        if (!recordsBefore) {
            builder.backfillComplete(() -> true);
        }
        return SimulatedRepositories.build(builder, new SimMachine(instance), marks);
    }
}
