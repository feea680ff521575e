package io.github.dualwrite.spi;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What several processes that work on one job know of it, kept durably by the authority: splits, who works on which, how far
 * each is, what failed. Calls block; each is atomic. Safe for use by many threads and processes.
 *
 * <p>A job may be removed and another one begun under its name at any moment. A method that takes a {@link Job} must do nothing unless that
 * very job is there still ({@link Job#isStill}), and decide that in one atomic step with what it does: numbers of splits mean nothing in
 * another job.
 */
public interface JobStore {

    /**
     * Begins a job, or joins the one of this name that has begun.
     *
     * @param fingerprint tells jobs of one name that must not be mixed apart: stores, tables, mapping, filter
     * @param splits what a new job consists of; a job that has begun keeps its own
     * @return the job as it is, which may have another fingerprint: the caller must then refuse it
     */
    Job begin(String job, String fingerprint, List<Split> splits);

    /** The job as it is; empty if it has not begun. */
    Optional<Job> find(String job);

    /** Changes the state for all processes; they see it at their next checkpoint. False if there is no such job. */
    boolean setState(String job, JobState state);

    /** Takes one split that is not done and that nobody holds, with where its work is to go on; empty if there is none, or no such job any more. */
    Optional<SplitProgress> claim(Job job, Lease lease);

    /**
     * Notes how far a split is and prolongs the lease. What is noted replaces what was, or leaves it if that is further. Who had no answer notes
     * the same again, or repeats as a heartbeat what was noted before: that must not be taken for a lost lease, also if the split is done.
     *
     * @return the job's state, or empty if the lease was lost: somebody else works on the split now and nothing was noted
     */
    Optional<JobState> checkpoint(String job, SplitProgress progress, Lease lease);

    /** Gives a split back before its end. */
    void release(String job, int split, Lease lease);

    /** Adds records that failed for good; one that is noted already stays once, with the newer reason. */
    void noteFailures(Job job, Collection<JobFailure> failures);

    /**
     * Forgets failures that were dealt with, by the text of their keys.
     *
     * @return how many there were
     */
    int settleFailures(Job job, Collection<String> keys);

    /** The numbers of the splits that have failures. May read all failures, and must not keep them in memory. */
    Set<Integer> failedSplits(String job);

    /**
     * Forgets the failures of splits that were read anew from beginning to end, except those of keys that were noted again on the way. What
     * other splits have stays. It need not be one atomic unit: what is left when it fails is forgotten by the next call. May read all
     * failures, and must not keep them in memory.
     *
     * @param splits the numbers of the splits
     * @param again keys as they were given to {@link #noteFailures}
     */
    void settleFailures(Job job, Set<Integer> splits, Set<String> again);

    /** Records that failed for good, in the order of their keys. */
    List<JobFailure> failures(String job, int offset, int limit);

    /** Removes a job and all that is known of it. False if there is no such job. */
    boolean remove(String job);
}
