package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.ListComparison;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS) // a caller that waits for ever
class QueryTest {

    private static final List<Sample> OURS = List.of(Sample.of("a", 1), Sample.of("b", 2));
    private static final List<Sample> SAME_IN_ANOTHER_ORDER = List.of(Sample.of("b", 2), Sample.of("a", 1));

    private final Rig rig = new Rig();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void close() {
        never.countDown();
        rig.close();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder(String route) {
        return rig.builder()
                .readRoute(ReadRoute.parse(route))
                .secondaryReadTimeout(Duration.ofSeconds(20))
                .backfillComplete(() -> true)
                .shadowSettings(ShadowSettings.builder()
                        .timeout(Duration.ofSeconds(20))
                        .recheckDelay(Duration.ofMillis(1))
                        .build());
    }

    private static Query<List<Sample>> query(List<Sample> secondary) {
        return Query.of("open orders", "tenant-a", () -> OURS, () -> secondary);
    }

    private List<FallbackReason> fallbacks() {
        return rig.events.of(DualWriteEvent.QueryFallback.class).stream()
                .map(DualWriteEvent.QueryFallback::reason)
                .toList();
    }

    @Test
    void theRoutingKeyDecidesWhichStoreIsAsked() {
        DualWriteRepository<String, Sample> repository = rig.open(builder("primary allow tenant-a"));
        assertThat(repository.query(Query.of("q", "tenant-a", () -> "primary", () -> "secondary")))
                .isEqualTo("secondary");
        assertThat(repository.query(Query.of("q", "tenant-b", () -> "primary", () -> "secondary")))
                .isEqualTo("primary");
        assertThat(repository.query(Query.ofAsync(
                        "q", "tenant-a", () -> "primary", () -> CompletableFuture.completedFuture("secondary"))))
                .isEqualTo("secondary");
    }

    @Test
    @Tag("DW-4")
    void whateverTheSecondarysFunctionDoesTheAuthorityAnswers() {
        DualWriteRepository<String, Sample> repository =
                rig.open(builder("secondary").secondaryReadTimeout(Duration.ofMillis(100)));
        assertThat(repository.query(Query.<String>of("q", 1, () -> "primary", () -> {
                    throw new IllegalStateException("no such index");
                })))
                .isEqualTo("primary");
        assertThat(repository.query(Query.<String>of("q", 1, () -> "primary", () -> {
                    throw new NoClassDefFoundError("client");
                })))
                .isEqualTo("primary");
        assertThat(repository.query(Query.of("q", 1, () -> "primary", () -> {
                    await();
                    return "late";
                })))
                .isEqualTo("primary");
        assertThat(repository.query(Query.<String>ofAsync("q", 1, () -> "primary", CompletableFuture::new)))
                .isEqualTo("primary");
        assertThat(fallbacks())
                .containsExactly(
                        FallbackReason.FAILED, FallbackReason.FAILED, FallbackReason.TIMEOUT, FallbackReason.TIMEOUT);
    }

    @Test
    @Tag("DW-4")
    void whatTheSecondaryIsStillDoingAtTheDeadlineIsCancelled() {
        DualWriteRepository<String, Sample> repository =
                rig.open(builder("secondary").secondaryReadTimeout(Duration.ofMillis(100)));
        CompletableFuture<String> request = new CompletableFuture<>();

        eventually(
                () -> { // on a busy machine it may not be asked within the deadline
                    assertThat(repository.query(Query.ofAsync("q", 1, () -> "primary", () -> request)))
                            .isEqualTo("primary");
                    assertThat(request).isCancelled();
                });
    }

    private void await() {
        try {
            never.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void withoutFallbackTheCallerGetsTheCause() {
        DualWriteRepository<String, Sample> repository = rig.open(builder("secondary no-fallback"));
        assertThatThrownBy(() -> repository.query(Query.<String>of("open orders", 1, () -> "primary", () -> {
                    throw new IllegalStateException("no such index");
                })))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("open orders")
                .cause()
                .hasMessageContaining(IllegalStateException.class.getName());
        assertThat(rig.events.of(DualWriteEvent.FollowerReadFailed.class)).hasSize(1);
    }

    @Test
    void anErrorOfTheAuthorityIsTheCallersAndAnEvent() {
        DualWriteRepository<String, Sample> repository = rig.open(builder("primary"));
        IllegalStateException error = new IllegalStateException("syntax");
        assertThatThrownBy(() -> repository.query(Query.<String>of(
                        "q",
                        1,
                        () -> {
                            throw error;
                        },
                        () -> "secondary")))
                .isSameAs(error);
        assertThat(rig.events.of(DualWriteEvent.AuthorityFailed.class)).hasSize(1);
    }

    @Test
    void aFullExecutorAndABackfillThatIsNotCompleteMeanTheAuthority() {
        DualWriteRepository<String, Sample> full = rig.open(builder("secondary").queryExecutor(task -> {
            throw new RejectedExecutionException("full");
        }));
        assertThat(full.query(Query.of("q", 1, () -> "primary", () -> "secondary")))
                .isEqualTo("primary");
        DualWriteRepository<String, Sample> copying =
                rig.open(builder("secondary").backfillComplete(() -> false));
        assertThat(copying.query(Query.of("q", 1, () -> "primary", () -> "secondary")))
                .isEqualTo("primary");
        assertThat(fallbacks()).containsExactly(FallbackReason.EXECUTOR_FULL, FallbackReason.MISS_BEFORE_BACKFILL);
    }

    @Test
    @Tag("DW-5")
    void aQueryCanWaitForWhatThisInstanceWroteToArrive() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.open(builder("secondary"));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("x", 1));
        Query<String> query = Query.of("q", 1, () -> "primary", () -> "secondary");

        assertThat(repository.query(query)).isEqualTo("secondary");
        assertThat(repository.query(query.authorityWhilePending())).isEqualTo("primary");
        assertThat(fallbacks()).containsExactly(FallbackReason.PENDING);

        rig.follower.now(ScriptedFollower.WORKS);
        rig.drain();
        eventually(() ->
                assertThat(repository.query(query.authorityWhilePending())).isEqualTo("secondary"));
    }

    @Test
    void resultsAreComparedWithOrWithoutOrderAndADifferenceIsLookedAtAgain() {
        for (String route : List.of("primary shadow 100%", "secondary shadow 100%")) {
            rig.events.forget();
            DualWriteRepository<String, Sample> repository = rig.open(builder(route));
            ListComparison<Sample> anyOrder = ListComparison.unordered(FieldComparison.strict(), Sample::id);

            repository.query(query(SAME_IN_ANOTHER_ORDER).comparedBy(anyOrder));
            eventually(() -> assertThat(results()).containsExactly(ShadowResult.EQUAL));

            repository.query(query(SAME_IN_ANOTHER_ORDER));
            eventually(() -> assertThat(results()).containsExactly(ShadowResult.EQUAL, ShadowResult.DIFFERENT));
            eventually(() -> assertThat(rig.events.of(DualWriteEvent.ShadowMismatch.class))
                    .singleElement()
                    .satisfies(e -> {
                        assertThat(e.key()).isEqualTo("open orders");
                        assertThat(e.fields()).containsExactlyInAnyOrder("id", "text", "number");
                    }));
        }
    }

    private List<ShadowResult> results() {
        return rig.events.of(DualWriteEvent.ShadowCompared.class).stream()
                .map(DualWriteEvent.ShadowCompared::result)
                .toList();
    }

    @Test
    void aRoutingKeyOrPredicateThatCannotDecideMeansTheAuthority() {
        DualWriteRepository<String, Sample> half = rig.open(builder("secondary 50%"));
        assertThat(half.query(Query.of("q", new Object(), () -> "primary", () -> "secondary")))
                .isEqualTo("primary");
        DualWriteRepository<String, Sample> throwing = rig.open(builder("primary")
                .readRoute(ReadRoute.builder()
                        .allowWhen("broken", key -> {
                            throw new IllegalStateException("predicate");
                        })
                        .build()));
        throwing.save(Sample.of("a", 1));
        assertThat(throwing.read("a")).contains(Sample.of("a", 1));
        assertThat(throwing.readAll(List.of("a"))).hasSize(1);
        assertThat(rig.events.of(DualWriteEvent.RouteUndecided.class)).hasSize(3);
    }

    private DualWriteRepository<String, Sample> looking(Queue<Runnable> tasks, int rechecks) {
        return rig.open(builder("primary shadow 100%")
                .shadowSettings(ShadowSettings.builder()
                        .timeout(Duration.ofSeconds(20))
                        .recheckDelay(Duration.ofMillis(1))
                        .rechecks(rechecks)
                        .executor(tasks::add)
                        .build()));
    }

    private static void next(BlockingQueue<Runnable> tasks) throws InterruptedException {
        Runnable task = tasks.poll(20, TimeUnit.SECONDS);
        assertThat(task).as("another look").isNotNull();
        task.run();
    }

    @Test // TRAPS 35
    void whatIsPendingForAnotherInstanceIsLagAndWhatHasArrivedIsNone() throws Exception {
        BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        DualWriteRepository<String, Sample> other = rig.open();
        DualWriteRepository<String, Sample> repository = looking(tasks, 3);
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        other.save(Sample.of("x", 1));
        Query<String> lagging = Query.of("lagging", 1, () -> "new", () -> rig.pending() > 0 ? "old" : "new");

        repository.query(lagging);
        for (int look = 0; look <= 3; look++) {
            next(tasks);
        }
        assertThat(results()).containsExactly(ShadowResult.LAGGING);

        repository.query(lagging);
        next(tasks);
        rig.follower.now(ScriptedFollower.WORKS);
        rig.drain();
        next(tasks);
        assertThat(results()).containsExactly(ShadowResult.LAGGING, ShadowResult.LAGGING);
        assertThat(rig.events.of(DualWriteEvent.ShadowMismatch.class)).isEmpty();
    }

    @Test // TRAPS 35
    void aRealDifferenceCountsAlthoughSomethingElseIsPendingAtEveryLook() throws Exception {
        BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        DualWriteRepository<String, Sample> repository = looking(tasks, 3);
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("before", 1));

        repository.query(Query.of("differs", 1, () -> "ours", () -> "theirs"));
        next(tasks);
        rig.follower.now(ScriptedFollower.WORKS);
        rig.drain();
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("after", 1));
        next(tasks);

        assertThat(results()).containsExactly(ShadowResult.DIFFERENT);
        assertThat(rig.pending()).isEqualTo(1);
    }

    @Test // TRAPS 35
    void anAnswerThatChangesBetweenTwoLooksIsDoubtedAnew() throws Exception {
        BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        DualWriteRepository<String, Sample> repository = looking(tasks, 3);
        String[] truth = {"1"};
        String[] copy = {"0"};
        Query<String> query = Query.of("busy", 1, () -> truth[0], () -> copy[0]);
        repository.query(query);
        next(tasks);
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("x", 1)); // a write that the query shows
        truth[0] = "2";
        copy[0] = "1";
        next(tasks);
        assertThat(results()).isEmpty();

        rig.follower.now(ScriptedFollower.WORKS);
        rig.drain();
        copy[0] = "2";
        next(tasks);
        assertThat(results()).containsExactly(ShadowResult.LAGGING);
    }

    @Test
    @Tag("DW-5")
    void withTheScopeFleetAQueryCanWaitForWhatOthersWroteToArrive() throws Exception {
        DualWriteRepository<String, Sample> repository =
                rig.open(builder("secondary").readYourWrites(ReadYourWrites.fleet(Duration.ofSeconds(2))));
        DualWriteRepository<String, Sample> other = rig.open();
        Query<String> query =
                Query.of("q", 1, () -> "primary", () -> "secondary").authorityWhilePending();
        eventually(() -> assertThat(repository.query(query)).isEqualTo("secondary"));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        other.save(Sample.of("x", 1));

        eventually(() -> assertThat(repository.query(query)).isEqualTo("primary"));
    }

    @Test
    @Tag("DW-6")
    void aComparatorThatThrowsInAQueryIsAnEventAndNoDifference() throws Exception {
        BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        DualWriteRepository<String, Sample> repository = looking(tasks, 3);
        assertThat(repository.query(
                        Query.of("q", 1, () -> "ours", () -> "theirs").comparedBy((ours, theirs) -> {
                            throw new NoClassDefFoundError("rule");
                        })))
                .isEqualTo("ours");
        next(tasks);

        assertThat(rig.events.of(DualWriteEvent.ShadowFailed.class))
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.step()).isEqualTo(ShadowStep.COMPARATOR);
                    assertThat(e.error()).hasMessageContaining(NoClassDefFoundError.class.getName());
                });
        assertThat(results()).isEmpty();
    }
}
