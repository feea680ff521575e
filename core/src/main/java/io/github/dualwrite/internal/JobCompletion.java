package io.github.dualwrite.internal;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobStore;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the backfill is complete, as the job store says, for reads: every split done and no failure left, of a job that was begun for
 * this very pair of stores without a filter. Asking never waits; the answer is looked up off the read path, and only while
 * somebody asks. A store that fails keeps the last answer, which is no at first: the authority answers then, which is right in any
 * case. Safe for use by many threads.
 */
public final class JobCompletion implements BooleanSupplier {

    private static final Logger log = LoggerFactory.getLogger(JobCompletion.class);

    private final JobStore jobs;
    private final String job;
    private final String fingerprint;
    private volatile boolean complete;
    private volatile boolean asked;

    public JobCompletion(JobStore jobs, String job, String fingerprint) {
        this.jobs = jobs;
        this.job = job;
        this.fingerprint = fingerprint;
    }

    @Override
    public boolean getAsBoolean() {
        if (!asked) {
            asked = true;
        }
        return complete;
    }

    /** Looks, if anybody asked since the last time. Blocks. */
    public void refreshIfAsked() {
        if (asked) {
            asked = false;
            refresh();
        }
    }

    /** Looks. Blocks. */
    public void refresh() {
        try {
            Optional<Job> found = jobs.find(job);
            complete = found.isPresent()
                    && found.get().done()
                    && found.get().failures() == 0
                    && found.get().fingerprint().equals(fingerprint);
        } catch (RuntimeException e) {
            log.debug("whether the backfill is complete could not be read", e);
        }
    }
}
