package io.github.dualwrite;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whose writes a read must see when the route sends it to the secondary (DW-5). Immutable.
 *
 * <ul>
 *   <li>{@link #instance()}: a read through an instance gives what was written through that instance, or something newer. What a
 *       process left pending when it ended is known to the next one from its start; not so what the server commits later, of a write whose
 *       outcome that process did not know. What is parked, whoever wrote it, is known within a
 *       quarter of a minute, up to 10 000 keys, as long as the queue can be read, a thousand of them in a tenth of a second.
 *   <li>{@link #fleet(Duration)}: also what was written through any other instance, if that write was acknowledged longer ago
 *       than the bound. The keys that are pending for anybody are read from the primary's queue several times within the
 *       bound. If the last such look began longer ago than the bound, or there are more keys than the capacity, the primary
 *       answers: a read is never stale beyond the bound, it is only slower.
 * </ul>
 */
public final class ReadYourWrites {

    /** More than two looks must fit into the bound, and a look is a query. */
    private static final Duration SHORTEST_BOUND = Duration.ofMillis(100);

    private static final Duration LONGEST_BOUND = Duration.ofHours(1);

    private static final ReadYourWrites INSTANCE = new ReadYourWrites(null, 0);

    private final @Nullable Duration bound;
    private final int capacity;

    private ReadYourWrites(@Nullable Duration bound, int capacity) {
        this.bound = bound;
        this.capacity = capacity;
    }

    /** The writes of the same instance. */
    public static ReadYourWrites instance() {
        return INSTANCE;
    }

    /**
     * The writes of all instances that were acknowledged longer ago than this.
     *
     * @param bound from 100 ms to 1 h; each quarter of it costs a query of the queue, while reads are sent to the secondary
     */
    public static ReadYourWrites fleet(Duration bound) {
        Objects.requireNonNull(bound, "bound");
        if (bound.compareTo(SHORTEST_BOUND) < 0 || bound.compareTo(LONGEST_BOUND) > 0) {
            throw new IllegalArgumentException("the bound of read your writes for the fleet must be from "
                    + SHORTEST_BOUND + " to " + LONGEST_BOUND + ", not " + bound);
        }
        return new ReadYourWrites(bound, 10_000);
    }

    /** The same with room for so many pending keys of the fleet; while there are more, the primary answers. Default: 10 000. */
    public ReadYourWrites capacity(int capacity) {
        if (bound == null || capacity < 1) {
            throw new IllegalArgumentException("a capacity is for the fleet, and at least 1, not " + capacity);
        }
        return new ReadYourWrites(bound, capacity);
    }

    /** The bound, if the scope is the fleet. */
    public Optional<Duration> fleetBound() {
        return Optional.ofNullable(bound);
    }

    public int capacity() {
        return capacity;
    }

    @Override
    public String toString() {
        return bound == null ? "instance" : "fleet within " + bound;
    }
}
