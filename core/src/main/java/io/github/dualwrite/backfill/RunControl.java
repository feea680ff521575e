package io.github.dualwrite.backfill;

import io.github.dualwrite.spi.WithheldException;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells the threads of one run when it is over, and wakes those that wait. Safe for use by many threads. */
final class RunControl {

    private static final int MAX_BACKOFF_EXPONENT = 30;

    private final String repository;
    private final BackfillSettings<?> settings;
    private final BooleanSupplier closed;
    private final Predicate<Throwable> hopeless;
    private final LongSupplier nanoTime;
    private final long began;
    private final long deadlineNanos;
    private final IntervalFunction backoff;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean stopped;
    private @Nullable Throwable failure;

    RunControl(
            String repository,
            BackfillSettings<?> settings,
            Duration deadline,
            BooleanSupplier closed,
            Predicate<Throwable> hopeless,
            LongSupplier nanoTime) {
        this.repository = repository;
        this.settings = settings;
        this.closed = closed;
        this.hopeless = hopeless;
        this.nanoTime = nanoTime;
        this.began = nanoTime.getAsLong();
        this.deadlineNanos = nanos(deadline);
        this.backoff =
                IntervalFunction.ofExponentialRandomBackoff(settings.initialBackoff, 2.0, 0.5, settings.maxBackoff);
    }

    /** As far ahead as a clock of nanoseconds can see, at the most. */
    static long nanos(Duration duration) {
        Duration farthest = Duration.ofDays(36_500);
        return (duration.compareTo(farthest) > 0 ? farthest : duration).toNanos();
    }

    BackfillSettings<?> settings() {
        return settings;
    }

    Duration elapsed() {
        return Duration.ofNanos(nanoTime.getAsLong() - began);
    }

    /** Whether to stop now, for whatever reason. */
    boolean over() {
        lock.lock();
        try {
            return stopped || closed.getAsBoolean() || nanoTime.getAsLong() - began >= deadlineNanos;
        } finally {
            lock.unlock();
        }
    }

    void stop() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Stops all with the first failure. */
    void fail(Throwable error) {
        lock.lock();
        try {
            if (failure == null) {
                failure = error;
            }
        } finally {
            lock.unlock();
        }
        stop();
    }

    @Nullable
    Throwable failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Waits, but not beyond the run's end. */
    void pause(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = Math.min(nanos, deadlineNanos - (nanoTime.getAsLong() - began));
            long slice = TimeUnit.MILLISECONDS.toNanos(200); // the repository's end wakes nobody
            while (left > 0 && !stopped && !closed.getAsBoolean()) {
                long rested = Math.min(left, slice);
                left -= rested - Math.max(0, changed.awaitNanos(rested));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until that is so, which {@link #wake} lets it look for, or for so long. Not ended by a stop. */
    void await(BooleanSupplier so, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (left > 0 && !so.getAsBoolean()) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nanoseconds to wait after so many failures in a row. */
    long backoff(int failures) {
        return Duration.ofMillis(backoff.apply(Math.min(failures, MAX_BACKOFF_EXPONENT)))
                .toNanos();
    }

    /**
     * Calls the authority again and again while it fails in a way that may pass.
     *
     * @param what what is being done, and where, for the error
     * @throws BackfillException if it fails for good, too often, or when the run is over
     */
    <T> T retrying(Supplier<String> what, Supplier<T> call) throws InterruptedException {
        for (int failures = 1; ; failures++) {
            try {
                return call.get();
            } catch (RuntimeException e) {
                boolean last = failures >= settings.attempts;
                if (last || hopeless.test(e) || over()) {
                    throw new BackfillException(
                            repository,
                            settings.job,
                            what.get() + " failed" + (last ? " " + failures + " times" : "") + ": " + WithheldException.message(e)
                                    + "; what was noted is kept, mend the cause and run again",
                            e);
                }
                pause(backoff(failures));
            }
        }
    }
}
