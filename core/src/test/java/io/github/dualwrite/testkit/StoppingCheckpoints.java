package io.github.dualwrite.testkit;

import io.github.dualwrite.verify.CheckpointStore;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Saves once, and then fails like a full disk: ends a verification early, with a checkpoint left behind. */
public final class StoppingCheckpoints implements CheckpointStore {

    private final CheckpointStore real;
    private final AtomicBoolean saved = new AtomicBoolean();

    /** In front of a real one. */
    public StoppingCheckpoints(CheckpointStore real) {
        this.real = real;
    }

    @Override
    public Optional<String> load() throws IOException {
        return real.load();
    }

    @Override
    public void save(String checkpoint) throws IOException {
        if (!saved.compareAndSet(false, true)) {
            throw new IOException("disk full");
        }
        real.save(checkpoint);
    }

    @Override
    public void remove() throws IOException {
        real.remove();
    }
}
