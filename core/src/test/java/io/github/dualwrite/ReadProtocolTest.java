package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("DW-5")
class ReadProtocolTest {

    private final Rig rig = new Rig();
    private final ReadRouteSwitch route = ReadRouteSwitch.of(ReadRoute.secondary());

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder() {
        return rig.builder().readRouteSource(route).backfillComplete(() -> true);
    }

    private void assertFallbacks(FallbackReason... reasons) {
        assertThat(rig.events.of(DualWriteEvent.ReadFallback.class))
                .extracting(DualWriteEvent.ReadFallback::reason)
                .containsExactly(reasons);
    }

    @Test
    void theFollowerAnswersWhatItIsKnownToHave() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        repository.save(Sample.of("a", 1));

        assertThat(repository.read("a")).contains(Sample.of("a", 1));
        assertThat(repository.readAll(List.of("a", "missing"))).containsOnlyKeys("a");

        assertThat(rig.follower.readCalls).hasValue(2);
        assertFallbacks();
    }

    @Test
    void aReadAfterAnAsynchronousWriteGivesThatWrite() {
        DualWriteRepository<String, Sample> repository = rig.open(builder().secondaryMode(SecondaryMode.ASYNCHRONOUS));
        rig.follower.now(ScriptedFollower.HANGS);
        repository.save(Sample.of("a", 1));

        assertThat(repository.read("a")).contains(Sample.of("a", 1));
        assertThat(repository.readAll(List.of("a"))).containsEntry("a", Sample.of("a", 1));
        assertFallbacks(FallbackReason.PENDING, FallbackReason.PENDING);
        assertThat(rig.follower.readCalls).hasValue(0);

        rig.follower.now(ScriptedFollower.WORKS);
        repository.save(Sample.of("a", 2));
        eventually(() -> {
            int before = rig.follower.readCalls.get();
            assertThat(repository.read("a")).contains(Sample.of("a", 2));
            assertThat(rig.follower.readCalls).hasValue(before + 1);
        });
    }

    @Test
    void aDeleteThatIsPendingIsSeen() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        repository.save(Sample.of("a", 1));
        rig.follower.now(ScriptedFollower.HANGS);
        repository.delete("a");

        assertThat(repository.read("a")).isEmpty();
        assertFallbacks(FallbackReason.PENDING);
    }

    @Test
    void theMarkGoesWhenAnotherProcessHasDrainedTheQueue() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("a", 1));
        rig.follower.now(ScriptedFollower.WORKS);

        rig.drain();

        eventually(() -> {
            assertThat(repository.read("a")).contains(Sample.of("a", 1));
            assertThat(rig.follower.readCalls).hasValueGreaterThan(0);
        });
    }

    @Test
    @Tag("DW-4")
    void theAuthorityAnswersWhenTheFollowerHangs() {
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        repository.save(Sample.of("a", 1));
        rig.follower.readsHang(true);

        assertThat(repository.read("a")).contains(Sample.of("a", 1));
        assertThat(repository.readAll(List.of("a", "b"))).containsOnly(Map.entry("a", Sample.of("a", 1)));
        assertFallbacks(FallbackReason.TIMEOUT, FallbackReason.TIMEOUT);
    }

    @Test
    @Tag("DW-4")
    void theAuthorityAnswersWhenTheBreakerIsOpen() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("reads");
        DualWriteRepository<String, Sample> repository = rig.open(builder().readCircuitBreaker(breaker));
        repository.save(Sample.of("a", 1));
        breaker.transitionToForcedOpenState();

        assertThat(repository.read("a")).contains(Sample.of("a", 1));
        assertFallbacks(FallbackReason.BREAKER_OPEN);
    }

    @Test
    void aMissBeforeTheBackfillIsCompleteIsAnsweredByTheAuthority() {
        InsertedBefore.insert(rig, Sample.of("old", 1));
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().readRouteSource(route));
        repository.save(Sample.of("new", 1));

        assertThat(repository.read("old")).contains(Sample.of("old", 1));
        assertThat(repository.readAll(List.of("old", "new"))).containsOnlyKeys("old", "new");
        assertFallbacks(FallbackReason.MISS_BEFORE_BACKFILL, FallbackReason.MISS_BEFORE_BACKFILL);
    }

    /** The backfill comes to its end after the follower has found nothing, and before it says so. */
    private DualWriteRepository<String, Sample> copiedWhileTheMissIsOnItsWay() {
        AtomicBoolean complete = new AtomicBoolean();
        InsertedBefore.insert(rig, Sample.of("old", 1));
        rig.follower.afterReads(() -> {
            rig.secondary
                    .openAuthority(new StoreContext("bypassing", Duration.ZERO))
                    .save(Sample.of("old", 1));
            complete.set(true);
        });
        return rig.open(rig.builder().readRouteSource(route).backfillComplete(complete::get));
    }

    @Test
    void aRecordThatIsCopiedWhileTheMissIsOnItsWayIsNoMiss() {
        assertThat(copiedWhileTheMissIsOnItsWay().read("old")).contains(Sample.of("old", 1));
        assertFallbacks(FallbackReason.MISS_BEFORE_BACKFILL);
    }

    @Test
    void aRecordOfABatchThatIsCopiedWhileTheMissIsOnItsWayIsNoMiss() {
        assertThat(copiedWhileTheMissIsOnItsWay().readAll(List.of("old"))).containsEntry("old", Sample.of("old", 1));
        assertFallbacks(FallbackReason.MISS_BEFORE_BACKFILL);
    }

    private DualWriteRepository<String, Sample> withOneThatIsNotCopiedYet(
            UnaryOperator<Map<String, @Nullable Sample>> answer) {
        InsertedBefore.insert(rig, Sample.of("old", 1));
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().readRouteSource(route));
        repository.save(Sample.of("new", 1));
        rig.follower.readsOfSeveralGive(answer);
        return repository;
    }

    @ParameterizedTest
    @MethodSource
    void aFollowerThatAnswersOddlyHidesNothing(String key, @Nullable Sample value) {
        DualWriteRepository<String, Sample> repository = withOneThatIsNotCopiedYet(found -> {
            Map<String, @Nullable Sample> answer = new HashMap<>(found);
            answer.put(key, value);
            return answer;
        });

        assertThat(repository.readAll(List.of("old", "new")))
                .isEqualTo(Map.of("old", Sample.of("old", 1), "new", Sample.of("new", 1)));
        assertFallbacks(FallbackReason.MISS_BEFORE_BACKFILL);
    }

    static Stream<Arguments> aFollowerThatAnswersOddlyHidesNothing() {
        return Stream.of(
                Arguments.argumentSet("null for a key", "old", null),
                Arguments.argumentSet("a record that nobody asked for", "stranger", Sample.of("stranger", 1)));
    }

    @Test
    void switchingTheRouteIsEffectiveAtOnceAndAnEvent() {
        route.set(ReadRoute.primary());
        DualWriteRepository<String, Sample> repository = rig.open(builder());
        repository.save(Sample.of("a", 1));
        repository.read("a");
        assertThat(rig.follower.readCalls).hasValue(0);

        route.set(ReadRoute.secondary());
        repository.read("a");
        assertThat(rig.follower.readCalls).hasValue(1);
        assertThat(repository.readRoute()).isEqualTo(ReadRoute.secondary());

        route.set(ReadRoute.primary());
        repository.read("a");
        assertThat(rig.follower.readCalls).hasValue(1);
        assertThat(rig.events.of(DualWriteEvent.RouteChanged.class))
                .extracting(DualWriteEvent.RouteChanged::to)
                .containsExactly("secondary", "primary");
    }

    /** Keys with a route each, which is known; for the repository as a whole there is nothing but the primary. */
    private DualWriteRepository<String, Sample> perKey(Map<String, String> routes) {
        AtomicBoolean lastAsked = new AtomicBoolean();
        DualWriteRepository<String, Sample> repository = rig.open(builder().readRouteSource(new ReadRouteSource() {
            @Override
            public ReadRoute route(String name) {
                return ReadRoute.primary();
            }

            @Override
            public ReadRoute route(String name, Object key) {
                lastAsked.set(key.equals("last"));
                return ReadRoute.parse(routes.getOrDefault(key, "primary"));
            }

            @Override
            public boolean perKey() {
                return true;
            }
        }));
        routes.keySet().forEach(key -> repository.save(Sample.of(key, 1)));
        repository.readAll(routes.keySet());
        repository.read("last"); // the source is asked by one thread, in order
        eventually(() -> assertThat(lastAsked).isTrue());
        rig.events.forget();
        return repository;
    }

    @Test
    void aBatchWithoutFallbackIsWhatTheRouteOfAKeySaysNotThatOfTheRepository() {
        DualWriteRepository<String, Sample> repository =
                perKey(Map.of("lenient", "secondary", "strict", "secondary no-fallback"));
        rig.follower.readsFail(new IOException("down"));

        assertThat(repository.readAll(List.of("lenient"))).containsOnlyKeys("lenient");
        assertThatThrownBy(() -> repository.readAll(List.of("lenient", "strict")))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("strict")
                .hasMessageNotContaining("lenient");
    }

    @Test
    @Tag("DW-5")
    void aBatchIsSplitAndEachStoreIsAskedOnceForTheKeysThatAreItsToAnswer() {
        List<Set<String>> askedOfAuthority = new ArrayList<>();
        List<Set<String>> askedOfFollower = new ArrayList<>();
        rig.follower.beforeReadAll(keys -> askedOfFollower.add(Set.copyOf(keys)));
        route.set(ReadRoute.parse("secondary deny here"));
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new ForwardingAuthority(rig.primary.openAuthority(context)) {
                            @Override
                            public Map<String, Sample> readAll(Collection<? extends String> keys) {
                                askedOfAuthority.add(Set.copyOf(keys));
                                return super.readAll(keys);
                            }
                        })
                        .readRouteSource(route)
                        .backfillComplete(() -> false));
        List.of("here", "there", "pending", "old").forEach(key -> repository.save(Sample.of(key, 1)));
        rig.follower.now(ScriptedFollower.fails(new IOException("down")));
        repository.save(Sample.of("pending", 2));
        rig.secondary
                .openAuthority(new StoreContext("bypassing", Duration.ZERO))
                .delete("old");

        assertThat(repository.readAll(List.of("here", "there", "pending", "old", "there", "nowhere")))
                .isEqualTo(Map.of(
                        "here", Sample.of("here", 1),
                        "there", Sample.of("there", 1),
                        "pending", Sample.of("pending", 2),
                        "old", Sample.of("old", 1)));
        assertThat(askedOfFollower).containsExactly(Set.of("there", "old", "nowhere"));
        assertThat(askedOfAuthority).containsExactly(Set.of("here", "pending", "old", "nowhere"));
    }

    @Test
    void aBatchIsShadowedByTheShareOfEachKey() {
        DualWriteRepository<String, Sample> repository = perKey(
                Map.of("quiet", "secondary", "shadowed", "secondary shadow 100%", "here", "primary shadow 100%"));

        repository.readAll(List.of("quiet", "shadowed", "here"));
        eventually(() ->
                assertThat(rig.events.of(DualWriteEvent.ShadowCompared.class)).hasSize(2));

        repository.readAll(List.of("quiet"));
        repository.readAll(List.of("here"));
        eventually(() ->
                assertThat(rig.events.of(DualWriteEvent.ShadowCompared.class)).hasSize(3));
    }

    @Test
    @Tag("DW-4")
    void whateverBackfillCompleteThrowsTheAuthorityAnswers() {
        for (Throwable thrown : List.of(new IllegalStateException("flag"), new NoClassDefFoundError("flag"))) {
            DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                    .readRoute(ReadRoute.secondary())
                    .secondaryReadTimeout(Duration.ofSeconds(20))
                    .backfillComplete(() -> {
                        throw ReadProtocolTest.<RuntimeException>asUnchecked(thrown);
                    }));
            assertThat(repository.read("a")).isEmpty();
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E asUnchecked(Throwable thrown) throws E {
        throw (E) thrown;
    }
}
