package io.github.dualwrite.memory;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The job store by example. */
final class MemoryJobs implements JobStore {

    private final MemoryTables<?, ?> tables;
    private final Map<String, MemoryJob> jobs;
    private final InstantSource clock;

    MemoryJobs(MemoryTables<?, ?> tables, Map<String, MemoryJob> jobs, InstantSource clock) {
        this.tables = tables;
        this.jobs = jobs;
        this.clock = clock;
    }

    @Override
    public Job begin(String job, String fingerprint, List<Split> splits) {
        return tables.atomically(() -> jobs.computeIfAbsent(
                        job, name -> new MemoryJob(name, fingerprint, clock.instant(), splits))
                .now());
    }

    @Override
    public Optional<Job> find(String job) {
        return with(job, MemoryJob::now);
    }

    @Override
    public boolean setState(String job, JobState state) {
        return with(job, found -> found.state = state).isPresent();
    }

    @Override
    public Optional<SplitProgress> claim(Job job, Lease lease) {
        return with(job, found -> {
                    Instant now = clock.instant();
                    for (MemoryJob.Work work : found.splits) {
                        boolean free = work.holder == null || !work.heldUntil.isAfter(now);
                        if (free && !work.progress.done()) {
                            work.holder = lease.id();
                            work.heldUntil = now.plus(lease.duration());
                            return Optional.of(work.progress);
                        }
                    }
                    return Optional.<SplitProgress>empty();
                })
                .flatMap(Function.identity());
    }

    @Override
    public Optional<JobState> checkpoint(String job, SplitProgress progress, Lease lease) {
        return with(
                        job,
                        found -> found.heldBy(lease.id(), progress.number()).map(work -> {
                            work.progress = progress;
                            work.heldUntil = clock.instant().plus(lease.duration());
                            return found.state;
                        }))
                .flatMap(Function.identity());
    }

    @Override
    public void release(String job, int split, Lease lease) {
        with(job, found -> {
            found.heldBy(lease.id(), split).ifPresent(work -> work.holder = null);
            return true;
        });
    }

    @Override
    public void noteFailures(Job job, Collection<JobFailure> failures) {
        with(job, found -> {
            failures.forEach(failure -> found.failures.put(failure.key(), failure));
            return true;
        });
    }

    @Override
    public int settleFailures(Job job, Collection<String> keys) {
        return with(job, found -> {
                    int before = found.failures.size();
                    found.failures.keySet().removeAll(Set.copyOf(keys));
                    return before - found.failures.size();
                })
                .orElse(0);
    }

    @Override
    public Set<Integer> failedSplits(String job) {
        return with(
                        job,
                        found -> found.failures.values().stream()
                                .map(JobFailure::split)
                                .collect(Collectors.toSet()))
                .orElse(Set.of());
    }

    @Override
    public void settleFailures(Job job, Set<Integer> splits, Set<String> again) {
        with(
                job,
                found -> found.failures
                        .values()
                        .removeIf(failure -> splits.contains(failure.split()) && !again.contains(failure.key())));
    }

    @Override
    public List<JobFailure> failures(String job, int offset, int limit) {
        return with(
                        job,
                        found -> found.failures.values().stream()
                                .skip(offset)
                                .limit(limit)
                                .toList())
                .orElse(List.of());
    }

    @Override
    public boolean remove(String job) {
        return tables.atomically(() -> jobs.remove(job) != null);
    }

    private <T> Optional<T> with(Job known, Function<MemoryJob, T> step) {
        return tables.atomically(() -> Optional.ofNullable(jobs.get(known.name()))
                .filter(found -> found.now().isStill(known))
                .map(step));
    }

    private <T> Optional<T> with(String job, Function<MemoryJob, T> step) {
        return tables.atomically(() -> Optional.ofNullable(jobs.get(job)).map(step));
    }
}
