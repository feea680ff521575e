package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RelayTest {

    private static final class NarrowPool extends ManualScheduler {
        private int room;

        NarrowPool(int room) {
            this.room = room;
        }

        @Override
        public void execute(Runnable task) {
            if (room == 0) {
                throw new RejectedExecutionException("full");
            }
            room--;
            super.execute(task);
        }
    }

    private final List<Long> delays = new ArrayList<>();
    private final ManualScheduler ticks = new ManualScheduler() {
        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            delays.add(unit.toMillis(delay));
            return super.schedule(task, delay, unit);
        }
    };
    private final ManualScheduler pool = new ManualScheduler();
    private final List<Integer> run = new ArrayList<>();
    private final Relay relay = new Relay(pool, ticks, 20, 500);

    private void relay(int task) {
        relay.execute(() -> run.add(task));
    }

    @Test
    void tasksReachThePoolAtTheNextTickAndInOrder() {
        relay(1);
        relay(2);
        assertThat(pool.waiting()).isZero();

        ticks.runOne();
        pool.runAll();

        assertThat(run).containsExactly(1, 2);
    }

    @Test
    void asLongAsThereIsTrafficNobodyIsWoken() {
        for (int task = 0; task < 100; task++) {
            relay(task);
            assertThat(ticks.waiting())
                    .as("the tick that goes on by itself, and no other")
                    .isOne();
            ticks.runOne();
        }

        pool.runAll();
        assertThat(run).hasSize(100);
    }

    @Test
    void ticksStopWhenThereIsNothingToDoAndStartAgain() {
        relay(1);
        for (int tick = 0; tick <= 20 + 500; tick++) {
            assertThat(ticks.waiting()).isOne();
            ticks.runOne();
        }
        assertThat(ticks.waiting()).isZero();

        relay(2);
        ticks.runOne();
        pool.runAll();

        assertThat(run).containsExactly(1, 2);
    }

    @Test
    void whoComesNowAndThenWakesNobodyEither() {
        for (int task = 0; task < 10; task++) {
            relay(task);
            int ticksIn100Milliseconds = 20 + 4;
            for (int tick = 0; tick < ticksIn100Milliseconds; tick++) {
                assertThat(ticks.waiting()).isOne();
                ticks.runOne();
            }
        }

        pool.runAll();
        assertThat(run).hasSize(10);
    }

    @Test
    void ticksAreRareAfterARestAndFrequentFromTheNextTaskOn() {
        relay(1);
        for (int tick = 0; tick < 30; tick++) {
            ticks.runOne();
        }
        assertThat(delays.subList(0, 20)).containsOnly(1L);
        assertThat(delays.subList(22, delays.size())).isNotEmpty().containsOnly(20L);

        relay(2);
        delays.clear();
        ticks.runOne();

        assertThat(delays).containsExactly(1L);
    }

    @Test
    void whatThePoolHasNoRoomForWaitsForTheNextTick() {
        NarrowPool narrow = new NarrowPool(1);
        Relay crowded = new Relay(narrow, ticks);
        List.of(1, 2, 3).forEach(task -> crowded.execute(() -> run.add(task)));

        ticks.runOne();
        narrow.runAll();
        assertThat(run).containsExactly(1);

        narrow.room = 2;
        ticks.runOne();
        narrow.runAll();
        assertThat(run).containsExactly(1, 2, 3);
    }

    @Test
    void refusesATaskThatNoTickWillFetch() {
        ManualScheduler closed = new ManualScheduler() {
            @Override
            public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
                throw new RejectedExecutionException("closed");
            }
        };
        Relay late = new Relay(pool, closed);

        for (int again = 0; again < 2; again++) { // the first refusal leaves nothing behind
            assertThatThrownBy(() -> late.execute(() -> run.add(1))).isInstanceOf(RejectedExecutionException.class);
        }
    }
}
