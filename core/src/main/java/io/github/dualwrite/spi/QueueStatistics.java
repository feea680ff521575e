package io.github.dualwrite.spi;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How full the reconciliation queue is and how old. Immutable. */
public final class QueueStatistics {

    private final long depth;
    private final long parked;
    private final @Nullable Instant oldest;

    /**
     * Statistics at one moment.
     *
     * @param depth pending writes that are not parked
     * @param parked parked pending writes
     * @param oldest since when the oldest pending write that is not parked has been pending; {@code null} if there is none
     */
    public QueueStatistics(long depth, long parked, @Nullable Instant oldest) {
        this.depth = depth;
        this.parked = parked;
        this.oldest = oldest;
    }

    /** Pending writes that are not parked, due or not. */
    public long depth() {
        return depth;
    }

    /** Parked pending writes. */
    public long parked() {
        return parked;
    }

    /** Since when the oldest pending write that is not parked has been pending: the replication lag reaches back to here. */
    public Optional<Instant> oldest() {
        return Optional.ofNullable(oldest);
    }

    @Override
    public String toString() {
        return "depth=" + depth + " parked=" + parked + " oldest=" + (oldest == null ? "-" : oldest);
    }
}
