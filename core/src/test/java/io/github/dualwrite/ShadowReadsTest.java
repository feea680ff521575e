package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS) // a caller that waits for ever
class ShadowReadsTest {

    private final Rig rig = new Rig();
    private final CountDownLatch never = new CountDownLatch(1);
    private final Tasks tasks = new Tasks();

    @AfterEach
    void close() {
        never.countDown();
        rig.close();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder(String route, ShadowSettings.Builder settings) {
        return rig.builder()
                .readRoute(ReadRoute.parse(route))
                .secondaryReadTimeout(Duration.ofSeconds(20))
                .backfillComplete(() -> true)
                .shadowSettings(settings.build());
    }

    private DualWriteRepository<String, Sample> open(String route, ShadowSettings.Builder settings) {
        return rig.open(builder(route, settings));
    }

    private static ShadowSettings.Builder patient() {
        return ShadowSettings.builder().timeout(Duration.ofSeconds(20)).recheckDelay(Duration.ofMillis(1));
    }

    /** Until its write is confirmed a key is pending. */
    private void settled() {
        eventually(() -> assertThat(rig.pending()).isZero());
    }

    private void onSecondary(Sample sample) {
        settled();
        rig.secondary
                .openAuthority(new StoreContext("bypassing", Duration.ZERO))
                .save(sample);
    }

    private List<ShadowResult> results() {
        return rig.events.of(DualWriteEvent.ShadowCompared.class).stream()
                .map(DualWriteEvent.ShadowCompared::result)
                .toList();
    }

    @Test
    @Tag("DW-4")
    void aFollowerThatHangsNeitherDelaysNorFailsTheCallerAndLoadIsShed() { // TRAPS 34
        DualWriteRepository<String, Sample> repository = open(
                "primary shadow 100%",
                ShadowSettings.builder().timeout(Duration.ofHours(1)).threads(2).queueSize(3));
        repository.save(Sample.of("a", 1));
        rig.follower.readsHang(true);

        for (int i = 0; i < 1000; i++) {
            assertThat(repository.read("a")).contains(Sample.of("a", 1));
        }

        assertThat(rig.events.of(DualWriteEvent.ShadowShed.class))
                .hasSize(995)
                .allMatch(e -> e.reason() == ShedReason.EXECUTOR_FULL);
        assertThat(rig.follower.readCalls).hasValueLessThanOrEqualTo(2);
    }

    @Test
    @Tag("DW-4")
    void noThreadIsGivenWorkForAFollowerThatTheBreakerHoldsForDown() {
        AtomicInteger given = new AtomicInteger();
        DualWriteRepository<String, Sample> repository = open(
                "primary shadow 100%",
                ShadowSettings.builder().executor(task -> {
                    given.incrementAndGet();
                    tasks.execute(task);
                }));
        repository.save(Sample.of("a", 1));
        rig.follower.readsFail(new IllegalStateException("down"));
        while (rig.events.of(DualWriteEvent.ShadowShed.class).isEmpty()) {
            assertThat(repository.read("a")).contains(Sample.of("a", 1));
            tasks.run();
        }

        int before = given.get();
        for (int i = 0; i < 100; i++) {
            assertThat(repository.read("a")).contains(Sample.of("a", 1));
        }

        assertThat(given).hasValue(before);
        assertThat(rig.events.of(DualWriteEvent.ShadowShed.class))
                .hasSize(101)
                .allMatch(e -> e.reason() == ShedReason.BREAKER_OPEN);
    }

    @Test
    @Tag("DW-4")
    void shadowReadsTakeNoPermitsFromLiveReads() {
        DualWriteRepository<String, Sample> repository = open(
                "primary shadow 100% allow live",
                ShadowSettings.builder().timeout(Duration.ofHours(1)).threads(2).queueSize(3));
        repository.saveAll(List.of(Sample.of("a", 1), Sample.of("live", 1)));
        rig.follower.readsHang(true);
        for (int i = 0; i < 100; i++) {
            repository.read("a");
        }
        eventually(() -> assertThat(rig.follower.readCalls).hasValue(2));
        rig.follower.readsHang(false);

        assertThat(repository.read("live")).contains(Sample.of("live", 1));
        assertThat(rig.follower.readCalls).hasValue(3);
        assertThat(rig.events.of(DualWriteEvent.ReadFallback.class)).isEmpty();
    }

    @Test
    @Tag("DW-4")
    void anExecutorThatTakesNothingOrThrowsErrorsHarmsNoRead() {
        for (Throwable thrown : List.of(new RejectedExecutionException(), new OutOfMemoryError("no thread"))) {
            rig.events.forget();
            DualWriteRepository<String, Sample> repository =
                    open("primary shadow 100%", patient().executor(task -> sneakyThrow(thrown)));
            repository.save(Sample.of("a", 1));
            assertThat(repository.read("a")).isPresent();
            assertThat(repository.readAll(List.of("a"))).hasSize(1);
            assertThat(rig.events.of(DualWriteEvent.ShadowShed.class)).hasSize(2);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> void sneakyThrow(Throwable thrown) throws E {
        throw (E) thrown;
    }

    @Test // TRAPS 35
    void aKeyThatIsPendingIsLookedAtAgainUntilItHasArrived() throws Exception {
        DualWriteRepository<String, Sample> repository =
                open("primary shadow 100%", patient().rechecks(100).recheckDelay(Duration.ofMillis(20)));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("a", 1));
        repository.read("a");
        eventually(() -> assertThat(rig.follower.readCalls).hasValueGreaterThan(0));
        assertThat(results()).isEmpty();

        rig.follower.now(ScriptedFollower.WORKS);
        rig.drain();

        eventually(() -> assertThat(results()).containsExactly(ShadowResult.LAGGING));
        assertThat(rig.events.of(DualWriteEvent.ShadowMismatch.class)).isEmpty();
    }

    @Test // TRAPS 35
    void aWriteOfAnotherProcessBetweenBothReadsIsNoDifference() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        DualWriteRepository<String, Sample> repository =
                open("primary shadow 100%", patient().executor(tasks::add));
        DualWriteRepository<String, Sample> other = rig.open();
        repository.save(Sample.of("a", 1));
        repository.read("a");
        other.save(Sample.of("a", 2)); // the answer of the read is old now
        settled();

        tasks.remove().run();

        assertThat(results()).containsExactly(ShadowResult.LAGGING);
        assertThat(tasks).isEmpty();
    }

    @Test // TRAPS 35
    void aRecordThatIsChangedAndChangedBackBetweenBothReadsIsNoDifference() {
        Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        DualWriteRepository<String, Sample> other = rig.open();
        AtomicBoolean changesBack = new AtomicBoolean();
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(WatchedAuthority.of(rig.primary, () -> {
                    if (changesBack.getAndSet(false)) {
                        other.save(Sample.of("a", 1));
                        settled();
                    }
                }))
                .readRoute(ReadRoute.parse("primary shadow 100%"))
                .shadowSettings(patient().executor(tasks::add).build()));
        repository.save(Sample.of("a", 1));
        repository.read("a");
        other.save(Sample.of("a", 2));
        settled();
        changesBack.set(true); // after the follower has answered twice with what is in between

        tasks.remove().run();
        eventually(() -> assertThat(tasks).isNotEmpty());
        tasks.remove().run();

        assertThat(changesBack).isFalse();
        assertThat(results()).containsExactly(ShadowResult.LAGGING);
        assertThat(rig.events.of(DualWriteEvent.ShadowMismatch.class)).isEmpty();
    }

    @Test
    void aKeyThatIsWrittenDuringEveryLookCountsAsLagging() {
        DualWriteRepository<String, Sample> other = rig.open();
        int[] number = {1};
        DualWriteRepository<String, Sample> repository =
                open("primary shadow 100%", patient().rechecks(2));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("a", 0));
        rig.follower.beforeReads(() -> other.save(Sample.of("a", number[0]++)));

        repository.read("a");

        eventually(() -> assertThat(results()).containsExactly(ShadowResult.LAGGING));
        assertThat(rig.follower.readCalls).hasValue(3);
    }

    @Test
    void noMoreKeysThanAllowedWaitForAnotherLook() {
        DualWriteRepository<String, Sample> repository = open(
                "primary shadow 100%",
                patient().recheckDelay(Duration.ofHours(1)).waitingRechecks(2));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        for (int i = 0; i < 5; i++) {
            repository.save(Sample.of("k" + i, 1));
            repository.read("k" + i);
        }
        eventually(() -> assertThat(rig.events.of(DualWriteEvent.ShadowShed.class))
                .extracting(DualWriteEvent.ShadowShed::reason)
                .containsExactly(ShedReason.RECHECKS_FULL, ShedReason.RECHECKS_FULL, ShedReason.RECHECKS_FULL));
        assertThat(results()).isEmpty();
    }

    @Test
    void aFloodOfOneKindIsCountedButNeitherSampledInFullNorHidesAnother() {
        DualWriteRepository<String, Sample> repository =
                open("primary shadow 100%", patient().samplesPerSecond(0).executor(tasks));
        repository.saveAll(
                IntStream.range(0, 100).mapToObj(i -> Sample.of("k" + i, 1)).toList());
        for (int i = 0; i < 99; i++) {
            onSecondary(new Sample("k" + i, "other", 1));
        }
        onSecondary(new Sample("k99", "text 1", 7));

        for (int i = 0; i < 100; i++) {
            repository.read("k" + i);
        }
        tasks.run();

        assertThat(results()).hasSize(100).containsOnly(ShadowResult.DIFFERENT);
        assertThat(rig.events.of(DualWriteEvent.ShadowMismatch.class))
                .extracting(DualWriteEvent.ShadowMismatch::key, DualWriteEvent.ShadowMismatch::fields)
                .containsExactly(tuple("k0", Set.of("text")), tuple("k99", Set.of("number")));
    }

    @Test
    void furtherCohortsShareOneLimit() {
        DualWriteRepository<String, Sample> repository = rig.open(builder(
                        "primary shadow 100%",
                        patient().samplesPerSecond(0).cohorts(3).executor(tasks))
                .comparator((ours, theirs) -> ours.equals(theirs) ? Set.of() : Set.of("field of " + ours.id())));
        for (int i = 0; i < 10; i++) {
            repository.save(Sample.of("k" + i, 1));
        }
        for (int i = 0; i < 10; i++) {
            onSecondary(Sample.of("k" + i, 2));
        }
        for (int i = 0; i < 10; i++) {
            repository.read("k" + i);
        }
        tasks.run();
        assertThat(rig.events.of(DualWriteEvent.ShadowMismatch.class))
                .extracting(DualWriteEvent.ShadowMismatch::key)
                .containsExactly("k0", "k1", "k2", "k3");
    }

    @Test
    void aComparatorThatThrowsIsAnEventAndNoDifference() {
        for (Throwable thrown : List.of(new IllegalStateException("comparator"), new NoClassDefFoundError("rule"))) {
            rig.events.forget();
            DualWriteRepository<String, Sample> repository = rig.open(
                    builder("primary shadow 100%", patient().executor(tasks)).comparator((ours, theirs) -> {
                        ShadowReadsTest.<RuntimeException>sneakyThrow(thrown);
                        return Set.of();
                    }));
            repository.save(Sample.of("a", 1));

            assertThat(repository.read("a")).contains(Sample.of("a", 1));
            assertThat(repository.readAll(List.of("a"))).hasSize(1);
            tasks.run();

            assertThat(rig.events.of(DualWriteEvent.ShadowFailed.class))
                    .hasSize(2)
                    .allMatch(e -> e.step() == ShadowStep.COMPARATOR
                            && String.valueOf(e.error().getMessage())
                                    .startsWith(thrown.getClass().getName()));
            assertThat(results()).isEmpty();
        }
    }

    @Test
    void healingIsOffUnlessAskedForAndThenTheReconcilerMendsTheKey() throws Exception {
        DualWriteRepository<String, Sample> looking =
                open("primary shadow 100%", patient().executor(tasks));
        looking.save(Sample.of("a", 1));
        onSecondary(new Sample("a", "other", 1));
        looking.read("a");
        tasks.run();
        assertThat(rig.pending()).isZero();

        DualWriteRepository<String, Sample> healing =
                open("primary shadow 100%", patient().heal(true).executor(tasks));
        healing.read("a");
        tasks.run();
        assertThat(rig.pending()).isEqualTo(1);
        assertThat(rig.events.of(DualWriteEvent.ShadowHealed.class)).hasSize(1);

        assertThat(rig.drain().drained()).isTrue();
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-6")
    void samplesShowKeysAsConfiguredAndNeverValues() {
        for (KeyPrivacy privacy : KeyPrivacy.values()) {
            rig.events.forget();
            DualWriteRepository<String, Sample> repository =
                    open("primary shadow 100%", patient().keyPrivacy(privacy).executor(tasks));
            repository.save(new Sample("key-1", "secret", 1));
            onSecondary(new Sample("key-1", "hidden", 1));
            repository.read("key-1");
            tasks.run();

            List<DualWriteEvent.ShadowMismatch> samples = rig.events.of(DualWriteEvent.ShadowMismatch.class);
            assertThat(samples).hasSize(1);
            assertThat(samples.get(0).key()).isEqualTo(privacy.shown(Rig.NAME, "key-1"));
            assertThat(samples.get(0).toString()).doesNotContain("secret", "hidden");
            if (privacy != KeyPrivacy.PLAIN) {
                assertThat(samples.get(0).toString()).doesNotContain("key-1");
            }
        }
        assertThat(KeyPrivacy.HASHED.shown("r", 1L))
                .isEqualTo(KeyPrivacy.HASHED.shown("r", "1"))
                .isNotEqualTo(KeyPrivacy.HASHED.shown("s", 1L));
        Object nameless = new Object() {
            @Override
            public String toString() {
                throw new UnsupportedOperationException("no name");
            }
        };
        assertThat(KeyPrivacy.HASHED.shown("r", nameless)).isEqualTo("redacted");
    }

    @Test
    void anAuthorityThatAnswersABatchWithNothingIsAShadowReadThatFailed() {
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new SilentAuthority(rig.primary.openAuthority(context)))
                        .readRoute(ReadRoute.parse("secondary shadow 100%"))
                        .backfillComplete(() -> true)
                        .shadowSettings(patient().executor(tasks).build()));

        assertThat(repository.readAll(List.of("a", "b"))).isEmpty();
        tasks.run();

        assertThat(rig.events.of(DualWriteEvent.ShadowFailed.class))
                .singleElement()
                .satisfies(failed -> {
                    assertThat(failed.step()).isEqualTo(ShadowStep.AUTHORITY);
                    assertThat(failed.count()).isEqualTo(2);
                });
    }

    private static final class SilentAuthority extends ForwardingAuthority {
        SilentAuthority(Authority<String, Sample> inner) {
            super(inner);
        }

        @Override
        @SuppressWarnings("NullAway") // what it must not do
        public Map<String, Sample> readAll(Collection<? extends String> keys) {
            return null;
        }
    }

    @Test
    void aBatchIsShadowedInOneCallOfTheOtherStore() {
        DualWriteRepository<String, Sample> repository =
                open("secondary shadow 100% deny b,c", patient().executor(tasks));
        repository.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1), Sample.of("c", 1), Sample.of("d", 1)));
        onSecondary(new Sample("c", "other", 1));

        assertThat(repository.readAll(List.of("a", "b", "c", "d", "e"))).hasSize(4);
        tasks.run();

        assertThat(results())
                .containsExactlyInAnyOrder(
                        ShadowResult.EQUAL,
                        ShadowResult.EQUAL,
                        ShadowResult.EQUAL,
                        ShadowResult.EQUAL,
                        ShadowResult.DIFFERENT);
        assertThat(rig.follower.readCalls).hasValue(4); // the answer, the shadow of b and c, twice more c
    }

    @Test
    void keysOfABatchThatAreShedOrFailAreCounted() {
        List<String> keys = IntStream.range(0, 250).mapToObj(i -> "k" + i).toList();
        DualWriteRepository<String, Sample> full = open(
                "primary shadow 100%",
                patient().executor(task -> {
                    throw new RejectedExecutionException();
                }));
        full.readAll(keys);
        assertThat(shed(ShedReason.EXECUTOR_FULL)).isEqualTo(250);

        DualWriteRepository<String, Sample> failing = open("primary shadow 100%", patient());
        rig.follower.readsFail(new IllegalStateException("down"));
        failing.readAll(keys);
        eventually(() -> assertThat(rig.events.of(DualWriteEvent.ShadowFailed.class).stream()
                        .mapToInt(DualWriteEvent.ShadowFailed::count)
                        .sum())
                .isEqualTo(250));
    }

    private int shed(ShedReason reason) {
        return rig.events.of(DualWriteEvent.ShadowShed.class).stream()
                .filter(e -> e.reason() == reason)
                .mapToInt(DualWriteEvent.ShadowShed::count)
                .sum();
    }

    @Test
    void aBatchWakesNoThreadForAFollowerThatTheBreakerHoldsForDown() {
        AtomicInteger given = new AtomicInteger();
        DualWriteRepository<String, Sample> repository = open(
                "primary shadow 100%",
                patient().executor(task -> {
                    given.incrementAndGet();
                    tasks.execute(task);
                }));
        rig.follower.readsFail(new IllegalStateException("down"));
        while (shed(ShedReason.BREAKER_OPEN) == 0) {
            repository.readAll(List.of("a", "b"));
            tasks.run();
        }
        int before = given.get();
        rig.events.forget();

        repository.readAll(List.of("a", "b"));

        assertThat(given).hasValue(before);
        assertThat(shed(ShedReason.BREAKER_OPEN)).isEqualTo(2);
    }

    @Test
    @Tag("DW-4")
    void anExecutorWithoutBoundIsGivenNoMoreThanTheSettingsSay() {
        DualWriteRepository<String, Sample> repository =
                open("primary shadow 100%", patient().threads(2).queueSize(3).executor(tasks));
        for (int i = 0; i < 100; i++) {
            repository.read("a");
        }
        assertThat(tasks.size()).isEqualTo(5);
        assertThat(shed(ShedReason.EXECUTOR_FULL)).isEqualTo(95);

        tasks.run();
        repository.read("a");
        assertThat(tasks.size()).isEqualTo(1);
    }

    @Test
    @Tag("DW-4")
    void anExecutorThatRunsItsTasksOnTheCallersThreadShedsThem() { // TRAPS 34
        DualWriteRepository<String, Sample> repository =
                open("primary shadow 100%", patient().executor(Runnable::run));
        rig.follower.readsHang(true);
        for (int i = 0; i < 1000; i++) {
            repository.read("a");
        }
        assertThat(rig.follower.readCalls).hasValue(0);
        assertThat(shed(ShedReason.EXECUTOR_FULL)).isEqualTo(1000);
    }
}
