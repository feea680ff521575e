package io.github.dualwrite.reconcile;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.RealMachine;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReconcilerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** A repository whose writes stay pending until the reconciler takes them. */
    private DualWriteRepositoryBuilder<String, Sample> leavingAllToTheReconciler() {
        return rig.builder().secondaryMode(SecondaryMode.ASYNCHRONOUS).executor(task -> {});
    }

    private DualWriteRepository<String, Sample> open() {
        return rig.open(leavingAllToTheReconciler());
    }

    private static List<Sample> samples(int count) {
        return IntStream.range(0, count).mapToObj(i -> Sample.of("k" + i, i)).toList();
    }

    @Test
    @Tag("DW-3")
    void aThousandWritesOfTenKeysAreTenApplies() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        for (int i = 0; i < 1_000; i++) {
            repository.save(Sample.of("k" + i % 10, i));
        }

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(rig.follower.applied).hasSize(10);
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
        assertThat(report.drained()).isTrue();
        assertThat(report.applied()).isEqualTo(10);
        assertThat(report.superseded() + report.pushedBack() + report.parked()).isZero();
        assertThat(report.remaining()).isZero();
        assertThat(report.parkedInTotal()).isZero();
        assertThat(report.duration()).isPositive();
        assertThat(rig.events.of(DualWriteEvent.Applied.class))
                .hasSize(10)
                .allMatch(e -> e.path() == DualWriteEvent.Path.RECONCILER);
    }

    /** One whose queue gives a key in another form than its records have it. */
    private static Authority<String, Sample> leavingOut(
            String key, List<Object> released, Authority<String, Sample> inner) {
        return new ForwardingAuthority(inner) {
            @Override
            public ReconciliationQueue<String> queue() {
                return new ForwardingQueue(super.queue()) {
                    @Override
                    public void release(Lease lease, Collection<String> keys) {
                        released.addAll(keys);
                        super.release(lease, keys);
                    }
                };
            }

            @Override
            public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                return super.snapshot(
                        keys.stream().filter(asked -> !asked.equals(key)).toList());
            }
        };
    }

    @Test
    void aPendingKeyThatTheSnapshotAlwaysLeavesOutWaitsForTheEndOfItsLeaseAndHoldsUpNothing() throws Exception {
        List<Object> released = new CopyOnWriteArrayList<>();
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> leavingOut("k3", released, rig.primary.openAuthority(context)))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .executor(task -> {}));
        repository.saveAll(samples(10));

        DrainReport report = repository.reconciler().drain(Duration.ofMillis(200));

        assertThat(report.remaining()).isEqualTo(1);
        assertThat(rig.follower.applied).hasSize(9);
        assertThat(released).as("due again at once").isEmpty();
    }

    @Test
    void whatIsNoLongerPendingWhenItIsReadIsLetGo() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(context -> {
                    Authority<String, Sample> real = rig.primary.openAuthority(context);
                    return new ForwardingAuthority(real) {
                        @Override
                        public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                            real.snapshot(keys)
                                    .forEach(record -> real.queue()
                                            .confirm(List.of(new KeyVersion<>(record.key(), record.version()))));
                            return super.snapshot(keys);
                        }
                    };
                })
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .executor(task -> {}));
        repository.saveAll(samples(10));

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(report.drained()).isTrue();
        assertThat(report.pushedBack()).isZero();
        assertThat(rig.events.of(DualWriteEvent.PushedBack.class)).isEmpty();
        assertThat(rig.follower.applied).isEmpty();
    }

    @Test // TRAPS 8
    @Tag("DW-1")
    void aWriteBetweenSnapshotAndConfirmStaysPendingAndIsAppliedNext() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.save(Sample.of("a", 1));
        AtomicBoolean first = new AtomicBoolean(true);
        rig.follower.now((records, real) -> {
            if (first.getAndSet(false)) {
                repository.save(Sample.of("a", 2));
            }
            return real.get();
        });

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(report.applied()).isEqualTo(2);
        assertThat(rig.follower.applied)
                .extracting(VersionedRecord::value)
                .containsExactly(Sample.of("a", 1), Sample.of("a", 2));
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
        assertThat(rig.pending()).isZero();
    }

    @Test
    @Tag("DW-3")
    void transientFailuresAreTriedAgainLaterAndLater() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.save(Sample.of("a", 1));
        List<Integer> left = new ArrayList<>(List.of(4));
        rig.follower.now((records, real) -> {
            if (left.get(0) == 0) {
                return real.get();
            }
            left.set(0, left.get(0) - 1);
            return ScriptedFollower.answers(ApplyResult.transientFailure("throttled", null))
                    .apply(records, real);
        });

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(report.drained()).isTrue();
        assertThat(report.pushedBack()).isEqualTo(4);
        assertThat(report.applied()).isEqualTo(1);
        List<DualWriteEvent.PushedBack> pushBacks = rig.events.of(DualWriteEvent.PushedBack.class);
        assertThat(pushBacks).extracting(DualWriteEvent.PushedBack::attempts).containsExactly(1, 2, 3, 4);
        assertThat(pushBacks.get(0).delay()).isBetween(Duration.ofMillis(5), Duration.ofMillis(15));
        assertThat(pushBacks.get(3).delay()).isBetween(Duration.ofMillis(20), Duration.ofMillis(60));
        assertThat(pushBacks).allMatch(e -> e.error().equals("throttled"));
    }

    @Test
    void whatIsPushedBackTogetherIsNotTriedAgainAllAtOnce() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.open(leavingAllToTheReconciler()
                .reconcilerSettings(Rig.quickly()
                        .batchSize(50)
                        .workers(1)
                        .initialBackoff(Duration.ofMillis(40))
                        .maxBackoff(Duration.ofMillis(400))
                        .build()));
        repository.saveAll(samples(50));
        AtomicInteger refused = new AtomicInteger();
        rig.follower.now((records, real) -> refused.getAndAdd(records.size()) < 50
                ? CompletableFuture.completedFuture(
                        Collections.nCopies(records.size(), ApplyResult.transientFailure("throttled", null)))
                : real.get());

        assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();

        List<Duration> delays = rig.events.of(DualWriteEvent.PushedBack.class).stream()
                .filter(pushedBack -> pushedBack.attempts() == 1)
                .map(DualWriteEvent.PushedBack::delay)
                .toList();
        assertThat(delays)
                .hasSizeGreaterThan(25)
                .allSatisfy(delay -> assertThat(delay).isBetween(Duration.ofMillis(20), Duration.ofMillis(60)));
        assertThat(new HashSet<>(delays)).hasSizeGreaterThan(10);
    }

    @Test
    void aHangingOrMalformedAnswerIsATransientFailure() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.save(Sample.of("a", 1));
        List<ScriptedFollower.Script> scripts = new ArrayList<>(List.of(
                ScriptedFollower.HANGS,
                (records, real) -> CompletableFuture.completedFuture(List.of()),
                ScriptedFollower.throwing(NoClassDefFoundError::new),
                ScriptedFollower.WORKS));
        rig.follower.now((records, real) -> scripts.remove(0).apply(records, real));

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(report.drained()).isTrue();
        assertThat(report.pushedBack()).isEqualTo(3);
        assertThat(rig.events.of(DualWriteEvent.PushedBack.class))
                .extracting(DualWriteEvent.PushedBack::error)
                .satisfiesExactly(
                        e -> assertThat(e).startsWith("TimeoutException"),
                        e -> assertThat(e).startsWith("MalformedAnswerException"),
                        e -> assertThat(e).startsWith("NoClassDefFoundError"));
    }

    @Test
    @Tag("DW-6")
    void aPermanentFailureIsParkedAndDoesNotHoldUpTheOthersAndIsRetriedOnRequest() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.saveAll(List.of(Sample.of("a", 1), Sample.of("bad", 1), Sample.of("z", 1)));
        rig.follower.now(ScriptedFollower.rejects("bad"));

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(report.drained()).isTrue();
        assertThat(report.parked()).isEqualTo(1);
        assertThat(report.parkedInTotal()).isEqualTo(1);
        assertThat(report.applied()).isEqualTo(2);
        assertThat(repository.reconciler().parked(0, 10)).singleElement().satisfies(p -> {
            assertThat(p.key()).isEqualTo("bad");
            assertThat(p.reason()).isEqualTo("too large: split it");
        });
        assertThat(rig.events.of(DualWriteEvent.Parked.class)).hasSize(1);

        rig.follower.now(ScriptedFollower.WORKS);
        assertThat(repository.reconciler().retryParked("bad")).isTrue();
        assertThat(repository.reconciler().retryParked("a")).isFalse();
        assertThat(repository.reconciler().drain(PATIENCE).parkedInTotal()).isZero();
        assertThat(rig.events.of(DualWriteEvent.ParkedRetried.class)).hasSize(1);
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-6")
    void allParkedWritesAreRetriedAtOnce() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.saveAll(samples(3));
        rig.follower.now(ScriptedFollower.answers(ApplyResult.permanentFailure("invalid", null)));
        assertThat(repository.reconciler().drain(PATIENCE).parked()).isEqualTo(3);

        rig.follower.now(ScriptedFollower.WORKS);
        assertThat(repository.reconciler().retryAllParked()).isEqualTo(3);
        assertThat(repository.reconciler().drain(PATIENCE).applied()).isEqualTo(3);
        assertThat(repository.reconciler().retryAllParked()).isZero();
        assertThat(rig.events.of(DualWriteEvent.ParkedRetried.class))
                .singleElement()
                .extracting(DualWriteEvent.ParkedRetried::count)
                .isEqualTo(3);
    }

    @Test
    @Tag("DW-6")
    void aDiscardNeedsAReasonAndIsAnEvent() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.save(Sample.of("bad", 1));
        rig.follower.now(ScriptedFollower.rejects("bad"));
        repository.reconciler().drain(PATIENCE);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> repository.reconciler().discardParked("bad", " "))
                .withMessageContaining("bad")
                .withMessageContaining("say why");
        assertThat(repository.reconciler().findParked("bad")).isPresent();

        assertThat(repository.reconciler().discardParked("bad", "test data")).isPresent();
        assertThat(repository.reconciler().discardParked("bad", "test data")).isEmpty();
        assertThat(rig.events.of(DualWriteEvent.Discarded.class))
                .singleElement()
                .extracting(DualWriteEvent.Discarded::reason)
                .isEqualTo("test data");
    }

    @Test
    @Tag("DW-6")
    void aRecordThatCannotBeReadIsParkedAndDoesNotHoldUpTheOthers() throws Exception {
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new PoisonedAuthority(rig.primary.openAuthority(context), "poison"))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .executor(task -> {}));
        repository.saveAll(List.of(Sample.of("a", 1), Sample.of("poison", 1), Sample.of("z", 1)));

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(report.drained()).isTrue();
        assertThat(report.applied()).isEqualTo(2);
        assertThat(report.parked()).isEqualTo(1);
        assertThat(repository.reconciler().findParked("poison").orElseThrow().reason())
                .contains("cannot be read");
        assertThat(rig.secondary.records()).containsOnlyKeys("a", "z");
    }

    @Test
    void whileTheBreakerIsOpenNothingIsClaimedAndNothingIsCalled() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("test");
        DualWriteRepository<String, Sample> repository =
                rig.open(leavingAllToTheReconciler().circuitBreaker(breaker));
        repository.saveAll(samples(5));
        breaker.transitionToForcedOpenState();

        DrainReport report = repository.reconciler().drain(Duration.ofMillis(250));

        assertThat(report.drained()).isFalse();
        assertThat(report.remaining()).isEqualTo(5);
        assertThat(rig.follower.applyCalls).hasValue(0);
        assertThat(rig.events.of(DualWriteEvent.PushedBack.class)).isEmpty();

        breaker.transitionToClosedState();
        assertThat(repository.reconciler().drain(PATIENCE).applied()).isEqualTo(5);
    }

    @Test // TRAPS 26
    void aHalfOpenBreakerIsProbedWithSmallBatches() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.of(
                "test",
                CircuitBreakerConfig.custom()
                        .permittedNumberOfCallsInHalfOpenState(2)
                        .build());
        DualWriteRepository<String, Sample> repository =
                rig.open(leavingAllToTheReconciler().circuitBreaker(breaker));
        repository.saveAll(samples(100));
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();

        assertThat(repository.reconciler().drain(PATIENCE).applied()).isEqualTo(100);

        assertThat(rig.follower.batchSizes).containsExactly(10, 10, 80);
        assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
    }

    @Test
    void aHalfOpenBreakerKeepsItsPermitsWhenThereIsNothingToDo() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.of(
                "test",
                CircuitBreakerConfig.custom()
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .build());
        DualWriteRepository<String, Sample> repository =
                rig.open(leavingAllToTheReconciler().circuitBreaker(breaker));
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();
        for (int i = 0; i < 3; i++) {
            assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();
        }

        repository.save(Sample.of("a", 1));
        assertThat(repository.reconciler().drain(PATIENCE).applied()).isEqualTo(1);
    }

    @Test
    @Tag("DW-7")
    void twoReconcilersShareTheWorkWithoutApplyingAnythingTwice() throws Exception {
        ReconcilerSettings small =
                Rig.quickly().batchSize(7).lease(Duration.ofSeconds(30)).build();
        DualWriteRepository<String, Sample> one =
                rig.open(leavingAllToTheReconciler().reconcilerSettings(small));
        DualWriteRepository<String, Sample> two =
                rig.open(leavingAllToTheReconciler().reconcilerSettings(small));
        one.saveAll(samples(500));

        one.reconciler().start();
        two.reconciler().start();

        eventually(() -> assertThat(rig.pending()).isZero());
        assertThat(rig.follower.applied)
                .extracting(VersionedRecord::key)
                .doesNotHaveDuplicates()
                .hasSize(500);
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-3")
    void aBacklogIsWorkedOnBySeveralBatchesAtOnceAndNothingIsAppliedTwice() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.open(leavingAllToTheReconciler()
                .reconcilerSettings(
                        Rig.quickly().batchSize(10).workers(3).lease(PATIENCE).build()));
        repository.saveAll(samples(100));
        eventually(() -> assertThat(repository.reconciler().statistics().oldest())
                .hasValueSatisfying(
                        since -> assertThat(since).isBefore(Instant.now().minusMillis(200)))); // all are due
        CountDownLatch threeAreUnderWay = new CountDownLatch(4); // the first batch goes by itself and shows the backlog
        rig.follower.now((records, real) -> CompletableFuture.supplyAsync(
                () -> {
                    threeAreUnderWay.countDown();
                    if (threeAreUnderWay.getCount() < 3) {
                        awaitUninterruptibly(threeAreUnderWay);
                    }
                    return real.get().join();
                },
                task -> new Thread(task).start())); // a common pool may have one thread

        DrainReport report = repository.reconciler().drain(PATIENCE);

        assertThat(threeAreUnderWay.getCount()).isZero();
        assertThat(report.drained()).isTrue();
        assertThat(report.applied()).isEqualTo(100);
        assertThat(rig.follower.applied)
                .extracting(VersionedRecord::key)
                .doesNotHaveDuplicates()
                .hasSize(100);
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    void anAuthorityThatFailsDuringABacklogEndsTheDrainWithItsError() {
        AtomicInteger claims = new AtomicInteger();
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(context -> new UnclaimableAuthority(
                        rig.primary.openAuthority(context), () -> claims.incrementAndGet() > 3))
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .executor(task -> {})
                .reconcilerSettings(Rig.quickly().batchSize(10).workers(3).build()));
        repository.saveAll(samples(100));

        assertThatIllegalStateException()
                .isThrownBy(() -> repository.reconciler().drain(PATIENCE))
                .withMessage("the authority is down");
        assertThat(rig.pending()).isPositive();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aDrainEndsAtItsDeadlineAndTellsWhatIsLeft() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.saveAll(samples(3));
        rig.follower.now(ScriptedFollower.answers(ApplyResult.transientFailure("down", null)));

        DrainReport report = repository.reconciler().drain(Duration.ofMillis(200));

        assertThat(report.drained()).isFalse();
        assertThat(report.applied()).isZero();
        assertThat(report.remaining()).isEqualTo(3);
        assertThat(repository.reconciler().statistics().depth()).isEqualTo(3);
    }

    @Test
    void aLargeBacklogIsDrained() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.saveAll(samples(100_000));

        assertThat(repository.reconciler().drain(PATIENCE.multipliedBy(2)).applied())
                .isEqualTo(100_000);
        assertThat(rig.pending()).isZero();
    }

    @Test
    void theBackgroundReconcilerStartsOnceAndStopsWithClose() {
        DualWriteRepository<String, Sample> repository = open();
        Reconciler<String, Sample> reconciler = repository.reconciler();
        assertThat(reconciler.running()).isFalse();

        reconciler.start();
        reconciler.start();

        assertThat(reconciler.running()).isTrue();
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(t -> t.getName().equals("dualwrite-reconciler-" + Rig.NAME)))
                .hasSize(1);
        repository.save(Sample.of("a", 1));
        eventually(() -> assertThat(rig.pending()).isZero());

        repository.close();
        repository.close();
        assertThat(reconciler.running()).isFalse();
        assertThatIllegalStateException()
                .isThrownBy(reconciler::start)
                .withMessageContaining(Rig.NAME)
                .withMessageContaining("closed");
    }

    @Test
    void aReconcilerThatIsClosedTakesNothing() throws Exception {
        DualWriteRepository<String, Sample> repository = open();
        repository.save(Sample.of("a", 1));
        repository.close();

        assertThatIllegalStateException()
                .isThrownBy(() -> repository.reconciler().drain(PATIENCE))
                .withMessageContaining("closed");
        assertThat(repository.reconciler().workUntil(() -> false, PATIENCE)).isFalse();
        assertThat(rig.pending()).isEqualTo(1);
        assertThat(rig.secondary.records()).isEmpty();
    }

    @Test
    @Tag("DW-6")
    void anAuthorityThatIsDownIsAnEventAndTheReconcilerGoesOn() {
        AtomicBoolean down = new AtomicBoolean();
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new UnclaimableAuthority(rig.primary.openAuthority(context), down::get))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .executor(task -> {}));
        repository.save(Sample.of("a", 1));
        down.set(true);

        repository.reconciler().start();
        eventually(() ->
                assertThat(rig.events.of(DualWriteEvent.ReconcileFailed.class)).hasSizeGreaterThan(1));

        down.set(false);
        eventually(() -> assertThat(rig.pending()).isZero());
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    void whoeverInterruptsTheBackgroundReconcilerDoesNotEndIt() {
        DualWriteRepository<String, Sample> repository =
                rig.open(leavingAllToTheReconciler().listener(new DualWriteListener() {
                    @Override
                    public void onEvent(DualWriteEvent event) {
                        if (event instanceof DualWriteEvent.Applied) {
                            Thread.currentThread().interrupt();
                        }
                    }
                }));
        repository.reconciler().start();

        for (int i = 0; i < 3; i++) {
            repository.save(Sample.of("k" + i, i));
            eventually(() -> assertThat(rig.pending()).isZero());
        }

        assertThat(rig.secondary.records()).hasSize(3);
        assertThat(repository.reconciler().running()).isTrue();
    }

    @Test
    void aReconcilerThatFoundNoThreadOrLostItsThreadCanBeStartedAgain() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        Thread ends = new Thread(() -> {});
        Machine real = new RealMachine();
        Machine machine = (Machine) Proxy.newProxyInstance(
                Machine.class.getClassLoader(),
                new Class<?>[] {Machine.class},
                (self, method, arguments) -> !method.getName().equals("thread")
                        ? method.invoke(real, arguments)
                        : switch (asked.incrementAndGet()) {
                            case 1 ->
                                new Thread() {
                                    @Override
                                    public synchronized void start() {
                                        throw new OutOfMemoryError("unable to create native thread");
                                    }
                                };
                            case 2 -> ends;
                            default -> real.thread("dualwrite-test", () -> awaited(never));
                        });
        Authority<String, Sample> authority =
                rig.primary.openAuthority(new StoreContext(Rig.NAME, Duration.ofMillis(100)));
        Reconciler<String, Sample> reconciler = new Reconciler<>(
                authority,
                null, // no round is made
                null,
                null,
                null,
                new Events(Rig.NAME, List.of()),
                Rig.quickly().build(),
                machine);

        assertThatThrownBy(reconciler::start).isInstanceOf(OutOfMemoryError.class);
        assertThat(reconciler.running()).isFalse();
        reconciler.start();
        ends.join();
        assertThat(reconciler.running()).isFalse();
        reconciler.start();
        assertThat(reconciler.running()).isTrue();
        reconciler.start();
        assertThat(asked).hasValue(3);
        never.countDown();
        reconciler.close();
    }

    private static void awaited(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
