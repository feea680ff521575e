package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library starts no thread that its owner cannot close. */
class CloseTest {

    private static final String NAME = "closing";

    private final Rig rig = new Rig();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void close() {
        rig.close();
    }

    private static List<String> ourThreads() {
        return ourThreads(NAME);
    }

    private static List<String> ourThreads(String repository) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.startsWith("dualwrite-") && name.contains(repository))
                .toList();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder() {
        return DualWriteRepository.builder(NAME, rig.primary, rig.follower)
                .secondaryTimeout(Duration.ofMillis(100))
                .reconcilerSettings(Rig.quickly().build())
                .readRouteSource(repository -> ReadRoute.secondary())
                .secondaryMode(SecondaryMode.ASYNCHRONOUS);
    }

    private static void use(DualWriteRepository<String, Sample> repository) {
        for (int i = 0; i < 20; i++) {
            repository.save(Sample.of("k" + i, i));
            assertThat(repository.read("k" + i)).isPresent();
        }
        assertThat(ourThreads()).isNotEmpty();
    }

    @Test
    void noThreadIsLeft() {
        try (DualWriteRepository<String, Sample> repository = builder().build()) {
            use(repository);
        }
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    @Test
    void noThreadIsLeftThoughTheFollowerAndTheFlagHang() {
        rig.follower.now(ScriptedFollower.HANGS);
        rig.follower.readsHang(true);
        try (DualWriteRepository<String, Sample> repository = builder()
                .readRouteSource(name -> {
                    never.await();
                    return ReadRoute.primary();
                })
                .build()) {
            use(repository);
        }
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    @Test
    void noThreadIsLeftThoughAShadowReadIsUnderWayAndOthersWaitForAThreadAndForAnotherLook() throws Exception {
        CountDownLatch comparing = new CountDownLatch(1);
        try (DualWriteRepository<String, Sample> repository = builder()
                .readRouteSource(ReadRouteSource.fixed(ReadRoute.parse("primary shadow 100%")))
                .secondaryMode(SecondaryMode.SYNCHRONOUS)
                .backfillComplete(() -> true)
                .shadowSettings(ShadowSettings.builder()
                        .threads(1)
                        .recheckDelay(Duration.ofHours(1))
                        .build())
                .comparator((ours, theirs) -> {
                    comparing.countDown();
                    return comparedUntilInterrupted();
                })
                .build()) {
            repository.save(Sample.of("compared", 1));
            rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
            repository.save(Sample.of("lagging", 1));
            for (String key : List.of("lagging", "compared", "compared")) {
                assertThat(repository.read(key)).contains(Sample.of(key, 1));
            }
            comparing.await();
        }
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    private Set<String> comparedUntilInterrupted() {
        try {
            never.await();
            return Set.of();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatWasOnItsWayIsSentAndConfirmed() {
        try (DualWriteRepository<String, Sample> repository =
                builder().reconcileInBackground(false).build()) {
            use(repository);
        }
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
        assertThat(rig.primary.pending(NAME)).isZero();
    }

    /** It was committed when the others had been handed over, and the thread that would hand it over has ended meanwhile. */
    @Test
    @Tag("DW-6")
    void aWriteThatIsCommittedDuringTheCloseAndThatNobodySendsIsTold() throws Exception {
        CountDownLatch committed = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        AuthorityStore<String, Sample> slow = context -> new ForwardingAuthority(rig.primary.openAuthority(context)) {
            @Override
            public VersionedRecord<String, Sample> save(Sample value) {
                VersionedRecord<String, Sample> saved = super.save(value);
                if (value.id().equals("late")) {
                    committed.countDown();
                    join(closing);
                }
                return saved;
            }
        };
        DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(NAME, slow, rig.follower)
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .handOverDelay(Duration.ofSeconds(20))
                .secondaryTimeout(Duration.ofSeconds(10)) // as long the threads are waited for
                .grace(Duration.ofMinutes(1))
                .reconcileInBackground(false)
                .listener(rig.events)
                .build();
        Thread closer = Thread.currentThread();
        CompletableFuture<WriteResult<String, Sample>> late =
                CompletableFuture.supplyAsync(() -> repository.save(Sample.of("late", 1)));
        committed.await();
        rig.follower.now((records, real) -> { // on the thread that the close waits for
            while (closer.getState() != Thread.State.TIMED_WAITING) { // it may still hand over what it finds
                Thread.onSpinWait();
            }
            closing.countDown();
            late.join();
            return real.get();
        });
        repository.save(Sample.of("before", 1));
        repository.close();

        assertThat(late.join().pendingReason()).contains(PendingReason.ASYNCHRONOUS);
        assertThat(rig.events.of(DualWriteEvent.LeftPending.class))
                .extracting(DualWriteEvent.LeftPending::key)
                .containsExactly("late");
    }

    private static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The snapshot of its first round ends when the repository is closed. */
    private static final class ClosedMeanwhile {
        final CountDownLatch reading = new CountDownLatch(1);
        final CountDownLatch closed = new CountDownLatch(1);
        final DualWriteRepository<String, Sample> repository;

        ClosedMeanwhile(Rig rig) {
            repository = rig.open(rig.builder(context -> new ForwardingAuthority(rig.primary.openAuthority(context)) {
                @Override
                public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                    reading.countDown();
                    join(closed);
                    return super.snapshot(keys);
                }
            }));
            rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
            repository.save(Sample.of("a", 1));
            rig.follower.now(ScriptedFollower.WORKS);
        }
    }

    @Test
    @Tag("DW-6")
    void aDrainThatReadsTheAuthorityMeanwhileGivesItsReport() throws Exception {
        ClosedMeanwhile meanwhile = new ClosedMeanwhile(rig);
        CompletableFuture<DrainReport> drain = CompletableFuture.supplyAsync(() -> {
            try {
                return meanwhile.repository.reconciler().drain(Duration.ofMinutes(1));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        meanwhile.reading.await();
        meanwhile.repository.close();
        meanwhile.closed.countDown();

        DrainReport report = drain.get(20, TimeUnit.SECONDS);
        assertThat(report.drained()).isFalse();
        assertThat(report.remaining()).isEqualTo(1);
        assertThat(rig.events.of(DualWriteEvent.ReconcileFailed.class)).isEmpty();
        assertThat(rig.drain().drained()).isTrue();
    }

    @Test
    @Tag("DW-6")
    void aBackgroundRoundThatReadsTheAuthorityMeanwhileIsNoFailure() throws Exception {
        ClosedMeanwhile meanwhile = new ClosedMeanwhile(rig);
        meanwhile.repository.reconciler().start();
        meanwhile.reading.await();
        Thread.currentThread().interrupt(); // the close does not wait for the round then
        meanwhile.repository.close();
        assertThat(Thread.interrupted()).isTrue();
        meanwhile.closed.countDown();

        eventually(() -> assertThat(ourThreads(Rig.NAME)).isEmpty());
        assertThat(rig.events.of(DualWriteEvent.ReconcileFailed.class)).isEmpty();
    }

    @Test
    void anExecutorOfTheCallersIsLeftAlone() {
        List<Thread> used = new CopyOnWriteArrayList<>();
        try (DualWriteRepository<String, Sample> repository = builder()
                .handOverDelay(Duration.ZERO) // or the timer may be quicker than the end of the test
                .executor(task -> {
                    used.add(Thread.currentThread());
                    task.run();
                })
                .build()) {
            repository.save(Sample.of("a", 1));
        }
        assertThat(used).containsOnly(Thread.currentThread());
    }

    /** Fails in one of the calls that building makes; the calls before it work. */
    private record FailingSource(String failsIn, AtomicBoolean subscribed) implements ReadRouteSource {
        @Override
        public ReadRoute route(String repository) {
            return ReadRoute.secondary();
        }

        @Override
        public boolean immediate() {
            return fails("immediate");
        }

        @Override
        public boolean perKey() {
            return fails("perKey");
        }

        @Override
        public Runnable onChange(Runnable changed) {
            subscribed.set(!fails("onChange"));
            return () -> subscribed.set(false);
        }

        private boolean fails(String call) {
            if (call.equals(failsIn)) {
                throw new IllegalStateException(call + " failed");
            }
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"immediate", "perKey", "onChange"})
    void noThreadIsLeftIfBuildingFailsInTheFlagSource(String call) {
        assertThatIllegalStateException()
                .isThrownBy(() -> builder()
                        .readYourWrites(ReadYourWrites.fleet(Duration.ofSeconds(10)))
                        .readRouteSource(new FailingSource(call, new AtomicBoolean()))
                        .build())
                .withMessage(call + " failed");
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    @Test
    void neitherThreadNorSubscriptionIsLeftIfBuildingFailsAfterTheFlagIsFollowed() {
        AtomicBoolean subscribed = new AtomicBoolean();
        AtomicBoolean was = new AtomicBoolean();
        rig.follower.isDescribedBy(() -> {
            if (subscribed.get()) {
                was.set(true);
                throw new IllegalStateException("no name");
            }
            return "a follower";
        });
        assertThatIllegalStateException()
                .isThrownBy(() -> builder()
                        .readRouteSource(new FailingSource("", subscribed))
                        .build())
                .withMessage("no name");

        assertThat(was).as("the flag was followed").isTrue();
        assertThat(subscribed).isFalse();
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    @Test
    void aSourceThatFailsWhenItIsLeftDoesNotKeepTheThreads() {
        DualWriteRepository<String, Sample> repository = builder()
                .readRouteSource(new ReadRouteSource() {
                    @Override
                    public ReadRoute route(String name) {
                        return ReadRoute.secondary();
                    }

                    @Override
                    public Runnable onChange(Runnable changed) {
                        return () -> {
                            throw new IllegalStateException("not now");
                        };
                    }
                })
                .build();
        use(repository);
        repository.close();
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    private void hold() {
        while (true) {
            try {
                never.await();
                return;
            } catch (InterruptedException e) {
                // a driver that does not look at interrupts
            }
        }
    }

    @Test
    @Tag("DW-4")
    void aBulkheadOfTheCallersHasAllItsPermitsAgain() {
        int readers = Runtime.getRuntime().availableProcessors() + 4; // more than there are threads for them
        Bulkhead shared = Bulkhead.of(
                "shared",
                BulkheadConfig.custom()
                        .maxConcurrentCalls(readers)
                        .maxWaitDuration(Duration.ZERO)
                        .build());
        rig.follower.saysThatItMayBlock();
        rig.follower.beforeReads(() -> hold());
        DualWriteRepository<String, Sample> repository = builder()
                .readBulkhead(shared)
                .secondaryReadTimeout(Duration.ofMinutes(1))
                .build();
        eventually(
                () -> // until it is read for the first time the authority answers
                assertThat(repository.readRoute()).isEqualTo(ReadRoute.secondary()));
        List<CompletableFuture<Optional<Sample>>> reads = Stream.generate(() ->
                        CompletableFuture.supplyAsync(() -> repository.read("a"), task -> new Thread(task).start()))
                .limit(readers)
                .toList();
        eventually(() ->
                assertThat(shared.getMetrics().getAvailableConcurrentCalls()).isZero());

        repository.close();

        eventually(
                () -> // one may have had its permit, and not have begun its call
                assertThat(shared.getMetrics().getAvailableConcurrentCalls()).isEqualTo(readers));
        assertThat(reads).allSatisfy(read -> assertThat(read).succeedsWithin(Duration.ofSeconds(20)));
        never.countDown();
    }
}
