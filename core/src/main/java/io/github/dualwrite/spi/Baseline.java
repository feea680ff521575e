package io.github.dualwrite.spi;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Takes records that were in the authority before dual writes began. Safe for use by many threads.
 *
 * <p>A baseline is version 0: lower than every version, so that a live write always wins, whichever comes first.
 */
public interface Baseline<K, V> {

    /**
     * Stores each record if, and only if, the follower has nothing under its key: no record, of whatever origin, and no
     * tombstone. It leaves no version behind. Looking and storing is one atomic step for each key, also against applies of any version
     * that run at the same time: after both, the state is that of the version.
     *
     * <p>Returns at once; a future that completes exceptionally is a transient failure of the whole call. Doing it again is harmless.
     *
     * @param records distinct keys; not empty
     * @return one result for each record, in the same order: applied, superseded if there was something under the key, or a failure, which
     *     must not keep the others from being stored
     */
    CompletableFuture<List<ApplyResult>> store(List<ScanPage.Scanned<K, V>> records);
}
