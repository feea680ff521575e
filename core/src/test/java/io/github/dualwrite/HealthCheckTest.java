package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.health.HealthProblem;
import io.github.dualwrite.health.HealthReport;
import io.github.dualwrite.health.HealthSettings;
import io.github.dualwrite.health.QueueSample;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whether a repository is safe. */
@Tag("DW-6")
class HealthCheckTest {

    private static final HealthSettings SETTINGS =
            HealthSettings.defaults().sampleInterval(Duration.ofMillis(10)).maxPendingAge(Duration.ofMinutes(5));

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder() {
        return rig.builder().healthSettings(SETTINGS);
    }

    private static void becomes(DualWriteRepository<?, ?> repository, HealthProblem... problems) {
        eventually(() -> assertThat(repository.health().findings())
                .extracting(finding -> finding.problem())
                .containsExactlyInAnyOrder(problems));
    }

    @Test
    void aRepositoryThatWorksIsSafeOnceItsQueueHasBeenRead() {
        DualWriteRepository<String, Sample> repository = rig.open(builder().reconcileInBackground(true));
        repository.save(Sample.of("a", 1));

        becomes(repository);
        HealthReport report = repository.health();
        assertThat(report.safe()).isTrue();
        assertThat(report.ready()).isTrue();
        assertThat(report).hasToString("rig: safe");
    }

    @Test
    void aQueueThatDoesNotAnswerIsUnknownAndTheAnswerToThatDoesNotWaitForIt() {
        CountDownLatch answers = new CountDownLatch(1);
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(withStatistics(queue -> {
                    await(answers);
                    return queue;
                }))
                .healthSettings(SETTINGS));

        HealthReport report = repository.health(); // hangs for ever if it waits
        assertThat(report.has(HealthProblem.QUEUE_UNKNOWN)).isTrue();
        assertThat(report.safe()).isFalse();
        assertThat(report.toString()).startsWith("rig: not safe: QUEUE_UNKNOWN (not read yet");
        answers.countDown();
        becomes(repository);
    }

    @Test
    void aQueueThatCannotBeCountedKeepsNoInstanceFromServingWhatWorks() {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(withStatistics(queue -> {
                    throw new TransientStoreException(
                            new DualWriteException.Context("rig", Operation.QUEUE, "a store", List.of()),
                            "counting took too long",
                            null);
                }))
                .healthSettings(SETTINGS));
        eventually(() -> assertThat(repository.health().toString()).contains("not read yet, TransientStoreException"));
        repository.save(Sample.of("a", 1));
        assertThat(repository.read("a")).contains(Sample.of("a", 1));

        assertThat(repository.health().ready()).isTrue();
        assertThat(repository.health().safe()).isFalse();
    }

    @Test
    void aQueueThatCannotBeReadAnyMoreIsUnknownAfterAWhile() {
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(withStatistics(queue -> {
                    if (failure.get() != null) {
                        throw failure.get();
                    }
                    return queue;
                }))
                .healthSettings(SETTINGS));
        becomes(repository);

        failure.set(new IllegalStateException("down"));
        becomes(repository, HealthProblem.QUEUE_UNKNOWN);
        assertThat(repository.health().toString())
                .contains("IllegalStateException")
                .doesNotContain("down");

        failure.set(null);
        becomes(repository);
    }

    /** It stays half-open: one pending write is one probe of five. */
    @Test
    void afterAnOutageItIsSafeOnceTheQueueIsDrainedThoughNobodyWrites() {
        DualWriteRepository<String, Sample> repository = rig.open(builder()
                .reconcileInBackground(true)
                .circuitBreakerConfig(CircuitBreakerConfig.custom()
                        .slidingWindowSize(4)
                        .minimumNumberOfCalls(4)
                        .permittedNumberOfCallsInHalfOpenState(5)
                        .waitDurationInOpenState(Duration.ofMillis(50))
                        .build()));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        for (int i = 0; i < 10; i++) {
            repository.save(Sample.of("a", i));
        }
        becomes(repository, HealthProblem.BREAKER_OPEN);

        rig.follower.now(ScriptedFollower.WORKS);

        eventually(() -> assertThat(rig.secondary.records()).containsEntry("a", Sample.of("a", 9)));
        becomes(repository);
    }

    @Test
    void whatIsPendingForTooLongIsNotSafe() {
        DualWriteRepository<String, Sample> repository =
                rig.open(builder().healthSettings(SETTINGS.maxPendingAge(Duration.ofMillis(1))));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        becomes(repository);
        repository.save(Sample.of("a", 1));

        becomes(repository, HealthProblem.QUEUE_OLD);
        assertThat(repository.health().ready())
                .as("a follower never hurts the caller")
                .isTrue();
        assertThat(repository.health().toString()).startsWith("rig: not safe: QUEUE_OLD (1 pending, the oldest for ");

        rig.follower.now(ScriptedFollower.WORKS);
        drain(repository);
        becomes(repository);
    }

    @Test
    void parkedWritesAreNotSafe() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        rig.follower.now(ScriptedFollower.rejects("a"));
        repository.save(Sample.of("a", 1));
        drain(repository);

        becomes(repository, HealthProblem.PARKED);
        repository.reconciler().discardParked("a", "a test");
        becomes(repository);
    }

    @Test
    void aBreakerThatIsNotClosedIsNotSafe() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("own");
        DualWriteRepository<String, Sample> repository = rig.open(builder().circuitBreaker(breaker));
        breaker.transitionToOpenState();
        becomes(repository, HealthProblem.BREAKER_OPEN);
        repository.save(Sample.of("a", 1));
        breaker.transitionToHalfOpenState();
        eventually(() -> assertThat(rig.pending()).isEqualTo(1));
        becomes(repository, HealthProblem.BREAKER_OPEN);
        breaker.transitionToClosedState();
        becomes(repository);
    }

    @Test
    void anOpenBreakerOfReadsCountsAsLongAsReadsMayGoToTheSecondary() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("own");
        ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.parse("secondary 1%"));
        DualWriteRepository<String, Sample> repository =
                rig.open(builder().readCircuitBreaker(breaker).readRouteSource(flag));
        breaker.transitionToOpenState();
        becomes(repository, HealthProblem.BREAKER_OPEN);
        flag.set(ReadRoute.parse("primary allow a"));
        becomes(repository, HealthProblem.BREAKER_OPEN);

        flag.set(ReadRoute.parse("primary shadow 100%")); // nobody asks this breaker any more, so it stays open
        assertThat(repository.read("a")).isEmpty();
        becomes(repository);
        assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
        assertThat(repository.health().safe()).isTrue();

        flag.set(ReadRoute.secondary());
        becomes(repository, HealthProblem.BREAKER_OPEN);
    }

    @Test
    void anOpenBreakerOfReadsDoesNotCountAfterAStepBackWhichCountsItself() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("own");
        DualWriteRepository<String, Sample> repository = rig.open(builder()
                .readCircuitBreaker(breaker)
                .readRoute(ReadRoute.secondary())
                .backfillComplete(() -> true)
                .stepBack(StepBack.defaults().minimum(1)));
        becomes(repository);
        breaker.transitionToForcedOpenState();
        becomes(repository, HealthProblem.BREAKER_OPEN);
        assertThat(repository.read("a")).isEmpty();

        becomes(repository, HealthProblem.STEPPED_BACK);
        assertThat(repository.health().ready()).isTrue();
        breaker.transitionToClosedState();
        repository.resumeReadRoute();
        becomes(repository);
    }

    @Test
    void withARouteForEachKeyAnOpenBreakerOfReadsCountsAsLongAsKeysAreReadThatGoToTheSecondary() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("own");
        DualWriteRepository<String, Sample> repository =
                rig.open(builder().readCircuitBreaker(breaker).readRouteSource(new ReadRouteSource() {
                    @Override
                    public ReadRoute route(String name) {
                        return ReadRoute.primary();
                    }

                    @Override
                    public ReadRoute route(String name, Object key) {
                        return key.equals("new") ? ReadRoute.secondary() : ReadRoute.primary();
                    }

                    @Override
                    public boolean perKey() {
                        return true;
                    }
                }));
        breaker.transitionToOpenState();
        assertThat(repository.read("old")).isEmpty();
        becomes(repository);
        assertThat(repository.read("new")).isEmpty(); // its route is not known yet
        eventually(() -> {
            assertThat(repository.read("new")).isEmpty();
            assertThat(repository.health().has(HealthProblem.BREAKER_OPEN)).isTrue();
        });
    }

    @Test
    void aSourceOfTheRouteThatFailsForTooLongIsNotSafe() {
        AtomicReference<RuntimeException> failure = new AtomicReference<>(new IllegalStateException("down"));
        DualWriteRepository<String, Sample> repository = rig.open(builder()
                .readRouteSource(new ReadRouteSource() {
                    @Override
                    public ReadRoute route(String name) {
                        if (failure.get() != null) {
                            throw failure.get();
                        }
                        return ReadRoute.primary();
                    }
                })
                .readRouteSettings(ReadRouteSettings.defaults().refresh(Duration.ofMillis(5)))
                .healthSettings(SETTINGS.maxRouteSourceFailure(Duration.ofMillis(1))));

        becomes(repository, HealthProblem.ROUTE_SOURCE_STALE);
        failure.set(null);
        becomes(repository);
    }

    @Test
    void aReconcilerThatRestsBetweenTwoRoundsDoesNotHang() {
        Duration rest = Duration.ofMinutes(10);

        assertThat(HealthCheck.longestRound(
                        ReconcilerSettings.builder().pollInterval(rest).build()))
                .isGreaterThan(rest.plus(ReconcilerSettings.defaults().batchTimeout()));
    }

    @Test
    void aReconcilerThatDoesNotRunIsNotSafeIfItIsToRun() {
        DualWriteRepository<String, Sample> repository = rig.open(builder().reconcileInBackground(true));
        becomes(repository);
        repository.reconciler().close();
        becomes(repository, HealthProblem.RECONCILER_STOPPED);

        becomes(rig.open(builder().reconcileInBackground(false)));
    }

    @Test
    void aReconcilerWhoseRoundsFailIsNotSafe() {
        AtomicReference<RuntimeException> failure = new AtomicReference<>(new IllegalStateException("down"));
        AuthorityStore<String, Sample> claimless = context -> {
            var inner = rig.primary.openAuthority(context);
            return new ForwardingAuthority(inner, new ForwardingQueue(inner.queue()) {
                @Override
                public List<PendingWrite<String>> claim(Lease lease, int limit) {
                    if (failure.get() != null) {
                        throw failure.get();
                    }
                    return super.claim(lease, limit);
                }
            });
        };
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(claimless).healthSettings(SETTINGS).reconcileInBackground(true));

        becomes(repository, HealthProblem.RECONCILER_FAILING);
        failure.set(null);
        becomes(repository);
    }

    @Test
    void aClosedRepositoryIsNotReady() {
        DualWriteRepository<String, Sample> repository = builder().build();
        repository.close();
        assertThat(repository.health().has(HealthProblem.CLOSED)).isTrue();
        assertThat(repository.health().ready()).isFalse();
    }

    @Test
    void aPartOfTheCheckThatFailsIsAFindingAndHidesNothingThatTheOthersFind() {
        CircuitBreaker open = CircuitBreaker.ofDefaults("own");
        open.transitionToForcedOpenState();
        CircuitBreaker broken = (CircuitBreaker) Proxy.newProxyInstance(
                CircuitBreaker.class.getClassLoader(), new Class<?>[] {CircuitBreaker.class}, (self, method, args) -> {
                    throw new IllegalStateException("broken");
                });
        Map<String, CircuitBreaker> breakers = new LinkedHashMap<>();
        breakers.put(Guards.READ, broken);
        breakers.put(Guards.WRITE, open);
        HealthCheck check = new HealthCheck(
                "r",
                SETTINGS,
                null, // it breaks here
                breakers,
                null, // and here
                null,
                false,
                Duration.ofSeconds(1),
                () -> false);
        assertThat(check.report().findings())
                .extracting(finding -> finding.problem())
                .containsExactly(
                        HealthProblem.CHECK_FAILED,
                        HealthProblem.CHECK_FAILED,
                        HealthProblem.BREAKER_OPEN,
                        HealthProblem.CHECK_FAILED);
    }

    @Test
    void nobodyReadsTheQueueAsLongAsNobodyAsks() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(withStatistics(queue -> {
                    read.countDown();
                    return queue;
                }))
                .healthSettings(SETTINGS));
        repository.save(Sample.of("a", 1));
        assertThat(read.getCount()).isEqualTo(1);

        assertThat(repository.watch().queueSampleAge()).isEmpty(); // tells, and does not ask
        assertThat(read.getCount()).isEqualTo(1);
        Optional<QueueSample> asked = repository.watch().queue();
        assertThat(asked).isNotNull();
        read.await();
        eventually(() -> assertThat(repository.watch().queue()).isPresent());
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> HealthSettings.defaults().sampleInterval(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sampleInterval");
    }

    private void drain(DualWriteRepository<String, Sample> repository) {
        try {
            assertThat(repository.reconciler().drain(Duration.ofSeconds(20)).drained())
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private AuthorityStore<String, Sample> withStatistics(Function<QueueStatistics, QueueStatistics> statistics) {
        return context -> {
            var inner = rig.primary.openAuthority(context);
            return new ForwardingAuthority(inner, new ForwardingQueue(inner.queue()) {
                @Override
                public QueueStatistics statistics() {
                    return statistics.apply(super.statistics());
                }
            });
        };
    }
}
