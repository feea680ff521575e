package io.github.dualwrite.metrics;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.Query;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RepositoryWatch;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.EveryEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.health.HealthSettings;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.EventProcessor;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetricsPublisher;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetricsPublisher;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a registry shows of a repository. */
class DualWriteMetricsTest {

    private final Rig rig = new Rig();
    private final Tasks tasks = new Tasks();
    private final ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.primary());
    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder() {
        return rig.builder()
                .readRouteSource(flag)
                .backfillComplete(() -> true)
                .shadowSettings(ShadowSettings.builder()
                        .executor(tasks)
                        .rechecks(0)
                        .timeout(Duration.ofSeconds(20))
                        .build())
                .healthSettings(HealthSettings.defaults().sampleInterval(Duration.ofMillis(10)));
    }

    private DualWriteRepository<String, Sample> bound() {
        return bound(builder());
    }

    private DualWriteRepository<String, Sample> bound(DualWriteRepositoryBuilder<String, Sample> builder) {
        DualWriteRepository<String, Sample> repository = rig.open(builder);
        new DualWriteMetrics(repository).bindTo(registry);
        return repository;
    }

    private double value(DualWriteMeter meter, String... tags) {
        return registry.get(meter.meterName())
                .tags(tags)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    private Timer timer(String store, String operation, String outcome) {
        return registry.get(DualWriteMeter.STORE_CALLS.meterName())
                .tags("repository", Rig.NAME, "store", store, "operation", operation, "outcome", outcome)
                .timer();
    }

    private List<Meter> ours() {
        return registry.getMeters().stream()
                .filter(meter -> meter.getId().getName().startsWith("dualwrite."))
                .toList();
    }

    @Test
    void callsOfBothStoresAreTimedByOperationAndOutcome() {
        DualWriteRepository<String, Sample> repository = bound();
        rig.follower.now((records, real) -> {
            clock.add(7, TimeUnit.MILLISECONDS);
            return real.get();
        });
        repository.create(Sample.of("a", 1));
        assertThatThrownBy(() -> repository.create(Sample.of("a", 2))).isInstanceOf(RecordExistsException.class);
        rig.follower.now((records, real) -> {
            clock.add(3, TimeUnit.MILLISECONDS);
            return ScriptedFollower.fails(new IllegalStateException("down")).apply(records, real);
        });
        repository.save(Sample.of("b", 1));

        assertThat(timer("follower", "apply", "success").count()).isEqualTo(1);
        assertThat(timer("follower", "apply", "success").totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(7);
        assertThat(timer("follower", "apply", "error").totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(3);
        assertThat(timer("authority", "create", "success").count()).isEqualTo(1);
        assertThat(timer("authority", "create", "conflict").count()).isEqualTo(1);
        assertThat(timer("authority", "save", "success").count()).isEqualTo(1);
    }

    @Test
    void percentilesHistogramsAndLimitsAreUpToTheUser() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        DualWriteMetrics.builder(repository)
                .percentiles(0.5, 0.99)
                .serviceLevelObjectives(Duration.ofMillis(10), Duration.ofMillis(100))
                .tags(List.of(Tag.of("region", "north")))
                .build()
                .bindTo(registry);
        repository.save(Sample.of("a", 1));

        var snapshot = timer("authority", "save", "success").takeSnapshot();
        assertThat(snapshot.percentileValues()).extracting(p -> p.percentile()).containsExactly(0.5, 0.99);
        assertThat(snapshot.histogramCounts())
                .extracting(bucket -> bucket.bucket(TimeUnit.MILLISECONDS))
                .contains(10.0, 100.0);
        assertThat(ours())
                .allSatisfy(meter -> assertThat(meter.getId().getTag("region")).isEqualTo("north"));
        assertThatThrownBy(() -> DualWriteMetrics.builder(repository).percentiles(99))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0.99");
    }

    @Test
    void writesAreCountedByWhatBecomesOfThem() throws Exception {
        DualWriteRepository<String, Sample> repository = bound(builder()
                .circuitBreakerConfig(CircuitBreakerConfig.custom()
                        .minimumNumberOfCalls(1000) // it stays closed
                        .slidingWindowSize(1000)
                        .build()));
        repository.save(Sample.of("a", 1));
        rig.follower.now(ScriptedFollower.answers(ApplyResult.superseded()));
        repository.save(Sample.of("a", 2));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("a", 3));
        rig.follower.now(ScriptedFollower.rejects("b"));
        repository.save(Sample.of("b", 1));

        assertThat(value(DualWriteMeter.WRITES_FOLLOWED, "path", "live", "result", "applied"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.WRITES_FOLLOWED, "path", "live", "result", "superseded"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.WRITES_LEFT_PENDING, "reason", "failed"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.WRITES_LEFT_PENDING, "reason", "rejected"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.WRITES_LEFT_PENDING, "reason", "timeout"))
                .isZero();
        assertThat(value(DualWriteMeter.RECONCILER_DRAIN_RATE)).isNaN();

        clock.add(2, TimeUnit.SECONDS);
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.reconciler().drain(Duration.ofMillis(150));
        assertThat(value(DualWriteMeter.RECONCILER_RETRIES))
                .isGreaterThanOrEqualTo(1)
                .isEqualTo(rig.events.of(DualWriteEvent.PushedBack.class).size());

        rig.follower.now(ScriptedFollower.rejects("b"));
        repository.reconciler().drain(Duration.ofSeconds(20));
        assertThat(value(DualWriteMeter.WRITES_FOLLOWED, "path", "reconciler", "result", "applied"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.RECONCILER_PARKED)).isEqualTo(1);
        assertThat(value(DualWriteMeter.RECONCILER_DRAIN_RATE))
                .as("one write within two seconds of the clock")
                .isEqualTo(0.5, within(1e-9));
        eventually(() -> assertThat(value(DualWriteMeter.QUEUE_PARKED)).isEqualTo(1));

        repository.reconciler().discardParked("b", "a test");
        assertThat(value(DualWriteMeter.RECONCILER_DISCARDED)).isEqualTo(1);
    }

    @Test
    void writesOfUnknownOutcomeAreCountedFromTheBeginningSoThatTheFirstIsAnIncrease() {
        AuthorityStore<String, Sample> breaks = context -> new ForwardingAuthority(rig.primary.openAuthority(context)) {
            @Override
            public VersionedRecord<String, Sample> save(Sample value) {
                throw new OutcomeUnknownException(
                        new DualWriteException.Context(Rig.NAME, Operation.SAVE, description(), List.of(value.id())),
                        "the connection broke during the commit",
                        null);
            }
        };
        DualWriteRepository<String, Sample> repository = bound(rig.builder(breaks));
        assertThat(value(DualWriteMeter.WRITES_OUTCOME_UNKNOWN)).isZero();

        assertThatThrownBy(() -> repository.save(Sample.of("a", 1))).isInstanceOf(OutcomeUnknownException.class);
        repository.create(Sample.of("b", 1));
        assertThatThrownBy(() -> repository.create(Sample.of("b", 2))).isInstanceOf(RecordExistsException.class);
        assertThat(value(DualWriteMeter.WRITES_OUTCOME_UNKNOWN)).isEqualTo(1);
    }

    @Test
    void theQueueIsShownAsOfTheLastSample() {
        DualWriteRepository<String, Sample> repository = bound();
        eventually(() -> assertThat(value(DualWriteMeter.QUEUE_DEPTH)).isZero());
        assertThat(value(DualWriteMeter.QUEUE_OLDEST_AGE)).isZero();

        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("a", 1));
        repository.save(Sample.of("b", 1));

        eventually(() -> assertThat(value(DualWriteMeter.QUEUE_DEPTH)).isEqualTo(2));
        eventually(() -> assertThat(value(DualWriteMeter.QUEUE_OLDEST_AGE)).isPositive());
        assertThat(value(DualWriteMeter.QUEUE_SAMPLE_AGE)).isNotNegative();
    }

    @Test
    void aScrapeDoesNotWaitForAQueueThatHangs() {
        CountDownLatch hangs = new CountDownLatch(1);
        AuthorityStore<String, Sample> store = context -> {
            var inner = rig.primary.openAuthority(context);
            return new ForwardingAuthority(inner, new ForwardingQueue(inner.queue()) {
                @Override
                public QueueStatistics statistics() {
                    try {
                        hangs.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return super.statistics();
                }
            });
        };
        bound(rig.builder(store));

        ours().forEach(meter ->
                meter.measure().forEach(measurement -> measurement.getValue())); // for ever, if it waits
        assertThat(value(DualWriteMeter.QUEUE_DEPTH)).isNaN();
        assertThat(value(DualWriteMeter.HEALTH_PROBLEM, "problem", "queue_unknown"))
                .isEqualTo(1);
        hangs.countDown();
        eventually(() -> assertThat(value(DualWriteMeter.QUEUE_DEPTH)).isZero());
    }

    @Test
    void readsFallbacksAndTheRouteAreShown() {
        DualWriteRepository<String, Sample> repository = bound();
        repository.read("a");
        flag.set(ReadRoute.parse("secondary 100% shadow 2%"));
        repository.read("a");
        rig.follower.readsFail(new IllegalStateException("down"));
        repository.read("a");

        assertThat(value(DualWriteMeter.READS, "kind", "key", "store", "authority"))
                .isEqualTo(2);
        assertThat(value(DualWriteMeter.READS, "kind", "key", "store", "follower"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.READS_FALLBACKS, "kind", "key", "reason", "failed"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.ROUTE_SECONDARY_PERCENT)).isEqualTo(100);
        assertThat(value(DualWriteMeter.ROUTE_SHADOW_PERCENT)).isEqualTo(2);
        assertThat(value(DualWriteMeter.ROUTE_CHANGES)).isEqualTo(1);
        assertThat(value(DualWriteMeter.ROUTE_STEPPED_BACK)).isZero();
        assertThat(value(DualWriteMeter.BACKFILL_COMPLETE)).isEqualTo(1);
    }

    @Test
    void shadowReadsAreCountedByClassAndTheirMismatchRatioIsThatOfTheLastMinutes() {
        flag.set(ReadRoute.parse("primary shadow 100%"));
        DualWriteRepository<String, Sample> repository = bound();
        assertThat(value(DualWriteMeter.SHADOW_MISMATCH_RATIO)).isNaN();
        repository.save(Sample.of("a", 1));
        eventually(() -> assertThat(rig.pending()).isZero());
        for (int i = 0; i < 3; i++) {
            repository.read("a");
        }
        tasks.run();
        eventually(() -> assertThat(value(DualWriteMeter.SHADOW_COMPARED, "result", "equal"))
                .isEqualTo(3));
        List<ApplyResult> byHand = rig.follower
                .apply(List.of(new VersionedRecord<>("a", Long.MAX_VALUE, Sample.of("a", 666))))
                .join(); // somebody else
        assertThat(byHand).hasSize(1);
        repository.read("a");
        tasks.run();
        eventually(() -> assertThat(value(DualWriteMeter.SHADOW_COMPARED, "result", "different"))
                .isEqualTo(1));

        assertThat(value(DualWriteMeter.SHADOW_MISMATCH_RATIO)).isEqualTo(0.25);
        clock.add(6, TimeUnit.MINUTES);
        assertThat(value(DualWriteMeter.SHADOW_MISMATCH_RATIO)).isEqualTo(0.25); // looked at before only now
        clock.add(6, TimeUnit.MINUTES);
        assertThat(value(DualWriteMeter.SHADOW_MISMATCH_RATIO))
                .as("nothing was compared lately")
                .isNaN();
    }

    @Test
    void breakersAreShownWithTheirStateAlsoThroughResilience4j() {
        CircuitBreaker own = CircuitBreaker.ofDefaults("own");
        bound(builder().circuitBreaker(own));
        own.transitionToOpenState();

        assertThat(value(DualWriteMeter.BREAKER_STATE, "breaker", "write", "state", "open"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.BREAKER_STATE, "breaker", "write", "state", "closed"))
                .isZero();
        assertThat(value(DualWriteMeter.BREAKER_STATE, "breaker", "read", "state", "closed"))
                .isEqualTo(1);
        assertThat(registry.get("resilience4j.circuitbreaker.state")
                        .tags("name", "own", "state", "open")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(registry.get("resilience4j.bulkhead.available.concurrent.calls")
                        .tags("name", "rig-write")
                        .gauge()
                        .value())
                .isEqualTo(64);
        assertThat(value(DualWriteMeter.HEALTH_PROBLEM, "problem", "breaker_open"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.HEALTH_SAFE)).isZero();
    }

    @Test
    void metersUnderResilience4jsNamesAreThoseOfItsOwnPublisherButForWhatNeedsConsumers() {
        DualWriteRepository<String, Sample> repository = bound();
        SimpleMeterRegistry theirs = new SimpleMeterRegistry();
        var breakers = new TaggedCircuitBreakerMetricsPublisher(theirs);
        var bulkheads = new TaggedBulkheadMetricsPublisher(theirs);
        repository.watch().circuitBreakers().values().forEach(breakers::publishMetrics);
        repository.watch().bulkheads().values().forEach(bulkheads::publishMetrics);

        assertThat(ids(registry, "resilience4j."))
                .isNotEmpty()
                .isEqualTo(ids(theirs, "resilience4j.").stream()
                        .filter(id -> !id.getName().endsWith("circuitbreaker.calls")
                                && !id.getName().endsWith("not.permitted.calls"))
                        .collect(Collectors.toSet()));
        for (Meter.Id id : ids(registry, "resilience4j.")) {
            assertThat(registry.get(id.getName()).tags(id.getTags()).gauge().value())
                    .as("%s", id)
                    .isEqualTo(
                            theirs.get(id.getName()).tags(id.getTags()).gauge().value());
        }
    }

    @Test
    void bindingAgainCountsNothingTwiceAndLeavesNothingWithTheBreakers() {
        CircuitBreaker own = CircuitBreaker.of("own", CircuitBreakerConfig.ofDefaults());
        DualWriteRepository<String, Sample> repository = rig.open(builder().circuitBreaker(own));
        DualWriteMetrics metrics = DualWriteMetrics.builder(repository)
                .tags(List.of(Tag.of("region", "north")))
                .build();
        metrics.bindTo(registry);
        metrics.close();
        assertThat(registry.getMeters()).isEmpty();
        metrics.bindTo(registry);
        repository.save(Sample.of("a", 1));

        assertThat(registry.get("resilience4j.circuitbreaker.buffered.calls")
                        .tags("name", "own", "kind", "successful", "region", "north")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.WRITES_FOLLOWED, "path", "live", "result", "applied"))
                .isEqualTo(1);
        assertThat(timer("authority", "save", "success").count()).isEqualTo(1);
        assertThat(((EventProcessor<?>) own.getEventPublisher()).hasConsumers())
                .as("a breaker with consumers makes an event of each call")
                .isFalse();
    }

    @Test
    void metersOfAnApplicationsOwnBreakerStayItsOwn() {
        CircuitBreaker own = CircuitBreaker.ofDefaults("own");
        new TaggedCircuitBreakerMetricsPublisher(registry).publishMetrics(own);
        Set<Meter.Id> before = ids(registry, "resilience4j.");
        DualWriteMetrics metrics = new DualWriteMetrics(rig.open(builder().circuitBreaker(own)));
        metrics.bindTo(registry);
        metrics.close();

        assertThat(ids(registry, "")).isEqualTo(before).isNotEmpty();
    }

    private static Set<Meter.Id> ids(MeterRegistry registry, String prefix) {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getName().startsWith(prefix))
                .collect(Collectors.toSet());
    }

    @Test
    void resilience4jsOwnMetersCanBeLeftOut() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        DualWriteMetrics.builder(repository).resilience4j(false).build().bindTo(registry);
        assertThat(registry.getMeters())
                .isNotEmpty()
                .noneMatch(meter -> meter.getId().getName().startsWith("resilience4j"));
    }

    @Test
    void backfillsAndVerificationsShowHowFarTheyAre() throws Exception {
        for (int i = 0; i < 50; i++) {
            rig.primary.openAuthority(new StoreContext("before", Duration.ZERO)).save(Sample.of("k" + i, i));
        }
        DualWriteRepository<String, Sample> repository =
                rig.open(DualWriteRepository.builder(Rig.NAME, rig.primary, rig.secondary)
                        .reconcileInBackground(false));
        new DualWriteMetrics(repository).bindTo(registry);
        assertThat(value(DualWriteMeter.BACKFILL_ROWS)).isNaN();
        assertThat(value(DualWriteMeter.BACKFILL_COMPLETE)).isZero();

        repository.backfill(BackfillSettings.<Sample>builder().build()).run();
        assertThat(value(DualWriteMeter.BACKFILL_RUNS)).isZero();
        assertThat(value(DualWriteMeter.BACKFILL_ROWS)).isEqualTo(50);
        assertThat(value(DualWriteMeter.BACKFILL_SPLITS_DONE))
                .isEqualTo(value(DualWriteMeter.BACKFILL_SPLITS))
                .isPositive();
        assertThat(value(DualWriteMeter.BACKFILL_FAILED_RECORDS)).isZero();
        eventually(() -> assertThat(value(DualWriteMeter.BACKFILL_COMPLETE)).isEqualTo(1));

        repository.verification().run();
        assertThat(value(DualWriteMeter.VERIFICATION_RUNS)).isZero();
        assertThat(value(DualWriteMeter.VERIFICATION_ENDED, "state", "consistent"))
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.VERIFICATION_FINDINGS, "finding", "missing"))
                .isZero();
        assertThat(value(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF))
                .as("a verification by itself says nothing for later")
                .isNaN();

        Instant before = Instant.now();
        try (var continuous =
                repository.verification().continuously(Duration.ofMinutes(1)).start()) {
            assertThat(continuous.running()).isTrue();
            eventually(() -> assertThat(value(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF))
                    .isGreaterThanOrEqualTo(before.toEpochMilli() / 1e3));
        }
        double closed = value(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF);
        eventually(() -> assertThat(Instant.now().toEpochMilli() / 1e3).isGreaterThan(closed));
        repository.verification().run();
        assertThat(value(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF)).isGreaterThan(closed);
    }

    @Test
    void everyMeterOfTheEnumIsThereAndNoOther() {
        DualWriteRepository<String, Sample> repository = bound();
        repository.save(Sample.of("a", 1));

        assertThat(ours().stream().map(meter -> meter.getId().getName()).collect(Collectors.toSet()))
                .isEqualTo(Set.of(DualWriteMeter.values()).stream()
                        .map(DualWriteMeter::meterName)
                        .collect(Collectors.toSet()));
        for (DualWriteMeter known : DualWriteMeter.values()) {
            assertThat(registry.get(known.meterName()).meters()).allSatisfy(meter -> {
                assertThat(meter.getId().getType()).isEqualTo(known.type());
                assertThat(meter.getId().getDescription()).isEqualTo(known.meaning());
                assertThat(meter.getId().getBaseUnit()).isEqualTo(known.unit().orElse(null));
                assertThat(meter.getId().getTags())
                        .extracting(Tag::getKey)
                        .containsExactlyInAnyOrderElementsOf(
                                known.tags().stream().map(DualWriteTag::key).toList());
            });
        }
    }

    /** What is no failure, or what a person or the library does about one. */
    private static final Set<Class<?>> NO_FAILURES = Set.of(
            DualWriteEvent.Committed.class,
            DualWriteEvent.ParkedRetried.class,
            DualWriteEvent.RouteSourceRecovered.class,
            DualWriteEvent.KeyRoutesUnknown.class,
            DualWriteEvent.BackfillBegan.class,
            DualWriteEvent.BackfillProgressed.class,
            DualWriteEvent.BackfillSplitDone.class,
            DualWriteEvent.BackfillRecordDiscarded.class,
            DualWriteEvent.BackfillStateChanged.class,
            DualWriteEvent.BackfillWarned.class,
            DualWriteEvent.VerificationBegan.class,
            DualWriteEvent.VerificationProgressed.class,
            DualWriteEvent.VerificationRepaired.class);

    /** What is counted where it happens and not by its event, or is to be seen as a state: other tests here show these. */
    private static final Map<Class<?>, DualWriteMeter> SHOWN_OTHERWISE = Map.of(
            DualWriteEvent.AuthorityFailed.class, DualWriteMeter.STORE_CALLS,
            DualWriteEvent.ShadowCompared.class, DualWriteMeter.SHADOW_COMPARED,
            DualWriteEvent.ShadowMismatch.class, DualWriteMeter.SHADOW_COMPARED,
            DualWriteEvent.ShadowShed.class, DualWriteMeter.SHADOW_SHED,
            DualWriteEvent.BreakerChanged.class, DualWriteMeter.BREAKER_STATE,
            DualWriteEvent.BackfillRecordFailed.class, DualWriteMeter.BACKFILL_FAILED_RECORDS,
            DualWriteEvent.BackfillEnded.class, DualWriteMeter.BACKFILL_RUNS,
            DualWriteEvent.VerificationFound.class, DualWriteMeter.VERIFICATION_FINDINGS);

    @Test
    @org.junit.jupiter.api.Tag("DW-6")
    void everyFailureMovesAMeter() throws Exception {
        Events events = eventsOf(bound());
        Set<Class<?>> unmoved = new HashSet<>();
        for (DualWriteEvent event : EveryEvent.of(Rig.NAME, "a")) {
            double before = counted();
            events.publish(event);
            if (counted() == before) {
                unmoved.add(event.getClass());
            }
        }
        unmoved.removeAll(SHOWN_OTHERWISE.keySet());

        assertThat(unmoved).isEqualTo(NO_FAILURES);
    }

    private static Events eventsOf(DualWriteRepository<?, ?> repository) throws ReflectiveOperationException {
        Field field = RepositoryWatch.class.getDeclaredField("events");
        field.setAccessible(true);
        return (Events) field.get(repository.watch());
    }

    private double counted() {
        return ours().stream()
                .filter(meter -> meter.getId().getType() == Meter.Type.COUNTER)
                .mapToDouble(meter -> meter.measure().iterator().next().getValue())
                .sum();
    }

    @Test
    void aSecondaryThatWasDownWhenTheRepositoryWasBuiltIsSeenByMetersThatAreBoundLater() {
        rig.follower.checkGives(() -> CompletableFuture.failedFuture(new IOException("refused")));
        bound();
        assertThat(value(DualWriteMeter.FOLLOWER_CHECK_FAILURES)).isEqualTo(1);
    }

    @Test
    void noKeyIsATagAndTheNumberOfMetersDoesNotGrowWithTheKeys() {
        flag.set(ReadRoute.parse("secondary 50% shadow 100%"));
        DualWriteRepository<String, Sample> repository = bound();
        Consumer<Integer> traffic = i -> {
            String key = "secret-key-" + i;
            repository.save(Sample.of(key, i));
            repository.read(key);
            repository.delete(key);
            repository.query(Query.of("query-" + key, key, () -> key, () -> key));
            tasks.run();
        };
        for (int i = 0; i < 20; i++) {
            traffic.accept(i);
        }
        int meters = ours().size();
        for (int i = 20; i < 500; i++) {
            traffic.accept(i);
        }

        assertThat(ours()).hasSizeLessThan(meters + 10); // an outcome or an operation that had not been seen
        for (DualWriteMeter known : DualWriteMeter.values()) {
            for (DualWriteTag tag : known.tags()) {
                Set<String> allowed = tag == DualWriteTag.REPOSITORY ? Set.of(Rig.NAME) : Set.copyOf(tag.allowed());
                assertThat(registry.get(known.meterName()).meters())
                        .allSatisfy(meter ->
                                assertThat(meter.getId().getTag(tag.key())).isIn(allowed));
            }
        }
        assertThat(ours().toString()).doesNotContain("secret-key");
    }

    @Test
    void closingRemovesTheMetersAndStopsTheTiming() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        DualWriteMetrics metrics = new DualWriteMetrics(repository);
        metrics.bindTo(registry);
        repository.save(Sample.of("a", 1));
        metrics.close();
        repository.save(Sample.of("a", 2));
        assertThat(registry.getMeters()).isEmpty();

        metrics.bindTo(registry);
        repository.save(Sample.of("a", 3));
        assertThat(timer("authority", "save", "success").count()).isEqualTo(1);
    }

    @Test
    void bindingTwiceToOneRegistryIsRefusedAndCountsNothingTwice() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        DualWriteMetrics metrics = new DualWriteMetrics(repository);
        metrics.bindTo(registry);
        eventually(() -> assertThat(value(DualWriteMeter.QUEUE_DEPTH)).isZero()); // has made its timer
        Set<Meter.Id> meters = ids(registry, "");
        for (DualWriteMetrics again : List.of(metrics, new DualWriteMetrics(repository))) {
            assertThatThrownBy(() -> again.bindTo(registry))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'rig'")
                    .hasMessageContaining("close the DualWriteMetrics");
        }
        assertThat(ids(registry, "")).isEqualTo(meters);

        repository.save(Sample.of("a", 1));
        assertThat(value(DualWriteMeter.WRITES_FOLLOWED, "path", "live", "result", "applied"))
                .isEqualTo(1);
        assertThat(timer("authority", "save", "success").count()).isEqualTo(1);

        SimpleMeterRegistry another = new SimpleMeterRegistry();
        metrics.bindTo(another);
        assertThat(another.getMeters()).isNotEmpty();
        metrics.close();
        assertThat(registry.getMeters()).isEmpty();
        assertThat(another.getMeters()).isEmpty();
    }

    @Test
    void anotherRepositoryOfTheSameNameIsRefusedAndLeavesTheMetersOfTheFirstAlone() {
        DualWriteRepository<String, Sample> first = bound();
        DualWriteRepository<String, Sample> second = rig.open(builder());
        try (DualWriteMetrics refused = new DualWriteMetrics(second)) {
            assertThatThrownBy(() -> refused.bindTo(registry)).isInstanceOf(IllegalStateException.class);
        }
        first.save(Sample.of("a", 1));
        second.save(Sample.of("b", 1));
        assertThat(value(DualWriteMeter.WRITES_FOLLOWED, "path", "live", "result", "applied"))
                .isEqualTo(1);

        DualWriteMetrics.builder(second)
                .tags(List.of(Tag.of("region", "north")))
                .resilience4j(false)
                .build()
                .bindTo(registry);
        second.save(Sample.of("c", 1));
        assertThat(value(DualWriteMeter.WRITES_FOLLOWED, "path", "live", "result", "applied", "region", "north"))
                .isEqualTo(1);
    }

    @Test
    void aCallThatEndsAfterTheMetersWereRemovedDoesNotBringThemBack() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        DualWriteMetrics metrics = new DualWriteMetrics(repository);
        metrics.bindTo(registry);
        rig.follower.now((records, real) -> {
            metrics.close();
            return real.get();
        });
        repository.save(Sample.of("a", 1));
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void severalRepositoriesShareARegistry() {
        bound();
        DualWriteRepository<String, Sample> other = rig.open(
                DualWriteRepository.builder("other", rig.primary, rig.secondary).reconcileInBackground(false));
        new DualWriteMetrics(other).bindTo(registry);
        other.save(Sample.of("a", 1));

        assertThat(registry.get(DualWriteMeter.WRITES_FOLLOWED.meterName())
                        .tags("repository", "other", "path", "live", "result", "applied")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get(DualWriteMeter.WRITES_FOLLOWED.meterName())
                        .tags("repository", Rig.NAME, "path", "live", "result", "applied")
                        .counter()
                        .count())
                .isZero();
    }
}
