package io.github.dualwrite.internal;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Hands tasks over to a pool for callers to whom waking a thread would cost too much: it takes some microseconds, more than all
 * else that a read of the authority does.
 *
 * <ol>
 *   <li>A caller leaves its task in a queue, and wakes nobody as long as there is traffic.
 *   <li>A thread looks into the queue at every tick and gives the pool what it finds. What the pool has no room for waits for the
 *       next tick.
 *   <li>When it has found nothing for some ticks it looks less often, so that who comes now and then wakes nobody either. When it
 *       has found nothing for long it stops, and the next caller pays for starting it again.
 * </ol>
 *
 * <p>So a task begins up to a tick later: 1 ms, or 20 ms after a rest of 20 ms; a processor is kept busy by less than a thousandth
 * of its time. It stops 10 s after the last task. Who uses it must bound what waits. Keeps the order. Safe for use by many threads.
 */
final class Relay implements Executor {

    private static final Duration TICK = Duration.ofMillis(1);
    private static final int IDLE_TICKS = 20;
    private static final Duration RARE_TICK = Duration.ofMillis(20);
    private static final int IDLE_RARE_TICKS = 500;

    private final ExecutorService pool;
    private final ScheduledExecutorService ticks;
    private final int idleTicks;
    private final int idleRareTicks;
    private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean ticking = new AtomicBoolean();
    private int idle; // of interest to the ticks only, which come one after the other

    /** What is not started when the two are shut down is dropped. */
    Relay(ExecutorService pool, ScheduledExecutorService ticks) {
        this(pool, ticks, IDLE_TICKS, IDLE_RARE_TICKS);
    }

    /**
     * The same.
     *
     * @param idleTicks how many ticks in a row find nothing before they get rare
     * @param idleRareTicks how many of the rare ones find nothing before they stop
     */
    Relay(ExecutorService pool, ScheduledExecutorService ticks, int idleTicks, int idleRareTicks) {
        this.pool = pool;
        this.ticks = ticks;
        this.idleTicks = idleTicks;
        this.idleRareTicks = idleRareTicks;
    }

    /**
     * Leaves a task for the next tick.
     *
     * @throws RejectedExecutionException if there will be none
     */
    @Override
    public void execute(Runnable task) {
        waiting.add(task);
        if (!keepTicking() && waiting.remove(task)) { // if it is gone, a tick has taken it
            throw new RejectedExecutionException("closed");
        }
    }

    /** Called after a task was added: either the ticks will still see it, or they have stopped and start again. */
    private boolean keepTicking() {
        return ticking.get() || !ticking.compareAndSet(false, true) || nextTick(TICK);
    }

    private boolean nextTick(Duration delay) {
        try {
            ScheduledFuture<?> unused = ticks.schedule(this::tick, delay.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (RuntimeException | Error e) { // closed, or no thread
            ticking.set(false);
            return false;
        }
    }

    private void tick() {
        idle = waiting.isEmpty() ? idle + 1 : 0;
        handOver();
        if (idle < idleTicks + idleRareTicks) {
            boolean unused = nextTick(idle < idleTicks ? TICK : RARE_TICK); // if not, this is closed
            return;
        }
        idle = 0;
        ticking.set(false);
        if (!waiting.isEmpty()) { // added before ticking was seen to have stopped
            boolean unused = keepTicking();
        }
    }

    private void handOver() {
        for (Runnable next = waiting.peek(); next != null; next = waiting.peek()) {
            try {
                pool.execute(next);
            } catch (RuntimeException | Error e) { // full, or no thread: the next tick tries again
                return;
            }
            waiting.poll();
        }
    }
}
