package io.github.dualwrite.simulation;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The job store as a process sees it: at the other end of the authority's wire. */
final class SimJobs implements JobStore {

    private final SimAuthority authority;
    private final JobStore inner;

    SimJobs(SimAuthority authority, JobStore inner) {
        this.authority = authority;
        this.inner = inner;
    }

    private <T> T call(String what, Collection<?> about, Supplier<T> effect) {
        return authority.call(Operation.QUEUE, what, about, effect);
    }

    @Override
    public Job begin(String job, String fingerprint, List<Split> splits) {
        return call("begin job", splits, () -> inner.begin(job, fingerprint, splits));
    }

    @Override
    public Optional<Job> find(String job) {
        return call("find job", List.of(), () -> inner.find(job));
    }

    @Override
    public boolean setState(String job, JobState state) {
        return call("state of job", List.of(state), () -> inner.setState(job, state));
    }

    @Override
    public Optional<SplitProgress> claim(Job job, Lease lease) {
        return call("claim split", List.of(), () -> inner.claim(job, lease));
    }

    @Override
    public Optional<JobState> checkpoint(String job, SplitProgress progress, Lease lease) {
        return call("checkpoint", List.of(progress), () -> inner.checkpoint(job, progress, lease));
    }

    @Override
    public void release(String job, int split, Lease lease) {
        call("release split", List.of(split), () -> {
            inner.release(job, split, lease);
            return true;
        });
    }

    @Override
    public void noteFailures(Job job, Collection<JobFailure> failures) {
        call("note failures", failures, () -> {
            inner.noteFailures(job, failures);
            return true;
        });
    }

    @Override
    public int settleFailures(Job job, Collection<String> keys) {
        return call("settle failures", keys, () -> inner.settleFailures(job, keys));
    }

    @Override
    public Set<Integer> failedSplits(String job) {
        return call("failed splits", List.of(), () -> inner.failedSplits(job));
    }

    @Override
    public void settleFailures(Job job, Set<Integer> splits, Set<String> again) {
        call("settle failures of splits", splits, () -> {
            inner.settleFailures(job, splits, again);
            return true;
        });
    }

    @Override
    public List<JobFailure> failures(String job, int offset, int limit) {
        return call("failures", List.of(), () -> inner.failures(job, offset, limit));
    }

    @Override
    public boolean remove(String job) {
        return call("remove job", List.of(), () -> inner.remove(job));
    }
}
