package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("DW-5")
class FleetPendingTest {

    private static final Duration BOUND = Duration.ofSeconds(1);

    private final Authority<String, Sample> authority =
            InMemoryStore.<String, Sample>keyedBy(Sample::id).openAuthority(new StoreContext("keys", Duration.ZERO));
    private final Recorder recorder = new Recorder();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong millis = new AtomicLong();
    private Runnable duringTheLook = () -> {};

    private final FleetPending<String> fleet = new FleetPending<>(
            new ForwardingQueue(authority.queue()) {
                @Override
                public Optional<Set<String>> pendingKeys(int limit) {
                    Optional<Set<String>> keys = super.pendingKeys(limit);
                    duringTheLook.run();
                    return keys;
                }
            },
            BOUND,
            2,
            new Events("fleet", List.of(recorder)),
            nanos::get,
            millis::get);

    private void look() {
        fleet.mayBePending("somebody asks");
        fleet.look();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        millis.addAndGet(time.toMillis());
    }

    private void save(String key) {
        authority.save(Sample.of(key, 1));
    }

    @Test
    void beforeTheFirstLookEveryKeyMayBePending() {
        assertThat(fleet.mayBePending("a")).isTrue();
        assertThat(fleet.anyPending()).isTrue();
        fleet.look();
        assertThat(fleet.mayBePending("a")).isFalse();
        assertThat(fleet.anyPending()).isFalse();
    }

    @Test
    void whatIsPendingForAnybodyIsKnownAfterALookAndNoLongerWhenItIsConfirmed() {
        long version = authority.save(Sample.of("a", 1)).version();
        look();
        assertThat(fleet.mayBePending("a")).isTrue();
        assertThat(fleet.mayBePending("b")).isFalse();

        authority.queue().confirm(List.of(new KeyVersion<>("a", version)));
        look();
        assertThat(fleet.mayBePending("a")).isFalse();
    }

    @Test
    void aViewThatIsOlderThanTheBoundKnowsNothing() {
        look();
        pass(BOUND);
        assertThat(fleet.mayBePending("a")).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(fleet.mayBePending("a")).isTrue();
    }

    @Test
    void theAgeOfAViewCountsFromTheBeginningOfTheLook() {
        duringTheLook = () -> {
            save("a"); // acknowledged after what the look saw
            pass(BOUND.plusMillis(1));
        };
        look();
        assertThat(fleet.mayBePending("a")).isTrue();
    }

    @Test
    void aClockThatStoodStillWhileTheMachineWasSuspendedDoesNotMakeAViewYounger() {
        look();
        millis.addAndGet(BOUND.toMillis() + 1);
        assertThat(fleet.mayBePending("a")).isTrue();

        look();
        millis.addAndGet(-100_000); // somebody sets the clock back
        nanos.addAndGet(BOUND.toNanos() + 1);
        assertThat(fleet.mayBePending("a")).isTrue();
    }

    @Test
    void moreKeysThanThereIsRoomForMeanThatEveryKeyMayBePending() {
        List.of("a", "b", "c").forEach(this::save);
        look();
        assertThat(fleet.mayBePending("never written")).isTrue();
        pass(BOUND);
        look();
        authority
                .snapshot(List.of("a"))
                .forEach(r -> authority.queue().confirm(List.of(new KeyVersion<>(r.key(), r.version()))));
        pass(BOUND);
        look();
        assertThat(fleet.mayBePending("never written")).isFalse();
        assertThat(recorder.of(DualWriteEvent.PendingKeysKnown.class))
                .extracting(DualWriteEvent.PendingKeysKnown::known, DualWriteEvent.PendingKeysKnown::detail)
                .containsExactly(
                        tuple(false, "more than 2 keys are pending, or the queue cannot list them"), tuple(true, ""));
    }

    @Test
    void aLongQueueIsLeftAloneForTheBoundOrNineTimesWhatTheLookTook() {
        List.of("a", "b", "c").forEach(this::save);
        AtomicInteger looks = new AtomicInteger();
        duringTheLook = looks::incrementAndGet;
        look();
        pass(BOUND.minusMillis(1));
        look();
        assertThat(looks).as("a quick one, and one within the bound").hasValue(1);

        pass(Duration.ofMillis(1));
        duringTheLook = () -> {
            looks.incrementAndGet();
            pass(Duration.ofMillis(200));
        };
        look();
        pass(Duration.ofMillis(1799));
        look();
        assertThat(looks).as("a slow one, and one before nine times that").hasValue(2);
        assertThat(fleet.mayBePending("never written")).isTrue();

        pass(Duration.ofMillis(1));
        look();
        assertThat(looks).hasValue(3);
        assertThat(told()).hasSize(1);
    }

    @Test
    void aQueueThatFailsLeavesTheViewUntilItIsTooOldAndIsOneEvent() {
        look();
        duringTheLook = () -> {
            throw new IllegalStateException("the authority is down");
        };
        look();
        assertThat(fleet.mayBePending("a")).isFalse();
        assertThat(recorder.of(DualWriteEvent.PendingKeysKnown.class)).isEmpty();

        pass(BOUND.plusMillis(1));
        look();
        look();
        assertThat(fleet.mayBePending("a")).isTrue();
        assertThat(recorder.of(DualWriteEvent.PendingKeysKnown.class)).hasSize(1);

        duringTheLook = () -> {};
        look();
        assertThat(fleet.mayBePending("a")).isFalse();
        assertThat(recorder.of(DualWriteEvent.PendingKeysKnown.class)).hasSize(2);
    }

    @Test
    void aLookThatTakesLongerThanTheBoundIsAnEventSinceEveryReadIsTheAuthoritys() {
        look();
        duringTheLook = () -> pass(BOUND.plusMillis(1));
        look();
        look();
        assertThat(fleet.mayBePending("a")).isTrue();
        assertThat(told()).containsExactly(tuple(false, "reading the queue takes longer than the bound"));

        duringTheLook = () -> {};
        look();
        assertThat(fleet.mayBePending("a")).isFalse();
        assertThat(told()).hasSize(2).last().isEqualTo(tuple(true, ""));
    }

    @Test
    void aLookThatDoesNotEndIsAnEventAsWell() {
        look();
        List<Tuple> whileItIsUnderWay = new ArrayList<>();
        duringTheLook = () -> {
            pass(BOUND);
            whileItIsUnderWay.add(tuple(fleet.mayBePending("a"), told().size()));
            pass(Duration.ofMillis(1));
            whileItIsUnderWay.add(tuple(fleet.mayBePending("a"), told().size()));
            whileItIsUnderWay.add(tuple(fleet.mayBePending("a"), told().size()));
        };
        look();
        assertThat(whileItIsUnderWay).containsExactly(tuple(false, 0), tuple(true, 1), tuple(true, 1));
        assertThat(told()).containsExactly(tuple(false, "reading the queue takes longer than the bound"));
    }

    private List<Tuple> told() {
        return recorder.of(DualWriteEvent.PendingKeysKnown.class).stream()
                .map(e -> tuple(e.known(), e.detail()))
                .toList();
    }

    @Test
    void nobodyAsksNothingIsRead() {
        duringTheLook = () -> {
            throw new AssertionError("read without need");
        };
        fleet.look();
        duringTheLook = () -> {};
        look();
        pass(BOUND.multipliedBy(101));
        duringTheLook = () -> {
            throw new AssertionError("read without need");
        };
        fleet.look();
        assertThat(recorder.of(DualWriteEvent.PendingKeysKnown.class)).isEmpty();
        assertThat(fleet.mayBePending("a")).as("the first question after that").isTrue();
    }
}
