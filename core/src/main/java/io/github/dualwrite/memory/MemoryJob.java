package io.github.dualwrite.memory;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The rows of one job. To be used under the lock of {@link MemoryTables}. */
final class MemoryJob {

    /** A split with who works on it. */
    static final class Work {
        SplitProgress progress;

        @Nullable
        UUID holder;

        Instant heldUntil = Instant.MIN;

        private Work(SplitProgress progress) {
            this.progress = progress;
        }
    }

    final String name;
    final String fingerprint;
    final Instant began;
    final List<Work> splits = new ArrayList<>();
    final NavigableMap<String, JobFailure> failures = new TreeMap<>();
    JobState state = JobState.RUNNING;

    MemoryJob(String name, String fingerprint, Instant began, List<Split> splits) {
        this.name = name;
        this.fingerprint = fingerprint;
        this.began = began;
        for (Split split : splits) {
            this.splits.add(new Work(SplitProgress.of(this.splits.size(), split)));
        }
    }

    /** Empty also if there is no such split: the job may have been begun anew with fewer. */
    Optional<Work> heldBy(UUID holder, int split) {
        return splits.stream().skip(split).findFirst().filter(work -> holder.equals(work.holder));
    }

    Job now() {
        return new Job(
                name,
                fingerprint,
                state,
                began,
                splits.stream().map(work -> work.progress).toList(),
                failures.size());
    }
}
