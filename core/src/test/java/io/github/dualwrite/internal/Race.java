package io.github.dualwrite.internal;

import java.util.List;

/** Some state, and what several threads do to it at the same time. To be used once. */
interface Race {

    /** One for each thread. */
    List<Runnable> threads();

    /** After all have ended; throws if something must not be. */
    void check();

    /** A check that failed. */
    static void fail(String what) {
        throw new IllegalStateException(what);
    }
}
