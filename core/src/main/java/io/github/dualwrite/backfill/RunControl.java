package io.github.dualwrite.backfill;

import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.spi.Durations;
import io.github.dualwrite.spi.WithheldException;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
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
    private final Machine machine;
    private final long began;
    private final long deadlineNanos;
    private final IntervalFunction backoff;
    private final AtomicReference<CompletableFuture<Boolean>> changed =
            new AtomicReference<>(new CompletableFuture<>());
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final ConcurrentMap<Integer, String> heldUp = new ConcurrentSkipListMap<>();
    private volatile boolean stopped;

    RunControl(
            String repository,
            BackfillSettings<?> settings,
            Duration deadline,
            BooleanSupplier closed,
            Predicate<Throwable> hopeless,
            Machine machine) {
        this.repository = repository;
        this.settings = settings;
        this.closed = closed;
        this.hopeless = hopeless;
        this.machine = machine;
        this.began = machine.nanos();
        this.deadlineNanos = Durations.capped(deadline).toNanos(); // as far ahead as a clock of nanoseconds can see
        this.backoff = IntervalFunction.ofExponentialBackoff(settings.initialBackoff, 2.0, settings.maxBackoff);
    }

    BackfillSettings<?> settings() {
        return settings;
    }

    Duration elapsed() {
        return Duration.ofNanos(machine.nanos() - began);
    }

    /** Whether to stop now, for whatever reason. */
    boolean over() {
        return stopped || closed.getAsBoolean() || machine.nanos() - began >= deadlineNanos;
    }

    void stop() {
        stopped = true;
        wake();
    }

    /** Stops all with the first failure. */
    void fail(Throwable error) {
        failure.compareAndSet(null, error);
        stop();
    }

    @Nullable
    Throwable failure() {
        return failure.get();
    }

    /** A split does not get on, for a reason that is told if it is so until the end. */
    void heldUp(int split, String why) {
        heldUp.put(split, why);
    }

    /** The same for a reason that follows from the one that was told before, if there is one. */
    void stillHeldUp(int split, String why) {
        heldUp.putIfAbsent(split, why);
    }

    void goesOn(int split) {
        heldUp.remove(split);
    }

    /** What kept splits from getting on when they were last tried. */
    List<String> heldUp() {
        return List.copyOf(heldUp.values());
    }

    /** Waits, but not beyond the run's end. */
    void pause(long nanos) throws InterruptedException {
        pause(nanos, () -> false);
    }

    /** Waits, but not beyond the run's end, nor when that is so, which {@link #wake} lets it look for. */
    void pause(long nanos, BooleanSupplier enough) throws InterruptedException {
        long slice = TimeUnit.MILLISECONDS.toNanos(200); // the repository's end wakes nobody
        long most = Math.min(nanos, deadlineNanos - (machine.nanos() - began));
        await(() -> stopped || closed.getAsBoolean() || enough.getAsBoolean(), most, slice);
    }

    /** Waits until that is so, which {@link #wake} lets it look for, or for so long. Not ended by a stop. */
    void await(BooleanSupplier so, long nanos) throws InterruptedException {
        await(so, nanos, nanos);
    }

    private void await(BooleanSupplier so, long nanos, long slice) throws InterruptedException {
        long start = machine.nanos();
        while (true) {
            // before looking, so that no change is missed
            CompletableFuture<Boolean> next = Objects.requireNonNull(changed.get());
            long left = nanos - (machine.nanos() - start);
            if (left <= 0 || so.getAsBoolean()) {
                return;
            }
            pauseUntil(next, Math.min(left, slice));
        }
    }

    private void pauseUntil(CompletableFuture<Boolean> next, long nanos) throws InterruptedException {
        try {
            Boolean unused = machine.await(next, Duration.ofNanos(nanos));
        } catch (TimeoutException | ExecutionException e) {
            return; // it is time to look
        }
    }

    void wake() {
        Objects.requireNonNull(changed.getAndSet(new CompletableFuture<>())).complete(true);
    }

    /** Nanoseconds to wait after so many failures in a row, half as long to half as long again. */
    long backoff(int failures) {
        long millis = backoff.apply(Math.min(failures, MAX_BACKOFF_EXPONENT));
        long jittered = Math.round(millis * (0.5 + machine.chance()));
        return TimeUnit.MILLISECONDS.toNanos(Math.min(jittered, settings.maxBackoff.toMillis()));
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
                            what.get() + " failed" + (last ? " " + failures + " times" : "") + ": "
                                    + WithheldException.message(e)
                                    + "; what was noted is kept, mend the cause and run again",
                            e);
                }
                pause(backoff(failures));
            }
        }
    }
}
