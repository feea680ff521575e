package io.github.dualwrite.internal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * Tells whoever watches how long the authority takes for each live write of a repository. While nobody watches a write pays for one look
 * only. Safe for use by many threads.
 */
public final class LiveWrites {

    /** Called by the thread that has written, which waits for it; must be quick and must not throw. */
    @FunctionalInterface
    public interface Watcher {

        /** A write that succeeded took from the one time to the other, by the clock of the machine. */
        void wrote(long began, long ended);
    }

    private static final long UNWATCHED = 0;

    private final LongSupplier nanoTime;
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();

    /** Nobody watches yet. */
    public LiveWrites(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Begins to watch. */
    public void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    /** Ends what {@link #watch} began. */
    public void unwatch(Watcher watcher) {
        watchers.remove(watcher);
    }

    /** To be given to {@link #wrote}. */
    public long begins() {
        return watchers.isEmpty() ? UNWATCHED : nanoTime.getAsLong();
    }

    /** A write succeeded. */
    public void wrote(long began) {
        if (began != UNWATCHED) {
            long ended = nanoTime.getAsLong();
            for (Watcher watcher : watchers) {
                watcher.wrote(began, ended);
            }
        }
    }
}
