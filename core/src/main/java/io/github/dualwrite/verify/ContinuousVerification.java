package io.github.dualwrite.verify;

import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.spi.Durations;
import io.github.dualwrite.spi.WithheldException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies in the background, round after round, until it is closed, and knows as of when both stores are consistent. Give its
 * verification a rate limit. A round that fails is an event; the next one comes after the pause. It ends by itself when its repository is
 * closed. Repairs nothing. Safe for use by many threads.
 */
public final class ContinuousVerification<K, V> implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ContinuousVerification.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final long PATIENCE_MILLIS = 15_000;

    private final Verification<K, V> verification;
    private final Events events;
    private final Duration pause;
    private final VerificationClock clock;
    private final BooleanSupplier repositoryClosed;
    private final Machine machine;
    private @Nullable Thread worker;
    private volatile boolean closed;
    private volatile @Nullable VerificationReport<K> last;
    private volatile @Nullable Instant consistentAsOf;
    private volatile long rounds;

    ContinuousVerification(
            Verification<K, V> verification,
            Events events,
            Duration pause,
            VerificationClock clock,
            BooleanSupplier repositoryClosed,
            Machine machine) {
        if (pause.isNegative()) {
            throw new IllegalArgumentException("the pause between two rounds must not be negative, not " + pause);
        }
        this.verification = verification;
        this.events = events;
        this.pause = Durations.bounded("the pause between two rounds", pause);
        this.clock = clock;
        this.repositoryClosed = repositoryClosed;
        this.machine = machine;
    }

    /** Starts the first round. Does nothing if it was started before; what could not be started can be started again. */
    public synchronized ContinuousVerification<K, V> start() {
        if (closed) {
            throw new IllegalStateException(
                    "the continuous verification of repository '" + events.repository() + "' is closed");
        }
        if (worker == null) {
            Thread next = machine.thread("dualwrite-verify-" + events.repository(), this::work);
            next.start(); // may find no thread to be had
            worker = next;
        }
        return this;
    }

    /**
     * The beginning of the latest round that found everything equal, but for writes on their way: what was written before that moment is
     * known to be on both sides, or was overwritten since, unless its record moved in its store during the scan and was not read at all. Empty if
     * there was no such round. A round with a difference does not take it back: it only ceases to advance, so alert on its age.
     */
    public Optional<Instant> consistentAsOf() {
        return Optional.ofNullable(consistentAsOf);
    }

    /** The report of the latest round that did not fail; empty if there is none. */
    public Optional<VerificationReport<K>> lastReport() {
        return Optional.ofNullable(last);
    }

    /** How many rounds have ended, failed ones included. */
    public long rounds() {
        return rounds;
    }

    /** Whether it works. */
    public synchronized boolean running() {
        return worker != null && worker.isAlive() && !closed;
    }

    /** Ends the round under way and waits for that, at most some seconds. */
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            running = worker;
        }
        if (running != null && running != Thread.currentThread()) {
            running.interrupt();
            try {
                running.join(PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void work() {
        @Nullable VerificationState before = null;
        while (!ends()) {
            try {
                VerificationReport<K> report = verification.run(rounds + 1, before, consistentAsOf, null);
                before = report.state();
                last = report;
                if (report.consistentButForWritesOnTheirWay()) {
                    consistentAsOf = report.started();
                }
            } catch (InterruptedException | CancellationException e) { // closed, this or its repository
                return;
            } catch (RuntimeException | Error e) { // an event already; the next round may do better
                log.debug("a round of verification failed", WithheldException.of(e));
                before = null;
            }
            ended();
            try {
                clock.sleep(before == null && pause.compareTo(AFTER_FAILURE) < 0 ? AFTER_FAILURE : pause, this::ends);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private boolean ends() {
        return closed || repositoryClosed.getAsBoolean();
    }

    /** Only this thread counts. */
    private void ended() {
        long count = rounds;
        rounds = count + 1;
    }
}
