package io.github.dualwrite.internal;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobStore;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the backfill is complete, as the job store says, for reads: every split done and no failure left, of a job that was begun for
 * this very pair of stores without a filter. Asking never waits; the answer is looked up off the read path.
 *
 * <ol>
 *   <li>It is looked up while somebody asks, and for some minutes after that.
 *   <li>A yes holds for {@link #BELIEVED} from the moment at which the look <em>began</em>, whatever became of the looks after it. Any process may
 *       remove the job, because the follower was lost for instance.
 *   <li>An older one is a no, as it is before the first look: the authority answers then, which is right in any case.
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
public final class JobCompletion implements BooleanSupplier {

    private static final Logger log = LoggerFactory.getLogger(JobCompletion.class);

    /** How long to wait between two looks. */
    public static final Duration INTERVAL = Duration.ofSeconds(1);

    /** How old a yes may be. */
    static final Duration BELIEVED = Duration.ofSeconds(3);

    /** So many looks follow the last question: scrapes of metrics, and reads that are rare, find an answer. */
    private static final int LOOKS = 300;

    private final JobStore jobs;
    private final String job;
    private final String fingerprint;
    private final LongSupplier nanos;
    private volatile @Nullable Long completeAt;
    private volatile boolean asked;
    private int looksLeft;

    /**
     * Not complete until the first look.
     *
     * @param nanos a clock like {@link System#nanoTime}
     */
    public JobCompletion(JobStore jobs, String job, String fingerprint, LongSupplier nanos) {
        this.jobs = jobs;
        this.job = job;
        this.fingerprint = fingerprint;
        this.nanos = nanos;
    }

    @Override
    public boolean getAsBoolean() {
        ask();
        Long at = completeAt;
        return at != null && nanos.getAsLong() - at <= BELIEVED.toNanos();
    }

    /** What the last look that succeeded found, however long ago: enough to say what a difference means, which gives no answer to anybody. */
    public boolean lastSeen() {
        ask();
        return completeAt != null;
    }

    private void ask() {
        if (!asked) {
            asked = true;
        }
    }

    /** Looks, if anybody asked lately; to be called each {@link #INTERVAL} by one thread at a time. Blocks. */
    public void refreshIfAsked() {
        if (asked) {
            asked = false;
            looksLeft = LOOKS;
        }
        if (looksLeft > 0) {
            looksLeft--;
            refresh();
        }
    }

    /** Looks. Blocks. */
    public void refresh() {
        long began = nanos.getAsLong();
        try {
            Optional<Job> found = jobs.find(job);
            boolean complete = found.isPresent()
                    && found.get().done()
                    && found.get().failures() == 0
                    && found.get().fingerprint().equals(fingerprint);
            completeAt = complete ? (Long) began : null;
        } catch (RuntimeException e) {
            log.debug("whether the backfill is complete could not be read", e);
        }
    }
}
