package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("DW-4")
class StepBackTest {

    private final Rig rig = new Rig();
    private final ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.secondary());
    private final StepBack policy =
            StepBack.defaults().errorPercent(20).minimum(5).window(Duration.ofMinutes(10));

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepository<String, Sample> open(StepBack policy) {
        return rig.open(rig.builder().readRouteSource(flag).stepBack(policy));
    }

    private static void read(DualWriteRepository<String, Sample> repository, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(repository.read("a")).contains(Sample.of("a", 1));
        }
    }

    @Test
    void aFollowerThatFailsTooOftenIsNotReadAnyMoreByTheWholeFleet() {
        DualWriteRepository<String, Sample> repository = open(policy);
        DualWriteRepository<String, Sample> other = open(policy);
        repository.save(Sample.of("a", 1));
        read(repository, 5);
        rig.follower.readsHang(true);
        read(repository, 2);

        assertThat(repository.readRoute()).isEqualTo(ReadRoute.primary());
        eventually(() -> assertThat(flag.route("rig")).isEqualTo(ReadRoute.primary()));
        assertThat(other.readRoute()).isEqualTo(ReadRoute.primary());
        assertThat(rig.events.of(DualWriteEvent.RouteChanged.class))
                .filteredOn(e -> e.reason() == RouteChangeReason.STEP_BACK)
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.from()).isEqualTo("secondary");
                    assertThat(e.to()).isEqualTo("primary");
                    assertThat(e.detail()).contains("2 of 7 reads of the secondary got no answer");
                });
        int calls = rig.follower.readCalls.get();
        read(repository, 10);
        assertThat(rig.follower.readCalls).hasValue(calls);
    }

    @Test
    void onThisInstanceOnlyItHoldsUntilAPersonResumesAndNothingStepsForwardByItself() {
        DualWriteRepository<String, Sample> repository = open(policy.thisInstanceOnly());
        repository.save(Sample.of("a", 1));
        rig.follower.readsHang(true);
        read(repository, 5);
        rig.follower.readsHang(false);

        assertThat(repository.readRouteSteppedBack()).isTrue();
        assertThat(flag.route("rig")).isEqualTo(ReadRoute.secondary());
        int calls = rig.follower.readCalls.get();
        read(repository, 50);
        assertThat(rig.follower.readCalls).hasValue(calls);

        repository.resumeReadRoute();
        read(repository, 1);
        assertThat(repository.readRouteSteppedBack()).isFalse();
        assertThat(rig.follower.readCalls).hasValue(calls + 1);
    }

    @Test
    void withoutItTheRouteStaysWhateverHappens() {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().readRouteSource(flag));
        repository.save(Sample.of("a", 1));
        rig.follower.readsHang(true);
        read(repository, 20);
        assertThat(repository.readRoute()).isEqualTo(ReadRoute.secondary());
    }

    @Test
    void aFollowerThatDiffersTooOftenIsNotReadAnyMoreAndLagIsNotHeldAgainstIt() { // TRAPS 35
        Tasks tasks = new Tasks();
        flag.set(ReadRoute.parse("secondary 50% shadow 100% deny a"));
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                .readRouteSource(flag)
                .backfillComplete(() -> true)
                .shadowSettings(ShadowSettings.builder()
                        .timeout(Duration.ofSeconds(20))
                        .rechecks(0)
                        .executor(tasks)
                        .build())
                .stepBack(StepBack.defaults().mismatchPercent(20).minimum(5).window(Duration.ofMinutes(10))));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("a", 1));
        read(repository, 20);
        tasks.run();
        assertThat(repository.readStatistics().shadowResults()).containsEntry(ShadowResult.LAGGING, 20L);
        assertThat(repository.readRouteSteppedBack()).isFalse();

        rig.follower.now(ScriptedFollower.WORKS);
        repository.save(Sample.of("a", 1));
        Rig.eventually(() -> assertThat(rig.pending()).isZero());
        read(repository, 4);
        tasks.run();
        rig.secondary
                .openAuthority(new StoreContext("bypassing", Duration.ZERO))
                .save(Sample.of("a", 2));
        read(repository, 1);
        tasks.run();
        assertThat(repository.readRouteSteppedBack()).as("1 of 5 is 20 %").isFalse();
        read(repository, 1);
        tasks.run();

        Rig.eventually(() -> assertThat(flag.route("rig").mayReadSecondary()).isFalse());
        assertThat(rig.events.of(DualWriteEvent.RouteChanged.class))
                .filteredOn(e -> e.reason() == RouteChangeReason.STEP_BACK)
                .singleElement()
                .satisfies(e -> assertThat(e.detail()).contains("2 of 6 comparisons found a difference"));
    }
}
