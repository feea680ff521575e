package io.github.dualwrite.dynamodb;

import io.github.dualwrite.ConflictException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Commits changes with their pending writes (DW-1).
 *
 * <ol>
 *   <li><b>Propose</b> a version for each key: the clock's, or one more than the highest that was met under the key.
 *   <li><b>Write</b> items and queue entries in one {@code TransactWriteItems}. The conditions let it happen only if both
 *       versions, the item's and the entry's, are lower than the proposed one; so versions of a key grow in the order of
 *       commits, whatever the clocks say (DW-2).
 *   <li><b>If the answer is lost</b>, or somebody else's transaction is in the way after that, ask again with the same token and with half of the time that is
 *       left: a transaction that is committed already is not done twice.
 *   <li><b>If a condition failed</b>, the stored item came back with the refusal. A version as high as the proposed one:
 *       propose one more and begin again. A record that must not be there, or one that is missing: the verb decides.
 *   <li><b>At the deadline</b>: if any attempt may have been committed, the outcome is unknown; otherwise nothing was written,
 *       and it was a conflict, or transient.
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
final class AtomicWrites<K, V> {

    /** DynamoDB takes 100 actions; each record is two. */
    static final int MOST_KEYS = 50;

    private static final long LARGEST_ITEM = 400 * 1024;
    private static final long LARGEST_TRANSACTION = 4_000_000;

    private static final String ENTRY = "SET record_key_attributes = :key, pending_version = :version,"
            + " failed_attempts = :none, due_at = if_not_exists(due_at, :due),"
            + " pending_since = if_not_exists(pending_since, if_not_exists(parked_since, :now))"
            + " REMOVE parked_at, parked_since, last_error";

    private static final String ENTRY_IS_OLDER = "attribute_not_exists(pending_version) OR pending_version < :version";

    private final DynamoDbAsyncClient client;
    private final TableItems<K, V> items;
    private final RecordActions<K, V> records;
    private final String queueTable;
    private final QueueTable queue;
    private final QueueWatch watch;
    private final VersionClock versions;
    private final Duration grace;
    private final Duration timeout;
    private final DynamoDbErrors errors;
    private final DynamoDbErrors queueErrors;

    AtomicWrites(
            DynamoDbAsyncClient client,
            TableItems<K, V> items,
            RecordActions<K, V> records,
            String queueTable,
            QueueTable queue,
            QueueWatch watch,
            VersionClock versions,
            Duration grace,
            Duration timeout,
            DynamoDbErrors errors,
            DynamoDbErrors queueErrors) {
        this.client = client;
        this.items = items;
        this.records = records;
        this.queueTable = queueTable;
        this.queue = queue;
        this.watch = watch;
        this.versions = versions;
        this.grace = grace;
        this.timeout = timeout;
        this.errors = errors;
        this.queueErrors = queueErrors;
    }

    /** Decides what becomes of a change that found something else than it expected. */
    @FunctionalInterface
    interface Surprise<K, V> {

        /**
         * Throws, gives another change instead, or {@code null} to leave the key out.
         *
         * @param record whether there is a record
         */
        @Nullable
        Change<K, V> meet(Change<K, V> change, boolean record);
    }

    /** One transaction, to be repeated as it is. */
    private record Attempt<K, V>(List<Change<K, V>> changes, List<Long> versions, TransactWriteItemsRequest request) {

        /** The same with more time than the client allows: one that is slow would not end in that time the next time either. */
        TransactWriteItemsRequest allowed(Duration time) {
            return request.toBuilder()
                    .overrideConfiguration(Calls.allowing(time))
                    .build();
        }

        List<VersionedRecord<K, V>> committed() {
            List<VersionedRecord<K, V>> records = new ArrayList<>(changes.size());
            for (int i = 0; i < changes.size(); i++) {
                records.add(new VersionedRecord<>(
                        changes.get(i).key(), versions.get(i), changes.get(i).value()));
            }
            return records;
        }
    }

    /** Commits all changes or none; their keys are distinct and not more than {@link #MOST_KEYS}. */
    List<VersionedRecord<K, V>> commit(Operation operation, List<Change<K, V>> wanted, Surprise<K, V> surprise) {
        List<K> keys = wanted.stream().map(Change::key).toList();
        Deadline deadline = new Deadline(timeout);
        watch.refuseReplaced(operation, keys, deadline);
        List<Change<K, V>> changes = wanted;
        int tries = 0;
        while (!changes.isEmpty()) {
            Attempt<K, V> attempt = attempt(changes);
            boolean unsure = false;
            while (true) {
                RuntimeException failure;
                try {
                    deadline.await(client.transactWriteItems(
                            unsure ? attempt.allowed(deadline.left().dividedBy(2)) : attempt.request()));
                    return attempt.committed();
                } catch (RuntimeException e) {
                    failure = e;
                }
                if (failure instanceof TransactionCanceledException refusal && Cancellations.byCondition(refusal)) {
                    if ((unsure || DynamoDbErrors.repeatedByClient(refusal)) && itIsOurs(attempt, refusal)) {
                        return attempt.committed();
                    }
                    List<Change<K, V>> next = again(operation, attempt, refusal, surprise);
                    tries = next.size() < changes.size() ? 0 : tries;
                    changes = next;
                    if (!changes.isEmpty() && tries++ > 0 && !deadline.pause(tries)) {
                        throw new ConflictException(
                                errors.context(operation, keys),
                                "other writes were quicker until the deadline of " + timeout + "; try again",
                                refusal);
                    }
                    break; // with a new token
                }
                if (!unsure && DynamoDbErrors.missing(failure)) {
                    watch.refuseMissing(operation, keys, deadline);
                }
                unsure |= errors.mayHaveBeenDone(failure);
                if (!errors.retryable(failure) || !deadline.pause(++tries)) {
                    throw unsure
                            ? errors.outcomeUnknown(operation, keys, failure)
                            : failed(operation, changes, failure);
                }
                if (!unsure && failure instanceof TransactionCanceledException) {
                    break; // with a new token
                }
            }
        }
        return List.of();
    }

    private DualWriteException failed(Operation operation, List<Change<K, V>> changes, RuntimeException failure) {
        List<K> keys = changes.stream().map(Change::key).toList();
        DualWriteException translated = translated(operation, keys, failure);
        String tooLarge =
                translated instanceof PermanentStoreException && changes.size() > 1 ? tooLarge(changes, failure) : null;
        return tooLarge == null ? translated : errors.permanent(operation, keys, tooLarge, failure);
    }

    /** What is to be said if all are too large together, or may be; {@code null} if one is by itself, or none is. */
    private @Nullable String tooLarge(List<? extends Change<?, ?>> changes, RuntimeException failure) {
        long sum = 0;
        for (Change<?, ?> change : changes) {
            Map<String, AttributeValue> item = change.item();
            long size = item == null ? 0 : ItemSize.of(item);
            if (size > LARGEST_ITEM) {
                return null;
            }
            sum += size;
        }
        if (sum > LARGEST_TRANSACTION) {
            return "the records are larger together than the 4 MB that a transaction of DynamoDB can hold; nothing was"
                    + " written: write fewer records at once";
        }
        return items.own() != null && DynamoDbErrors.tooLarge(failure)
                ? "with attributes that are not the mapping's, one of the items is larger than the 400 KB that DynamoDB can"
                        + " hold, or all are together than the 4 MB that a transaction can hold; nothing was written: write"
                        + " fewer records at once, and store a large attribute of the one that is refused by itself"
                        + " elsewhere"
                : null;
    }

    private DualWriteException translated(Operation operation, List<K> keys, RuntimeException failure) {
        return Cancellations.conflict(failure)
                ? new ConflictException(
                        errors.context(operation, keys),
                        "other transactions were changing the same items until the deadline of " + timeout
                                + "; try again",
                        failure)
                : (ofTheQueue(failure) ? queueErrors : errors).authorityFailure(operation, keys, failure);
    }

    /** Whether it is the table of pending writes that has cancelled the transaction: every second action is its. */
    private static boolean ofTheQueue(RuntimeException failure) {
        int action =
                failure instanceof TransactionCanceledException cancelled ? Cancellations.lastingAction(cancelled) : 0;
        return action > 0 && action % 2 == 1;
    }

    private Attempt<K, V> attempt(List<Change<K, V>> changes) {
        Instant now = items.now();
        List<Long> proposed = new ArrayList<>(changes.size());
        List<TransactWriteItem> actions = new ArrayList<>(changes.size() * 2);
        for (Change<K, V> change : changes) {
            long version = Math.max(versions.next(), Math.addExact(change.floor(), 1));
            proposed.add(version);
            actions.add(records.action(change, version));
            actions.add(entry(change, version, now));
        }
        return new Attempt<>(
                changes,
                proposed,
                TransactWriteItemsRequest.builder()
                        .transactItems(actions)
                        .clientRequestToken(UUID.randomUUID().toString())
                        .build());
    }

    /**
     * A key that is pending already keeps its due time, so the indexes are not touched and a key that is written all the time
     * comes to its turn.
     */
    private TransactWriteItem entry(Change<K, V> change, long version, Instant now) {
        return TransactWriteItem.builder()
                .update(Update.builder()
                        .tableName(queueTable)
                        .key(queue.key(change.keyText()))
                        .updateExpression(ENTRY)
                        .conditionExpression(ENTRY_IS_OLDER)
                        .expressionAttributeValues(Map.of(
                                ":key", AttributeValue.fromM(change.keyAttributes()),
                                ":version", QueueTable.number(version),
                                ":none", QueueTable.number(0),
                                ":due", QueueTable.time(now.plus(grace)),
                                ":now", QueueTable.time(now)))
                        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                        .build())
                .build();
    }

    /** The changes to try next, after some conditions failed. */
    private List<Change<K, V>> again(
            Operation operation, Attempt<K, V> attempt, TransactionCanceledException refusal, Surprise<K, V> surprise) {
        List<CancellationReason> reasons = refusal.cancellationReasons();
        List<Change<K, V>> next = new ArrayList<>();
        for (int i = 0; i < attempt.changes().size(); i++) {
            Change<K, V> change = attempt.changes().get(i);
            CancellationReason ofRecord = reasons.get(2 * i);
            CancellationReason ofEntry = reasons.get(2 * i + 1);
            if (Cancellations.byCondition(ofEntry) && ofEntry.hasItem()) {
                change = change.above(QueueTable.number(ofEntry.item(), QueueTable.VERSION));
            }
            if (Cancellations.byCondition(ofRecord)) {
                boolean found = ofRecord.hasItem() && !ofRecord.item().isEmpty();
                boolean record = found && !items.marks().tombstone(ofRecord.item());
                if (found) {
                    change = change.above(storedVersion(operation, change, ofRecord.item()));
                }
                if (!change.expected().met(record)) {
                    change = surprise.meet(change, record);
                }
            }
            if (change != null) {
                next.add(change);
            }
        }
        return next;
    }

    private long storedVersion(Operation operation, Change<K, V> change, Map<String, AttributeValue> item) {
        Long version = items.marks().version(item);
        if (version == null && item.containsKey(items.marks().version())) {
            throw errors.permanent(
                    operation,
                    List.of(change.key()),
                    "attribute " + items.marks().version()
                            + " of the stored item is no version, so something other than Dualwrite wrote it; remove that"
                            + " attribute, or name the mark differently when the store is built");
        }
        return version == null ? change.floor() : version;
    }

    /**
     * Whether the refusal comes from our own transaction, whose answer was lost: all items are stored exactly as we
     * wrote them, each at its version. DynamoDB recognises the token for ten minutes; this is for what does not.
     */
    private boolean itIsOurs(Attempt<K, V> attempt, TransactionCanceledException refusal) {
        for (int i = 0; i < attempt.changes().size(); i++) {
            CancellationReason reason = refusal.cancellationReasons().get(2 * i);
            if (!Cancellations.byCondition(reason) || !reason.hasItem()) {
                return false;
            }
            if (!records.done(attempt.changes().get(i), attempt.versions().get(i), reason.item())) {
                return false;
            }
        }
        return true;
    }
}
