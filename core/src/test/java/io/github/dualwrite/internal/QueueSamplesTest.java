package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.QueueStatistics;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When the queue is looked at, and for how long that is believed. */
@Tag("DW-6")
class QueueSamplesTest {

    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration OLDEST = Duration.ofMinutes(5);

    private Duration now = Duration.ZERO;
    private Duration lookTakes = Duration.ZERO;
    private Duration rest = Duration.ZERO;
    private boolean noThread;
    private boolean kept;
    private boolean fails;
    private int looks;

    private final ManualScheduler scheduler = new ManualScheduler() {
        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            if (noThread) {
                if (kept) {
                    ScheduledFuture<?> unused = super.schedule(task, delay, unit);
                }
                throw new Error("unable to create native thread");
            }
            rest = Duration.ofNanos(unit.toNanos(delay));
            return super.schedule(task, delay, unit);
        }
    };

    private final QueueSamples samples = new QueueSamples(
            () -> {
                looks++;
                now = now.plus(lookTakes);
                if (fails) {
                    throw new IllegalStateException("no answer in time");
                }
                return new QueueStatistics(0, 0, null);
            },
            INTERVAL,
            OLDEST,
            scheduler,
            (Machine) Proxy.newProxyInstance(
                    Machine.class.getClassLoader(),
                    new Class<?>[] {Machine.class},
                    (proxy, method, arguments) -> method.getName().equals("nanos") ? now.toNanos() : now.toMillis()));

    private void look(Duration takes) {
        samples.begin();
        lookTakes = takes;
        scheduler.runOne();
    }

    @Test
    void aThreadThatCannotBeStartedIsTriedAgainWhenSomebodyAsks() {
        noThread = true;
        assertThat(samples.last()).isEmpty();

        noThread = false;
        look(Duration.ZERO);

        assertThat(samples.last()).isPresent();
    }

    @Test
    void whatAnExecutorKeptThatFoundNoThreadIsNoSecondSeriesOfLooks() {
        noThread = true;
        kept = true; // as a ScheduledThreadPoolExecutor does
        assertThat(samples.last()).isEmpty();
        noThread = false;
        assertThat(samples.last()).isEmpty();

        scheduler.runOne();
        scheduler.runOne();
        assertThat(looks).isEqualTo(1);
        assertThat(scheduler.waiting()).isEqualTo(1);
    }

    @Test
    void aLookIsBelievedForThreeIntervals() {
        assertThat(samples.stale()).as("before the first").isTrue();
        look(Duration.ZERO);
        assertThat(rest).isEqualTo(INTERVAL);
        now = now.plus(INTERVAL.multipliedBy(3));
        assertThat(samples.stale()).isFalse();
        now = now.plusMillis(1);
        assertThat(samples.stale()).isTrue();
    }

    @Test
    void aLookThatTakesLongIsFollowedByTenTimesTheRest() {
        look(Duration.ofSeconds(4));
        assertThat(rest).isEqualTo(Duration.ofSeconds(40));
        now = now.plusSeconds(120);
        assertThat(samples.stale()).isFalse();
    }

    @Test
    void soIsOneThatFails() {
        fails = true;
        look(Duration.ofSeconds(10));
        assertThat(rest).isEqualTo(Duration.ofSeconds(100));
        assertThat(samples.failure()).isPresent();
    }

    @Test
    void inTheLongRestAfterOneThatFailedTheOneBeforeIsBelieved() {
        look(Duration.ZERO);
        now = now.plus(INTERVAL);
        fails = true;
        look(Duration.ofSeconds(5));
        assertThat(rest).isEqualTo(Duration.ofSeconds(50));
        now = now.plus(rest);
        assertThat(samples.stale()).isFalse();
        now = Duration.ofSeconds(150).plusMillis(1);
        assertThat(samples.stale()).as("three of them").isTrue();
    }

    @Test
    void inTheLongRestAfterOneThatSucceededOneThatFailsQuicklyMeansNothing() {
        look(Duration.ofSeconds(4));
        now = now.plus(rest);
        fails = true;
        look(Duration.ZERO);
        assertThat(samples.stale()).isFalse();
    }

    @Test
    void butNotByARestInWhichNothingIsKnownOfWhatMayBePending() {
        look(Duration.ofMinutes(10));
        assertThat(rest).isEqualTo(OLDEST.dividedBy(2));
        now = now.plus(OLDEST);
        assertThat(samples.stale()).isFalse();
        now = now.plusMillis(1);
        assertThat(samples.stale()).isTrue();
    }
}
