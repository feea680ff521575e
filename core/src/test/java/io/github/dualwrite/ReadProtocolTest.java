package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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
}
