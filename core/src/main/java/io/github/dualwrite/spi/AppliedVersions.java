package io.github.dualwrite.spi;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What a follower remembers of the versions that it applied. Verification asks it about keys that differ: what disagrees with the
 * follower's own bookkeeping was changed there by somebody else. Safe for use by many threads.
 */
@FunctionalInterface
public interface AppliedVersions<K> {

    /**
     * The version and kind of the last apply of each key, whatever record is there now. Keys that no versioned apply has touched are
     * left out, baselines among them.
     *
     * <p>Implementations must answer from what an apply has noted, never from whether there is a record. Returns at once; a future that
     * completes exceptionally is a transient failure.
     */
    CompletableFuture<Map<K, AppliedVersion>> of(Collection<? extends K> keys);
}
