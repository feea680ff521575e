package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.ReadStatistics;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.routing.ReadRoute;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Reads whose shadow is taken each time, in batches that the repository has room for: about half of what may be on its way. After a
 * batch, outside the measured time, the reading thread sleeps until all of it has been compared; it asks a counter and neither
 * allocates nor keeps a processor from the shadow threads. JMH takes the time twice for each batch, which is nothing for one
 * read. On a busy machine the median of the batches says what a read costs, the mean how often the thread was interrupted. Fails if a single shadow read was shed or failed.
 */
@State(Scope.Thread)
public class TakenShadows {

    /** Reads of a batch; boxed keys up to this are kept by the JVM. */
    static final int BATCH = 128;

    private static final long NAP_NANOS = 50_000;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongAdder compared = new LongAdder();
    private final DualWriteRepository<Long, Item> reads = DualWriteRepository.builder(
                    "taken", NoOpStores.authority(), NoOpStores.follower())
            .readRoute(ReadRoute.parse("primary shadow 100%"))
            .backfillComplete(() -> true)
            .comparator((authority, follower) -> {
                compared.increment();
                return Set.of();
            })
            .build();
    private long batches;

    /** One of the reads. */
    Optional<Item> read(int key) {
        return reads.read((long) key);
    }

    /** Sleeps until the batch has been compared. */
    @TearDown(Level.Invocation)
    public void rest() {
        batches++;
        long since = System.nanoTime();
        while (compared.sum() < batches * BATCH) {
            LockSupport.parkNanos(NAP_NANOS);
            if (System.nanoTime() - since > PATIENCE_NANOS) {
                throw new IllegalStateException("not all of the batch was compared: " + reads.readStatistics());
            }
        }
    }

    /** Fails unless every read that was measured had its shadow. */
    @TearDown(Level.Iteration)
    public void check() {
        ReadStatistics now = reads.readStatistics();
        if (now.readsByAuthority() != batches * BATCH || lost(now.shadowsShed()) || lost(now.shadowFailures())) {
            throw new IllegalStateException("a shadow read was shed: " + now);
        }
        if (now.shadowResults().getOrDefault(ShadowResult.EQUAL, 0L) + 256 < batches * BATCH) {
            throw new IllegalStateException("a shadow read was not counted: " + now);
        }
    }

    private static boolean lost(Map<?, Long> counts) {
        return counts.values().stream().anyMatch(count -> count > 0);
    }

    /** Closes the repository. */
    @TearDown(Level.Trial)
    public void close() {
        reads.close();
    }
}
