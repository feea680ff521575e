package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Removes Dualwrite's marks from a table at the end of a migration: deletes tombstones, and takes the marks out of records.
 *
 * <p><b>Run it only when dual writes into this table have ended</b>: no repository, reconciler, backfill or repair may still
 * apply to it. Without its marks a record is older than any write that arrives late, and a deleted one comes back.
 *
 * <p><b>Run it before anything without the library writes into the table.</b> To that a tombstone is a record, and what it writes into one by {@code UpdateItem}
 * keeps the marks of a tombstone: time-to-live deletes it. So stop all instances, drain, purge, and only then start the application without the library.
 *
 * <ol>
 *   <li>Scan the table for items with a version, strongly consistent, page by page.
 *   <li>Leave alone, and count, what the store's mapping does not recognise: a table can hold items of several repositories, and those of the
 *       others keep their marks. See {@link ItemMapping#recognises}, {@link ItemMapping#recognisesKey}; a mapping without {@link
 *       ItemMapping#keyReader} recognises no tombstone. {@link #wholeTable} leaves out this step.
 *   <li>Delete a tombstone, and remove the marks from a record, each on the condition that its version is still the one
 *       that was read. An item that has another version by then, or none, is left alone and counted.
 *   <li>Leave alone, and count as changed, a tombstone in which there are attributes of a record: something without the library wrote it. Which attributes are
 *       a record's the mapping says where it leaves others alone ({@link UnmappedAttributes#KEEP}, {@link ItemMapping#ownedAttributes}); else all
 *       but key and marks are. Look at such an item, and delete it, or take its marks out, by hand.
 * </ol>
 *
 * <p><b>What is written into a tombstone between scan and delete is not always seen.</b> The delete looks for the attributes that the mapping names
 * ({@link ItemMapping#ownedAttributes}), the first 100 of them by name. What has none of these, and everything where the mapping names none, is
 * deleted with the tombstone, and counted as one.
 *
 * <p>If the table was the authority, drain its queue first. What is still pending nevertheless keeps its version in the queue:
 * it reaches the follower as it was, and the next write of its key gets a higher version. The table of pending writes is not touched; delete
 * it when no repository uses it.
 *
 * <p>A purge that was stopped or failed is resumed by running it again; what is done already is no longer found (DW-7). Each item
 * stands for itself. Costs a scan of the table and one write for each item with marks, which the table's stream shows: {@code MODIFY} for a
 * record, {@code REMOVE} for a tombstone.
 *
 * <p>Needs {@code dynamodb:Scan}, {@code dynamodb:DeleteItem} and {@code dynamodb:UpdateItem}.
 */
public final class DynamoDbPurge {

    private static final String HAS_VERSION = "attribute_exists(#version)";
    private static final String UNCHANGED = "#version = :version";

    /** How many attributes of a record the deletion of a tombstone looks for; more do not fit into the 4 KB of a condition. */
    private static final int LOOKED_FOR = 100;

    private enum Outcome {
        TOMBSTONE,
        RECORD,
        CHANGED
    }

    private final DynamoDbStore<?, ?> store;
    private final TableItems<?, ?> items;
    private final DynamoDbAsyncClient client;
    private final DynamoDbErrors errors;
    private final boolean wholeTable;
    private final Predicate<Map<String, AttributeValue>> own;
    private final Map<String, String> ofTombstone = new HashMap<>();
    private final String stillTombstone;

    private DynamoDbPurge(
            DynamoDbStore<?, ?> store, DynamoDbAsyncClient client, DynamoDbErrors errors, boolean wholeTable) {
        this.store = store;
        this.items = store.items();
        this.client = client;
        this.errors = errors;
        this.wholeTable = wholeTable;
        this.own = new OwnItems<>(items);
        List<String> names = items.mapping().ownedAttributes().orElse(Set.of()).stream()
                .filter(attribute -> !items.keyAttributes().contains(attribute))
                .sorted()
                .limit(LOOKED_FOR)
                .toList();
        StringBuilder condition = new StringBuilder(UNCHANGED);
        for (int i = 0; i < names.size(); i++) {
            ofTombstone.put("#" + i, names.get(i));
            condition.append(" AND attribute_not_exists(#").append(i).append(')');
        }
        ofTombstone.put("#version", items.marks().version());
        this.stillTombstone = condition.toString();
    }

    /**
     * A purge of a store's table.
     *
     * @param repository the name of the repository that wrote into it, for errors
     * @param store the store as it was described to that repository; its marks are removed
     * @param client a client with the SDK's ordinary retries, so that throttling slows the purge instead of ending it; stays
     *     the caller's
     */
    public static DynamoDbPurge of(String repository, DynamoDbStore<?, ?> store, DynamoDbAsyncClient client) {
        return new DynamoDbPurge(
                store, client, new DynamoDbErrors(repository, DynamoDbFollower.describe(store.table())), false);
    }

    /**
     * The same for every item that has the store's marks, whatever the mapping says of it. Only where no other repository writes into the table
     * any more, with whatever mapping: its records would lose their versions, and its deleted ones would come back.
     */
    public DynamoDbPurge wholeTable() {
        return new DynamoDbPurge(store, client, errors, true);
    }

    /**
     * Purges the table; takes as long as it takes, and can be interrupted.
     *
     * @throws io.github.dualwrite.DualWriteException if DynamoDB fails; what was done stays done, and another run goes on
     */
    public PurgeReport run() throws InterruptedException {
        long tombstones = 0;
        long records = 0;
        long changed = 0;
        long unrecognised = 0;
        Map<String, AttributeValue> from = Map.of();
        do {
            // 1. scan
            ScanResponse page = await(client.scan(request(from)));

            // 2. leave alone
            List<Map<String, AttributeValue>> recognised = page.items().stream()
                    .filter(item -> wholeTable || own.test(item))
                    .toList();
            unrecognised += page.items().size() - recognised.size();

            // 3. purge
            for (Outcome outcome : await(InFlight.run(recognised, store.concurrency(), this::purge, this::settle))) {
                switch (outcome) {
                    case TOMBSTONE -> tombstones++;
                    case RECORD -> records++;
                    case CHANGED -> changed++;
                }
            }
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty());
        return new PurgeReport(tombstones, records, changed, unrecognised);
    }

    private ScanRequest request(Map<String, AttributeValue> from) {
        ScanRequest.Builder request = ScanRequest.builder()
                .tableName(store.table())
                .consistentRead(true)
                .filterExpression(HAS_VERSION)
                .expressionAttributeNames(Map.of("#version", items.marks().version()));
        if (!from.isEmpty()) {
            request.exclusiveStartKey(from);
        }
        return request.build();
    }

    private CompletableFuture<Outcome> purge(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> key = items.keyOf(item);
        Marks marks = items.marks();
        Map<String, AttributeValue> version = new HashMap<>();
        version.put(":version", item.get(marks.version()));
        if (marks.tombstone(item)) {
            if (written(item)) {
                return CompletableFuture.completedFuture(Outcome.CHANGED);
            }
            return Calls.answer(
                    () -> client.deleteItem(DeleteItemRequest.builder()
                            .tableName(store.table())
                            .key(key)
                            .conditionExpression(stillTombstone)
                            .expressionAttributeNames(ofTombstone)
                            .expressionAttributeValues(version)
                            .build()),
                    response -> Outcome.TOMBSTONE,
                    DynamoDbErrors::asIs);
        }
        return Calls.answer(
                () -> client.updateItem(UpdateItemRequest.builder()
                        .tableName(store.table())
                        .key(key)
                        .updateExpression("REMOVE #version, #deleted") // no record has an expiry from here
                        .conditionExpression(UNCHANGED)
                        .expressionAttributeNames(Map.of("#version", marks.version(), "#deleted", marks.deleted()))
                        .expressionAttributeValues(version)
                        .build()),
                response -> Outcome.RECORD,
                DynamoDbErrors::asIs);
    }

    /** Whether a tombstone has attributes of a record, which none has that the library put there. */
    private boolean written(Map<String, AttributeValue> tombstone) {
        OwnAttributes known = items.own();
        Map<String, AttributeValue> rest =
                items.marks().takenFrom(known != null && own.test(tombstone) ? known.of(tombstone) : tombstone);
        rest.keySet().removeAll(items.keyAttributes());
        return !rest.isEmpty();
    }

    private Outcome settle(Map<String, AttributeValue> item, @Nullable Outcome outcome, @Nullable Throwable error) {
        if (outcome != null) {
            return outcome;
        }
        Throwable cause = error == null ? new IllegalStateException("no answer") : DynamoDbErrors.unwrap(error);
        if (cause instanceof ConditionalCheckFailedException) {
            return Outcome.CHANGED;
        }
        throw DynamoDbErrors.asIs(cause);
    }

    private <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw errors.translate(Operation.SAVE_ALL, List.of(), cause);
        } catch (InterruptedException e) {
            future.cancel(true);
            throw e;
        }
    }
}
