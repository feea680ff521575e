package io.github.dualwrite.verify;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Saves the state of one run now and then, if there is where to, and nothing once the run has ended: a thread that is left behind must not
 * overwrite the checkpoint of a later run, or bring one back that a later run has removed. Safe for use by many threads.
 */
final class Saving {

    private final String repository;
    private final @Nullable CheckpointStore store;
    private final VerificationClock clock;
    private final long every;
    private final AtomicLong last;
    private final ReentrantLock one = new ReentrantLock();
    private boolean ended;

    Saving(String repository, @Nullable CheckpointStore store, VerificationClock clock, Duration every) {
        this.repository = repository;
        this.store = store;
        this.clock = clock;
        this.every = every.toNanos();
        this.last = new AtomicLong(clock.nanoTime());
    }

    boolean inUse() {
        return store != null;
    }

    /** The checkpoint of the run before, or {@code null}. Whether it fits is up to the caller. */
    @Nullable
    Checkpoint load() {
        if (store == null) {
            return null;
        }
        try {
            String text = store.load().orElse(null);
            return text == null ? null : CheckpointText.parse(text);
        } catch (IOException e) {
            throw refused("cannot be read: " + e.getMessage(), e);
        }
    }

    /** Begins nothing: a checkpoint that does not fit is for a person to remove, it may be the only one of another run. */
    VerificationException refused(String why, @Nullable Throwable cause) {
        return new VerificationException(
                repository,
                "the checkpoint " + why
                        + "; nothing was read, go on with it as it was made, or remove it and begin anew",
                cause);
    }

    /** Saves if it is time again. */
    void sometimes(Supplier<Checkpoint> state) {
        if (store == null) {
            return;
        }
        long now = clock.nanoTime();
        long before = last.get();
        if (now - before >= every && last.compareAndSet(before, now)) {
            save(state, false);
        }
    }

    /** Saves at the end of the run. */
    void last(Supplier<Checkpoint> state) {
        save(state, true);
    }

    private void save(Supplier<Checkpoint> state, boolean last) {
        if (store == null) {
            return;
        }
        one.lock();
        try {
            if (ended) {
                return;
            }
            ended = last;
            store.save(
                    CheckpointText.of(state.get())); // taken under the lock: an older one must not replace a newer one
        } catch (IOException e) {
            throw new VerificationException(
                    repository,
                    "the checkpoint cannot be saved: " + e.getMessage()
                            + "; the one before is still good, mend it and run the verification again",
                    e);
        } finally {
            one.unlock();
        }
    }

    /** Removes the checkpoint at the end of a run that needs none any more. */
    void remove() {
        if (store == null) {
            return;
        }
        one.lock();
        try {
            ended = true;
            store.remove();
        } catch (IOException e) {
            throw new VerificationException(
                    repository,
                    "the verification is done, but its checkpoint cannot be removed: " + e.getMessage()
                            + "; remove it, or the next run goes on with it",
                    e);
        } finally {
            one.unlock();
        }
    }
}
