package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Names and forms of jobs in the table of pending writes; {@link DynamoDbSchema} shows them. The partition keys are no shards of
 * any repository: those end in a number.
 */
final class JobTable {

    static final String STATE = "job_state";
    static final String FINGERPRINT = "job_fingerprint";
    static final String GENERATION = "job_generation";
    static final String BEGAN = "began_at";
    static final String SPLITS = "split_count";
    static final String REMOVED = "removed_at";

    static final String SPLIT_PREFIX = "split|";
    static final String FAILURE_PREFIX = "failure|";

    private static final String NUMBER = "split_number";
    private static final String RANGE = "split_range";
    private static final String POSITION = "split_position";
    private static final String DONE = "split_done";
    private static final String READ = "records_read";
    private static final String APPLIED = "records_applied";
    private static final String SKIPPED = "records_skipped";
    private static final String FAILED = "records_failed";
    private static final String BYTES = "bytes_read";
    private static final String FAILED_KEY = "failed_key";

    /** Of a key that is too long for a sort key, so much comes before its digest: failures stay in the order of their keys. */
    private static final int KEY_BEGINNING = 200;

    private final String repository;

    JobTable(String repository) {
        this.repository = repository;
    }

    /**
     * A job's own entry.
     *
     * @param generation names the partition of what belongs to the job, so that nothing of an earlier job of the same name is mixed in
     * @param removed whether somebody is removing the job: it is gone, and the rest has to follow
     */
    record Header(
            String name,
            String generation,
            String fingerprint,
            JobState state,
            Instant began,
            int splits,
            boolean removed) {

        Job job(List<SplitProgress> progress, long failures) {
            return new Job(name, fingerprint, state, began, progress, failures);
        }
    }

    Map<String, AttributeValue> headerKey(String job) {
        return key(repository + "#jobs", job);
    }

    static Header header(Map<String, AttributeValue> entry) {
        return new Header(
                QueueTable.present(entry, QueueTable.KEY).s(),
                QueueTable.present(entry, GENERATION).s(),
                QueueTable.present(entry, FINGERPRINT).s(),
                JobState.valueOf(QueueTable.present(entry, STATE).s()),
                QueueTable.time(entry, BEGAN),
                (int) QueueTable.number(entry, SPLITS),
                entry.containsKey(REMOVED));
    }

    String partition(String generation) {
        return repository + "#job-" + generation;
    }

    Map<String, AttributeValue> splitKey(String generation, int number) {
        String digits = Integer.toString(number);
        return key(partition(generation), SPLIT_PREFIX + "0".repeat(10 - digits.length()) + digits);
    }

    Map<String, AttributeValue> failureKey(String generation, String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        String text = FAILURE_PREFIX + key;
        if (text.getBytes(StandardCharsets.UTF_8).length > KeyText.MOST_BYTES) {
            int end = key.offsetByCodePoints(0, Math.min(KEY_BEGINNING, key.codePointCount(0, key.length())));
            text = FAILURE_PREFIX + key.substring(0, end) + "~h" + KeyText.digest(bytes);
        }
        return key(partition(generation), text);
    }

    private static Map<String, AttributeValue> key(String partition, String sort) {
        return Map.of(QueueTable.SHARD, AttributeValue.fromS(partition), QueueTable.KEY, AttributeValue.fromS(sort));
    }

    /** Writes a split that nobody has begun. */
    static final String NEW_SPLIT =
            "SET " + NUMBER + " = :number, " + RANGE + " = :range, " + DONE + " = :false, " + READ
                    + " = :zero, " + APPLIED + " = :zero, " + SKIPPED + " = :zero, " + FAILED + " = :zero, " + BYTES
                    + " = :zero, due_at = :due";

    static Map<String, AttributeValue> newSplit(int number, Split split, Instant due) {
        return Map.of(
                ":number", QueueTable.number(number),
                ":range", AttributeValue.fromS(split.range()),
                ":false", AttributeValue.fromBool(false),
                ":zero", QueueTable.number(0),
                ":due", QueueTable.time(due));
    }

    /** Progress goes on only: a checkpoint that comes late does not set a split back, nor begin one again that is done. */
    static final String IS_PROGRESS = "lease_id = :lease AND " + DONE + " = :false AND " + READ + " <= :read";

    /** Whether a split is done, or as far as that at least. */
    static boolean isAsFar(Map<String, AttributeValue> entry, SplitProgress progress) {
        SplitProgress found = progress(entry);
        return found.done() || (!progress.done() && found.read() >= progress.read());
    }

    /** Notes progress. A split that is done is not due any more. */
    static String progress(SplitProgress progress) {
        String set = "SET " + DONE + " = :done, " + READ + " = :read, " + APPLIED + " = :applied, " + SKIPPED
                + " = :skipped, " + FAILED + " = :failed, " + BYTES + " = :bytes";
        String remove = "";
        if (progress.position() == null) {
            remove = " REMOVE " + POSITION;
        } else {
            set += ", " + POSITION + " = :position";
        }
        if (progress.done()) {
            remove = remove.isEmpty() ? " REMOVE due_at" : remove + ", due_at";
        } else {
            set += ", due_at = :due";
        }
        return set + remove;
    }

    static Map<String, AttributeValue> progress(SplitProgress progress, AttributeValue lease, Instant due) {
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":lease", lease);
        values.put(":false", AttributeValue.fromBool(false));
        values.put(":done", AttributeValue.fromBool(progress.done()));
        values.put(":read", QueueTable.number(progress.read()));
        values.put(":applied", QueueTable.number(progress.applied()));
        values.put(":skipped", QueueTable.number(progress.skipped()));
        values.put(":failed", QueueTable.number(progress.failed()));
        values.put(":bytes", QueueTable.number(progress.bytes()));
        String position = progress.position();
        if (position != null) {
            values.put(":position", AttributeValue.fromS(position));
        }
        if (!progress.done()) {
            values.put(":due", QueueTable.time(due));
        }
        return values;
    }

    static SplitProgress progress(Map<String, AttributeValue> entry) {
        @Nullable AttributeValue position = entry.get(POSITION);
        return new SplitProgress(
                (int) QueueTable.number(entry, NUMBER),
                new Split(QueueTable.present(entry, RANGE).s()),
                position == null ? null : position.s(),
                Boolean.TRUE.equals(QueueTable.present(entry, DONE).bool()),
                QueueTable.number(entry, READ),
                QueueTable.number(entry, APPLIED),
                QueueTable.number(entry, SKIPPED),
                QueueTable.number(entry, FAILED),
                QueueTable.number(entry, BYTES));
    }

    static final String FAILURE = "SET " + NUMBER + " = :number, " + FAILED_KEY + " = :key, last_error = :error";

    static Map<String, AttributeValue> failure(JobFailure failure) {
        return Map.of(
                ":number", QueueTable.number(failure.split()),
                ":key", AttributeValue.fromS(failure.key()),
                ":error", AttributeValue.fromS(failure.reason()));
    }

    static JobFailure failure(Map<String, AttributeValue> entry) {
        return new JobFailure(
                (int) QueueTable.number(entry, NUMBER),
                QueueTable.present(entry, FAILED_KEY).s(),
                QueueTable.present(entry, QueueTable.ERROR).s());
    }
}
