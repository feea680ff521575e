package io.github.dualwrite.verify;

import java.io.IOException;
import java.util.Optional;

/**
 * Where the state of a verification is kept, so that another run can go on after this one was killed or ran out of time: a file
 * ({@link CheckpointFile}), a row, an object. There is one for each verification that is to be gone on with; two runs must not share one
 * at the same time.
 *
 * <p>The text is some hundred kilobytes at the default number of buckets. It holds counts, digests and the keys at which scans stopped,
 * never values. Calls come from the threads of the run, one at a time, and may block; the run waits.
 */
public interface CheckpointStore {

    /** What was saved last; empty if there is nothing. */
    Optional<String> load() throws IOException;

    /** Replaces what was saved before, wholly or not at all: a half checkpoint is refused by the next run. */
    void save(String checkpoint) throws IOException;

    /** Forgets it. Called when there is nothing left to go on with. Does nothing if there is none. */
    void remove() throws IOException;
}
