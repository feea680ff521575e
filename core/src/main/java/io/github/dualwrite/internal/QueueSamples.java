package io.github.dualwrite.internal;

import io.github.dualwrite.health.QueueSample;
import io.github.dualwrite.spi.QueueStatistics;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the queue again and again, on a thread of its own, so that nobody who wants its numbers waits for a database. Begins when
 * somebody asks for the first time. Safe for use by many threads.
 */
public final class QueueSamples {

    /** A look costs the authority at most this share of its time, also if it fails: one part in so many. */
    private static final int REST = 10;

    private final Supplier<QueueStatistics> look;
    private final Duration interval;
    private final long longestRest;
    private final long oldest;
    private final ScheduledExecutorService thread;
    private final Machine machine;
    private final AtomicReference<@Nullable Object> begun = new AtomicReference<>();
    private volatile @Nullable Taken last;
    private volatile long restNanos; // after the last look, whatever became of it
    private volatile @Nullable Throwable failure;

    private record Taken(QueueSample sample, long nanos, long restNanos) {}

    /**
     * Samples.
     *
     * @param look reads the queue; may block
     * @param interval between two looks; longer if they take long
     * @param oldest how old a sample may be at the most, to say anything about the queue; no rest is longer than half of it
     * @param thread one of its own
     */
    public QueueSamples(
            Supplier<QueueStatistics> look,
            Duration interval,
            Duration oldest,
            ScheduledExecutorService thread,
            Machine machine) {
        this.look = look;
        this.interval = interval;
        this.longestRest = Math.max(interval.toNanos(), oldest.toNanos() / 2);
        this.oldest = Math.max(3 * interval.toNanos(), oldest.toNanos());
        this.thread = thread;
        this.machine = machine;
    }

    /** Begins, unless it has begun. */
    public void begin() {
        if (begun.get() == null) {
            Object beginning = new Object();
            if (begun.compareAndSet(null, beginning)) {
                again(beginning, 0);
            }
        }
    }

    /** The last one. Never waits. */
    public Optional<QueueSample> last() {
        begin();
        return Optional.ofNullable(last).map(Taken::sample);
    }

    /** How old the last one is; empty if there is none. Never waits. */
    public Optional<Duration> age() {
        return Optional.ofNullable(last).map(taken -> Duration.ofNanos(machine.nanos() - taken.nanos()));
    }

    /**
     * Whether the last sample is too old to be believed, or there has been none: three looks in a row are overdue, each after the rest that follows
     * the last sample or the last look, whichever is longer.
     */
    public boolean stale() {
        Taken taken = last;
        return taken == null
                || machine.nanos() - taken.nanos() > Math.min(3 * Math.max(taken.restNanos(), restNanos), oldest);
    }

    /** What the last look got, if it failed. */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** A beginning that found no thread may have left its task with the executor: it does nothing beside the next one. */
    private void sample(Object beginning) {
        if (begun.get() != beginning) {
            return;
        }
        long begin = machine.nanos();
        try {
            QueueStatistics seen = look.get();
            long end = machine.nanos();
            QueueSample sample = new QueueSample(seen, Instant.ofEpochMilli(machine.millis()));
            last = new Taken(sample, end, rest(end - begin));
            failure = null;
        } catch (RuntimeException | Error e) { // whatever a driver throws, there is a next time
            failure = e;
        } finally {
            restNanos = rest(machine.nanos() - begin);
            again(beginning, restNanos);
        }
    }

    private long rest(long nanos) {
        return Math.max(interval.toNanos(), Math.min(REST * nanos, longestRest));
    }

    private void again(Object beginning, long delayNanos) {
        try {
            ScheduledFuture<?> unused = thread.schedule(() -> sample(beginning), delayNanos, TimeUnit.NANOSECONDS);
        } catch (RuntimeException | Error e) { // it is closed, or has no thread: who asks next begins again
            begun.set(null);
        }
    }
}
