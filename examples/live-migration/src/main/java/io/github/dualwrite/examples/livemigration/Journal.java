package io.github.dualwrite.examples.livemigration;

import java.util.UUID;

/** What a writer notes of its own calls, in their order. */
interface Journal {

    /** A revision that means that there is no record. */
    long NOTHING = 0;

    /** The next call is to bring a key of the writer's own to this revision. */
    void intended(UUID key, long revision);

    /** The repository has acknowledged that. */
    void acknowledged(UUID key, long revision, long version);

    /** The repository has acknowledged writes of shared keys. */
    void acknowledgedShared(int count);

    /** A read has been answered. */
    void read();

    /** A read of a key of the writer's own gave something else than what it wrote last. */
    void staleRead(UUID key);

    /** A call threw. */
    void failed(String call, Throwable error);
}
