package io.github.dualwrite.dynamodb;

import io.github.dualwrite.ConflictException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.JobTable.Header;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Jobs in the table of pending writes; {@link DynamoDbSchema} shows their entries.
 *
 * <ol>
 *   <li><b>Begin</b>: write the splits into a partition of their own, named by a new generation, then the job's entry, which
 *       names the generation, on the condition that there is none. That one write is the beginning: who comes second, which he sees by the
 *       generation, removes his splits and joins. A process that dies before it leaves splits that nobody reads.
 *   <li><b>Claim</b>: ask the index of due times for splits that nobody holds, and take one by raising its due time on the
 *       condition that it is still the one that was seen.
 *   <li><b>Checkpoint</b>: one update on the condition that the split has this lease, is not done, and was not further; it raises the due
 *       time, or removes it from a split that is done. Who finds it further under this lease had no answer to the checkpoint before, and holds it
 *       still.
 *   <li><b>Note and settle failures</b>: each in a transaction of its own with a token, so that a request which comes late, after it was
 *       repeated, neither brings back what was settled nor takes what was noted since.
 *   <li><b>Remove</b>: mark the job's entry, from which moment the job is gone; delete what its partition holds; delete the
 *       entry. Whoever removes or begins a job of that name next finishes a removal that was broken off.
 * </ol>
 *
 * <p>Leases end by the machines' clocks. A clock that is ahead by more than a lease takes a split that somebody holds; that one notices at
 * its next checkpoint. It costs reading and storing some records a second time, and nothing else.
 *
 * <p>Safe for use by many threads and processes.
 */
final class DynamoDbJobs implements JobStore {

    /** So many splits are seen by a claim; more claimers at once have to look again. */
    private static final int CANDIDATES = 25;

    /** So many entries are written or deleted within one deadline. */
    private static final int CHUNK = 500;

    private final JobCalls calls;
    private final JobTable table;
    private final QueueWatch watch;
    private final InstantSource clock;
    private final Duration timeout;
    private final DynamoDbErrors errors;

    DynamoDbJobs(
            JobCalls calls,
            JobTable table,
            QueueWatch watch,
            InstantSource clock,
            Duration timeout,
            DynamoDbErrors errors) {
        this.calls = calls;
        this.table = table;
        this.watch = watch;
        this.clock = clock;
        this.timeout = timeout;
        this.errors = errors;
    }

    @Override
    public Job begin(String job, String fingerprint, List<Split> splits) {
        for (int attempt = 1; attempt <= 3; attempt++) {
            Optional<Job> found = find(job);
            if (found.isEmpty()) {
                within(deadline -> calls.get(table.headerKey(job), deadline))
                        .map(JobTable::header)
                        .filter(Header::removed)
                        .ifPresent(this::finishRemoval);
                write(job, fingerprint, splits);
                found = find(job);
            }
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new ConflictException(
                errors.context(Operation.QUEUE, List.of()),
                "job '" + job + "' was removed by somebody else each time it was begun; begin it again later",
                null);
    }

    private void write(String job, String fingerprint, List<Split> splits) {
        String generation = UUID.randomUUID().toString();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        chunks(IntStream.range(0, splits.size()).boxed().toList())
                .forEach(chunk -> within(deadline -> {
                    calls.each(
                            chunk,
                            number -> calls.create(
                                    table.splitKey(generation, number),
                                    JobTable.NEW_SPLIT,
                                    JobTable.newSplit(number, splits.get(number), now)),
                            deadline);
                    return true;
                }));
        boolean ours = within(deadline -> calls.update(
                table.headerKey(job),
                "SET job_generation = :generation, job_fingerprint = :fingerprint, job_state = :state,"
                        + " began_at = :now, split_count = :splits",
                "attribute_not_exists(record_key)",
                Map.of(
                        ":generation", AttributeValue.fromS(generation),
                        ":fingerprint", AttributeValue.fromS(fingerprint),
                        ":state", AttributeValue.fromS(JobState.RUNNING.name()),
                        ":now", QueueTable.time(now),
                        ":splits", QueueTable.number(splits.size())),
                old -> AttributeValue.fromS(generation).equals(old.get(JobTable.GENERATION)),
                deadline));
        if (!ours && !begun(job, generation)) {
            sweep(generation);
        }
    }

    /** Read again, because an attempt whose answer was lost may have been the beginning. */
    private boolean begun(String job, String generation) {
        return within(deadline -> calls.get(table.headerKey(job), deadline))
                .map(JobTable::header)
                .filter(header -> header.generation().equals(generation))
                .isPresent();
    }

    /** {@inheritDoc} More than 100 failures are those of up to ten seconds ago, and more than some 100 000 are not counted to their end. */
    @Override
    public Optional<Job> find(String job) {
        return within(deadline -> {
            for (int attempt = 1; ; attempt++) {
                Optional<Header> header = header(job, deadline);
                if (header.isEmpty()) {
                    return Optional.empty();
                }
                Header found = header.get();
                String partition = table.partition(found.generation());
                List<SplitProgress> splits =
                        calls.entries(partition, JobTable.SPLIT_PREFIX, Integer.MAX_VALUE, deadline).stream()
                                .map(JobTable::progress)
                                .toList();
                if (splits.size() == found.splits()) {
                    long failures = calls.count(partition, JobTable.FAILURE_PREFIX, deadline);
                    return Optional.of(found.job(splits, failures));
                }
                if (!deadline.pause(attempt)) { // it is being removed, or somebody deleted splits by hand
                    throw new TransientStoreException(
                            errors.context(Operation.QUEUE, List.of()),
                            "job '" + job + "' has " + splits.size() + " splits of " + found.splits()
                                    + "; if it stays so, remove the job and begin again",
                            null);
                }
            }
        });
    }

    /** The entry of that very job. What is done by its generation after this touches no other job, whatever happens meanwhile. */
    private Optional<Header> header(Job job, Deadline deadline) {
        return header(job.name(), deadline)
                .filter(header -> header.job(List.of(), 0).isStill(job));
    }

    /** The job's entry, unless it is being removed. */
    private Optional<Header> header(String job, Deadline deadline) {
        return calls.get(table.headerKey(job), deadline).map(JobTable::header).filter(header -> !header.removed());
    }

    @Override
    public boolean setState(String job, JobState state) {
        return within(deadline -> calls.update(
                table.headerKey(job),
                "SET job_state = :state",
                "attribute_exists(record_key) AND attribute_not_exists(removed_at)",
                Map.of(":state", AttributeValue.fromS(state.name())),
                old -> false,
                deadline));
    }

    @Override
    public Optional<SplitProgress> claim(Job job, Lease lease) {
        return within(deadline -> {
            for (int attempt = 1; ; attempt++) {
                Optional<Header> header = header(job, deadline);
                if (header.isEmpty()) {
                    return Optional.empty();
                }
                Instant now = clock.instant();
                List<Map<String, AttributeValue>> free = new ArrayList<>(
                        calls.due(table.partition(header.get().generation()), now, CANDIDATES, deadline));
                if (free.isEmpty()) {
                    return Optional.empty();
                }
                Collections.shuffle(free); // so that those who come at once do not all want the same
                for (Map<String, AttributeValue> seen : free) {
                    Optional<Map<String, AttributeValue>> claimed =
                            calls.claim(seen, lease.id(), now.plus(lease.duration()), deadline);
                    if (claimed.isPresent()) {
                        return claimed.map(JobTable::progress);
                    }
                }
                if (!deadline.pause(attempt)) {
                    throw new ConflictException(
                            errors.context(Operation.QUEUE, List.of()),
                            "others were quicker to claim splits of job '" + job.name() + "' until the deadline of "
                                    + timeout + "; try again",
                            null);
                }
            }
        });
    }

    @Override
    public Optional<JobState> checkpoint(String job, SplitProgress progress, Lease lease) {
        return within(deadline -> header(job, deadline)
                .filter(header -> calls.bring(
                        table.splitKey(header.generation(), progress.number()),
                        JobTable.progress(progress),
                        JobTable.IS_PROGRESS,
                        JobTable.progress(progress, id(lease), clock.instant().plus(lease.duration())),
                        old -> id(lease).equals(old.get(QueueTable.LEASE)) && JobTable.isAsFar(old, progress),
                        deadline))
                .map(Header::state));
    }

    @Override
    public void release(String job, int split, Lease lease) {
        within(deadline -> header(job, deadline)
                .map(header -> calls.update(
                        table.splitKey(header.generation(), split),
                        "SET due_at = :now REMOVE lease_id",
                        "lease_id = :lease AND attribute_exists(due_at)",
                        Map.of(":now", QueueTable.time(clock.instant()), ":lease", id(lease)),
                        old -> false,
                        deadline)));
    }

    @Override
    public void noteFailures(Job job, Collection<JobFailure> failures) {
        Map<String, JobFailure> byKey = new LinkedHashMap<>();
        failures.forEach(failure -> byKey.put(failure.key(), failure));
        chunks(List.copyOf(byKey.values()))
                .forEach(chunk -> within(deadline -> header(job, deadline).map(header -> {
                    calls.each(
                            chunk,
                            failure -> calls.note(
                                    table.failureKey(header.generation(), failure.key()),
                                    JobTable.FAILURE,
                                    JobTable.failure(failure)),
                            deadline);
                    return true;
                })));
    }

    @Override
    public int settleFailures(Job job, Collection<String> keys) {
        return chunks(keys.stream().distinct().toList()).stream()
                .mapToInt(chunk -> within(deadline -> header(job, deadline)
                        .map(header -> calls.each(
                                chunk, key -> calls.settle(table.failureKey(header.generation(), key)), deadline))
                        .orElse(0)))
                .sum();
    }

    @Override
    public Set<Integer> failedSplits(String job) {
        Set<Integer> splits = new TreeSet<>();
        eachChunkOfFailures(
                within(deadline -> header(job, deadline)),
                chunk -> chunk.forEach(
                        entry -> splits.add(JobTable.failure(entry).split())));
        return splits;
    }

    @Override
    public void settleFailures(Job job, Set<Integer> splits, Set<String> again) {
        eachChunkOfFailures(within(deadline -> header(job, deadline)), chunk -> {
            List<Map<String, AttributeValue>> settled = chunk.stream()
                    .filter(entry -> {
                        JobFailure failure = JobTable.failure(entry);
                        return splits.contains(failure.split()) && !again.contains(failure.key());
                    })
                    .map(QueueTable::keyOf)
                    .toList();
            int unused = within(deadline -> calls.each(settled, calls::settle, deadline));
        });
    }

    /** Each chunk within a deadline of its own: there may be any number of failures. */
    private void eachChunkOfFailures(Optional<Header> found, Consumer<List<Map<String, AttributeValue>>> work) {
        if (found.isEmpty()) {
            return;
        }
        String partition = table.partition(found.get().generation());
        Map<String, AttributeValue> last = Map.of();
        List<Map<String, AttributeValue>> chunk;
        do {
            Map<String, AttributeValue> after = last;
            chunk = within(deadline -> calls.entries(partition, JobTable.FAILURE_PREFIX, after, CHUNK, deadline));
            work.accept(chunk);
            last = chunk.isEmpty() ? Map.of() : QueueTable.keyOf(chunk.get(chunk.size() - 1));
        } while (chunk.size() == CHUNK);
    }

    /** {@inheritDoc} Reads what is skipped, too. */
    @Override
    public List<JobFailure> failures(String job, int offset, int limit) {
        int most = (int) Math.min(Integer.MAX_VALUE, (long) offset + limit);
        return within(deadline -> header(job, deadline)
                .map(header ->
                        calls
                                .entries(table.partition(header.generation()), JobTable.FAILURE_PREFIX, most, deadline)
                                .stream()
                                .skip(offset)
                                .map(JobTable::failure)
                                .toList())
                .orElse(List.of()));
    }

    @Override
    public boolean remove(String job) {
        Optional<Header> found =
                within(deadline -> calls.get(table.headerKey(job), deadline).map(JobTable::header));
        if (found.isEmpty()) {
            return false;
        }
        AttributeValue generation = AttributeValue.fromS(found.get().generation());
        AttributeValue now = QueueTable.time(clock.instant());
        boolean ours = within(deadline -> calls.update(
                table.headerKey(job),
                "SET removed_at = :now",
                "job_generation = :generation AND attribute_not_exists(removed_at)",
                Map.of(":now", now, ":generation", generation),
                old -> now.equals(old.get(JobTable.REMOVED)),
                deadline));
        finishRemoval(found.get());
        return ours;
    }

    private void finishRemoval(Header job) {
        sweep(job.generation());
        within(deadline -> calls.delete(
                table.headerKey(job.name()),
                "job_generation = :generation",
                Map.of(":generation", AttributeValue.fromS(job.generation())),
                deadline));
    }

    private void sweep(String generation) {
        List<Map<String, AttributeValue>> rest;
        do {
            rest = within(deadline -> calls.entries(table.partition(generation), "", CHUNK, deadline));
            List<Map<String, AttributeValue>> keys =
                    rest.stream().map(QueueTable::keyOf).toList();
            int unused = within(deadline -> calls.each(keys, calls::delete, deadline));
        } while (!rest.isEmpty());
    }

    private static <T> List<List<T>> chunks(List<T> all) {
        List<List<T>> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += CHUNK) {
            chunks.add(all.subList(from, Math.min(all.size(), from + CHUNK)));
        }
        return chunks;
    }

    private static AttributeValue id(Lease lease) {
        return AttributeValue.fromS(lease.id().toString());
    }

    private <T> T within(Function<Deadline, T> work) {
        watch.refuseReplaced(Operation.QUEUE, List.of());
        try {
            return work.apply(new Deadline(timeout));
        } catch (RuntimeException e) {
            throw errors.authorityFailure(Operation.QUEUE, List.of(), e);
        }
    }
}
