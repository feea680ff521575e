package io.github.dualwrite.backfill;

import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.SplitProgress;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/**
 * A split that this process holds. The worker's checkpoints and the heartbeats between them go one after the other: a heartbeat repeats
 * what was noted last, and must not be overtaken by what is newer. Safe for use by many threads.
 */
final class HeldSplit {

    private final JobStore jobs;
    private final Job job;
    private final Lease lease;
    private final Machine machine;
    private final Lock lock;
    private SplitProgress noted;
    private volatile long notedAt;
    private volatile boolean lost;
    private volatile JobState state = JobState.RUNNING;

    HeldSplit(JobStore jobs, Job job, SplitProgress claimed, Lease lease, Machine machine) {
        this.jobs = jobs;
        this.job = job;
        this.lease = lease;
        this.machine = machine;
        this.lock = machine.lock();
        this.noted = claimed;
        this.notedAt = machine.nanos();
    }

    /** The job of which it is, as it was when this process claimed the split. */
    Job job() {
        return job;
    }

    /** Whether somebody else works on the split now. */
    boolean lost() {
        return lost;
    }

    /** What the job's processes are to do, as far as it was seen with the last checkpoint or heartbeat. */
    JobState state() {
        return state;
    }

    /**
     * Whether to let go of it: somebody else may work on it, or the job is not to run. What was read of it is then not to be stored any more,
     * however long it waits already: the job may have been removed and the follower emptied.
     */
    boolean ended() {
        return lost
                || state != JobState.RUNNING
                || machine.nanos() - notedAt >= lease.duration().toNanos();
    }

    SplitProgress noted() {
        lock.lock();
        try {
            return noted;
        } finally {
            lock.unlock();
        }
    }

    /** Notes how far the split is; false if the lease was lost, and nothing was noted. */
    boolean checkpoint(SplitProgress progress) {
        lock.lock();
        try {
            long began = machine.nanos();
            Optional<JobState> seen = jobs.checkpoint(job.name(), progress, lease);
            notedAt = began;
            if (seen.isEmpty()) {
                lost = true;
                return false;
            }
            noted = progress;
            state = seen.get();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Prolongs the lease if a third of it has passed since the last time. */
    void heartbeat() {
        if (!lock.tryLock()) { // a checkpoint is under way, which does the same
            return;
        }
        try {
            boolean due = machine.nanos() - notedAt > lease.duration().toNanos() / 3;
            if (due && !lost && !noted.done()) {
                checkpoint(noted);
            }
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            if (!lost && !noted.done()) {
                lost = true; // no heartbeat may follow
                jobs.release(job.name(), noted.number(), lease);
            }
        } finally {
            lock.unlock();
        }
    }
}
