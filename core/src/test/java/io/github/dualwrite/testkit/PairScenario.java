package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.FollowerStore;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A migration there, back and there again between two stores, with faults on the way. A pair's test extends this class and
 * says how to get at the stores.
 *
 * <p>One leg, in one direction:
 *
 * <ol>
 *   <li>Two processes, one synchronous and one asynchronous, write concurrently to hot and cold keys: creates, updates, saves,
 *       deletes, re-creates, batches.
 *   <li>The follower goes away under load: calls are lost before or after they took effect, or never answered.
 *   <li>One of the processes dies with writes pending, and another takes its place.
 *   <li>The follower comes back under load; then the writers stop, and the queue is drained.
 *   <li>Nothing is pending or parked, and both stores hold exactly what the highest version of each key says.
 * </ol>
 *
 * <p>Then the roles are swapped over the same data, and once more. The repository keeps its name, as in a hand-over.
 */
@Tag("DW-1")
@Tag("DW-2")
@Tag("DW-3")
@Tag("DW-7")
@Tag("DW-8")
public abstract class PairScenario {

    /**
     * One of the two stores, in both roles.
     *
     * @param name for messages
     * @param records reads all records that the store holds now, by other means than the library's where there are any
     */
    public record Side(
            String name,
            AuthorityStore<String, Sample> authority,
            FollowerStore<String, Sample> follower,
            Supplier<Map<String, Sample>> records) {}

    /** The store that is the authority at first; empty. Called once for each test. */
    protected abstract Side first();

    /** The store that follows at first; empty. Called once for each test. */
    protected abstract Side second();

    /** How many writes each of the writers makes in each of the three phases of a leg. */
    protected int writes() {
        return 70;
    }

    @Test
    void bothStoresAreEqualAfterEachLegThereAndBackAndThereAgain() throws Exception {
        long seed = System.nanoTime();
        Side first = first();
        Side second = second();
        Ledger ledger = new Ledger();

        leg(first, second, ledger, seed);
        leg(second, first, ledger, seed + 1);
        leg(first, second, ledger, seed + 2);
    }

    private void leg(Side from, Side to, Ledger ledger, long seed) throws Exception {
        String where = from.name() + " to " + to.name() + ", seed " + seed;
        PairLeg leg = new PairLeg(from, to, ledger, writes(), seed);
        leg.run();
        assertThat(ledger.failures()).as(where).isEmpty();
        Map<String, Sample> expected = ledger.records(from.records().get());
        assertThat(from.records().get()).as("authority, " + where).isEqualTo(expected);
        assertThat(to.records().get()).as("follower, " + where).isEqualTo(expected);
        assertThat(expected).as("something is left, " + where).isNotEmpty();
    }
}
