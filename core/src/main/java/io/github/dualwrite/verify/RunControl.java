package io.github.dualwrite.verify;

import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.WithheldException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Pace, end and patience of one run. Safe for use by many threads. */
final class RunControl {

    /** A call of a store. */
    @FunctionalInterface
    interface Call<T> {
        T make() throws Exception;
    }

    private static final Duration FIRST_BACKOFF = Duration.ofMillis(200);
    private static final int DOUBLINGS = 6;
    private static final double NANOS = 1_000_000_000;

    private final String repository;
    private final int attempts;
    private final double rowsPerSecond;
    private final @Nullable Duration budget;
    private final BooleanSupplier closed;
    private final Predicate<Throwable> hopeless;
    private final VerificationClock clock;
    private final long began;
    private double freeAt;
    private volatile boolean stopped;

    RunControl(
            String repository,
            VerificationSettings<?, ?> settings,
            BooleanSupplier closed,
            Predicate<Throwable> hopeless,
            VerificationClock clock) {
        this.repository = repository;
        this.attempts = settings.attempts;
        this.rowsPerSecond = settings.rowsPerSecond;
        this.budget = settings.timeBudget;
        this.closed = closed;
        this.hopeless = hopeless;
        this.clock = clock;
        this.began = clock.nanoTime();
        this.freeAt = began;
    }

    Duration elapsed() {
        return Duration.ofNanos(clock.nanoTime() - began);
    }

    /** The run has failed: threads that still work for it end with their call, and what that brings is not used. */
    void stop() {
        stopped = true;
    }

    boolean stopped() {
        return stopped;
    }

    /** Whether the run has failed or its time budget is used up. A closed repository ends a run with an exception: nobody would get its report. */
    boolean over() {
        if (stopped) {
            return true;
        }
        if (closed.getAsBoolean()) {
            throw new CancellationException("repository '" + repository + "' was closed during a verification");
        }
        return budget != null && elapsed().compareTo(budget) >= 0;
    }

    /**
     * Waits until so many rows that were just read are paid for. Pages are known by their size only when they were read, so this one goes
     * into debt, and whoever comes next pays.
     */
    void pay(long rows) throws InterruptedException {
        long wait;
        synchronized (this) {
            double now = clock.nanoTime();
            freeAt = Math.max(freeAt, now) + rows / rowsPerSecond * NANOS;
            wait = (long) (freeAt - now);
        }
        if (wait > 0) {
            sleep(Duration.ofNanos(wait));
        }
    }

    /** At most until the end of the budget, the run, or the repository. */
    void sleep(Duration wanted) throws InterruptedException {
        Duration left = budget == null ? wanted : budget.minus(elapsed());
        Duration wait = left.compareTo(wanted) < 0 ? left : wanted;
        if (!wait.isNegative() && !wait.isZero()) {
            clock.sleep(wait, () -> stopped || closed.getAsBoolean());
        }
    }

    /** The same with as many attempts as the settings have. */
    <T> T retrying(Supplier<String> what, Call<T> call) throws InterruptedException {
        return retrying(what, attempts, call);
    }

    /** Makes a call, again after a failure that may pass. What fails for one record for good is thrown at once. */
    <T> T retrying(Supplier<String> what, int attempts, Call<T> call) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.make();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (e instanceof PermanentFailure && e instanceof RuntimeException permanent) {
                    throw permanent;
                }
                if (hopeless.test(e)) {
                    throw new VerificationException(
                            repository,
                            what.get() + " failed: " + e.getMessage()
                                    + "; nothing was changed, mend it and run the verification again",
                            e);
                }
                if (attempt >= attempts || over()) {
                    throw new VerificationException(
                            repository,
                            what.get() + " failed " + attempt + " times in a row: " + WithheldException.message(e)
                                    + "; nothing was changed, run the verification again",
                            e);
                }
            }
            sleep(FIRST_BACKOFF.multipliedBy(1L << Math.min(attempt - 1, DOUBLINGS)));
        }
    }
}
